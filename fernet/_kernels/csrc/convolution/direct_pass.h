/* What the files of direct convolution share: see direct.c. */
#ifndef FERNET_DIRECT_PASS_H
#define FERNET_DIRECT_PASS_H

#include <stdatomic.h>
#include <string.h>

#include "convolution/direct.h"
#include "core/sizes.h"
#include "core/threads.h"
#include "gemm/tile.h"

enum { MAX_BLOCK = 16 * GEMM_ROWS }; /* pixels */

struct direct {
    const struct fernet_conv2d *s;
    int64_t depth, pixels, block; /* KH KW C; N OH OW; pixels a block */
    float *y, *dx, *partials, *sums;
    const float *x, *dy, *bias, *relu_x;
    const float *panels; /* weights (depth, OC), or (OC, depth), in panels of GEMM_COLS columns */
    int64_t n_partials, partial_size;
    int64_t n_row_pieces, n_column_pieces, piece_columns; /* of each partial sum */
    int relu;
    atomic_int out_of_memory;
};

static inline struct direct describe(const struct fernet_conv2d *s, int64_t block_bytes) {
    const int64_t depth = s->kh * s->kw * s->c;
    const int64_t fitting = block_bytes / (max64(1, depth) * (int64_t)sizeof(float));
    return (struct direct){.s = s,
                           .depth = depth,
                           .pixels = s->n * s->oh * s->ow,
                           .block = max64(1, min64(MAX_BLOCK, fitting) / GEMM_ROWS) * GEMM_ROWS};
}

/* Whether a patch is one pixel and each pixel is a patch. */
static inline int is_pointwise(const struct fernet_conv2d *s) {
    return s->kh == 1 && s->kw == 1 && s->stride_h == 1 && s->stride_w == 1 && s->pad_h == 0 &&
           s->pad_w == 0 && s->oh == s->h && s->ow == s->w;
}

/* -- patches ------------------------------------------------------------------------------- */

/* Where the patch of output pixel number `index` begins: outside the image, at its borders. */
struct corner {
    int64_t image, i, j;
};

static inline struct corner find_corner(const struct fernet_conv2d *s, int64_t index) {
    const int64_t row = index / s->ow, column = index % s->ow;
    return (struct corner){row / s->oh, row % s->oh * s->stride_h - s->pad_h,
                           column * s->stride_w - s->pad_w};
}

/* The part of a patch's columns from j on that lies inside an image. */
struct inside {
    int64_t first, end;
};

static inline struct inside columns_inside(const struct fernet_conv2d *s, int64_t j) {
    const int64_t first = min64(s->kw, max64(0, -j));
    return (struct inside){first, max64(first, min64(s->kw, s->w - j))};
}

static inline void copy(float *restrict out, const float *restrict in, int64_t size) {
    if (size < VL)
        vf_store_part(out, vf_load_part(in, (int)size), (int)size);
    else
        memcpy(out, in, (size_t)size * sizeof *out);
}

static inline void zero(float *out, int64_t size) {
    for (int64_t k = 0; k < size; k++) out[k] = 0.0f;
}

/* The patch from (i, j) on of an image -> out (KH, KW, C), zeros outside */
static inline void gather_patch(float *restrict out, const float *restrict image,
                                const struct fernet_conv2d *s, int64_t i, int64_t j) {
    const int64_t c = s->c, length = s->kw * c;
    const struct inside in = columns_inside(s, j);
    for (int64_t r = i; r < i + s->kh; r++, out += length) {
        if (r < 0 || r >= s->h) {
            zero(out, length);
            continue;
        }
        zero(out, in.first * c);
        copy(out + in.first * c, image + (r * s->w + j + in.first) * c, (in.end - in.first) * c);
        zero(out + in.end * c, length - in.end * c);
    }
}

/* The patches of `n` pixels from number `first` on -> out (n, KH, KW, C). Where channels are few,
 * patches are many and short: those inside the image go without a look at its borders. */
static inline void gather_patches(float *restrict out, const float *restrict x,
                                  const struct fernet_conv2d *s, int64_t first, int64_t n) {
    const int64_t row = s->w * s->c, length = s->kw * s->c, depth = s->kh * length;
    int64_t column = first % s->ow;
    struct corner at = find_corner(s, first);
    for (int64_t k = 0; k < n; k++, out += depth) {
        const float *image = x + at.image * s->h * row;
        if (at.i >= 0 && at.i + s->kh <= s->h && at.j >= 0 && at.j + s->kw <= s->w) {
            const float *in = image + at.i * row + at.j * s->c;
            for (int64_t r = 0; r < s->kh; r++) copy(out + r * length, in + r * row, length);
        } else {
            gather_patch(out, image, s, at.i, at.j);
        }
        at.j += s->stride_w;
        if (++column == s->ow) {
            at = find_corner(s, first + k + 1);
            column = 0;
        }
    }
}

/* The patches of `n` pixels from `first` on, as (n, depth): gathered, or where they lie. */
static inline const float *patches(const float *x, const struct fernet_conv2d *s, float *scratch,
                                   int64_t first, int64_t n) {
    if (is_pointwise(s)) return x + first * s->c;
    gather_patches(scratch, x, s, first, n);
    return scratch;
}

/* -- for tasks ---------------------------------------------------------------------------- */

/* Scratch for `size` floats of a task's own, or NULL with the failure noted. */
static inline float *task_scratch(struct direct *d, int64_t size) {
    float *scratch = fernet_scratch(FERNET_SCRATCH_TASK, (size_t)size * sizeof(float));
    if (scratch == NULL) atomic_store(&d->out_of_memory, 1);
    return scratch;
}

/* panels[j / GEMM_COLS][p][j % GEMM_COLS] = matrix[p * row + j * column], zeros beyond n_columns */
struct packing {
    float *panels;
    const float *matrix;
    int64_t n_rows, n_columns, row, column;
};

static inline void pack_rows(const struct packing *pack, int64_t j, int64_t first, int64_t end) {
    float *out = pack->panels + j * pack->n_rows + first * GEMM_COLS;
    for (int64_t p = first; p < end; p++)
        for (int k = 0; k < GEMM_COLS; k++, out++)
            *out = j + k < pack->n_columns ? pack->matrix[p * pack->row + (j + k) * pack->column]
                                           : 0.0f;
}

#endif
