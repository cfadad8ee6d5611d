/* Convolutions of any kernel, stride and padding.
 *
 * The pixels that one output needs, its patch (KH, KW, C), make a row of a matrix; a block of
 * such rows is gathered into the cache and multiplied by the weights, taken as (KH KW C, OC). The
 * gradients use the same matrix: patches^T dy for the weights, and dy weights^T, added back to
 * where the patches came from, for the input. Chellapilla et al., "High performance convolutional
 * neural networks for document processing" (2006). */
#include "convolution/direct.h"

#include <stdatomic.h>
#include <string.h>

#include "core/kernels.h"
#include "core/sizes.h"
#include "core/threads.h"
#include "gemm/gemm.h"
#include "gemm/tile.h"

enum {
    BLOCK_BYTES = 128 * 1024,          /* of gathered patches */
    GRADIENT_BLOCK_BYTES = 512 * 1024, /* the same for the gradient to the weights, whose sums are
                                          read and written once a block */
    MAX_BLOCK = 16 * GEMM_ROWS,
    MAX_PARTIALS = 8,                 /* partial sums of the gradient to the weights */
    PARTIALS_BYTES = 32 * 1024 * 1024 /* of all of them */
};

struct direct {
    const struct fernet_conv2d *s;
    int64_t depth, pixels, block; /* KH KW C; N OH OW; pixels a block */
    float *y, *dx, *partials, *sums;
    const float *x, *dy, *bias, *relu_x;
    const float *panels; /* weights (depth, OC), or (OC, depth), in panels of GEMM_COLS columns */
    int64_t n_partials, partial_size;
    int relu;
    atomic_int out_of_memory;
};

static struct direct describe(const struct fernet_conv2d *s, int64_t block_bytes) {
    const int64_t depth = s->kh * s->kw * s->c;
    const int64_t fitting = block_bytes / (max64(1, depth) * (int64_t)sizeof(float));
    return (struct direct){.s = s,
                           .depth = depth,
                           .pixels = s->n * s->oh * s->ow,
                           .block = max64(1, min64(MAX_BLOCK, fitting) / GEMM_ROWS) * GEMM_ROWS};
}

/* Whether a patch is one pixel and each pixel is a patch. */
static int is_pointwise(const struct fernet_conv2d *s) {
    return s->kh == 1 && s->kw == 1 && s->stride_h == 1 && s->stride_w == 1 && s->pad_h == 0 &&
           s->pad_w == 0;
}

/* -- patches ------------------------------------------------------------------------------- */

/* Where the patch of output pixel number `index` begins: outside the image, at its borders. */
struct corner {
    int64_t image, i, j;
};

static struct corner find_corner(const struct fernet_conv2d *s, int64_t index) {
    const int64_t row = index / s->ow, column = index % s->ow;
    return (struct corner){row / s->oh, row % s->oh * s->stride_h - s->pad_h,
                           column * s->stride_w - s->pad_w};
}

/* The part of a patch's columns from j on that lies inside an image. */
struct inside {
    int64_t first, end;
};

static struct inside columns_inside(const struct fernet_conv2d *s, int64_t j) {
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
static void gather_patch(float *restrict out, const float *restrict image,
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
static void gather_patches(float *restrict out, const float *restrict x,
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

/* dx += patch (KH, KW, C), what lies outside the image left away */
static void scatter_patch(float *restrict dx, const float *restrict patch,
                          const struct fernet_conv2d *s, int64_t index) {
    const struct corner at = find_corner(s, index);
    const struct inside in = columns_inside(s, at.j);
    const int64_t c = s->c, length = s->kw * c;
    float *image = dx + at.image * s->h * s->w * c;
    for (int64_t r = at.i; r < at.i + s->kh; r++, patch += length) {
        if (r < 0 || r >= s->h) continue;
        float *row = image + (r * s->w + at.j) * c;
        for (int64_t k = in.first * c; k < in.end * c; k++) row[k] += patch[k];
    }
}

/* The patches of `n` pixels from `first` on, as (n, depth): gathered, or where they lie. */
static const float *patches(const struct direct *d, float *scratch, int64_t first, int64_t n) {
    if (is_pointwise(d->s)) return d->x + first * d->depth;
    gather_patches(scratch, d->x, d->s, first, n);
    return scratch;
}

/* -- products ------------------------------------------------------------------------------ */

/* panels[j / GEMM_COLS][p][j % GEMM_COLS] = matrix[p * row + j * column], zeros beyond n_columns */
static void pack_panels(float *panels, const float *matrix, int64_t n_rows, int64_t n_columns,
                        int64_t row, int64_t column) {
    for (int64_t j = 0; j < n_columns; j += GEMM_COLS)
        for (int64_t p = 0; p < n_rows; p++)
            for (int k = 0; k < GEMM_COLS; k++, panels++)
                *panels = j + k < n_columns ? matrix[p * row + (j + k) * column] : 0.0f;
}

/* out (rows, columns) = a (rows, depth) panels (depth, columns) + bias, then ReLU if relu */
static void multiply_rows(float *out, const float *a, const float *panels, int64_t n_rows,
                          int64_t depth, int64_t n_columns, const float *bias, int relu) {
    for (int64_t j = 0; j < n_columns; j += GEMM_COLS) {
        float padded_bias[GEMM_COLS];
        struct gemm_tile tile = {.k = depth,
                                 .a_row = depth,
                                 .b = panels + j * depth,
                                 .c_row = n_columns,
                                 .relu = relu,
                                 .cols = (int)min64(GEMM_COLS, n_columns - j)};
        if (bias != NULL) {
            for (int k = 0; k < GEMM_COLS; k++) padded_bias[k] = k < tile.cols ? bias[j + k] : 0.0f;
            tile.bias = padded_bias;
        }
        for (int64_t i = 0; i < n_rows; i += GEMM_ROWS) {
            tile.a = a + i * depth;
            tile.c = out + i * n_columns + j;
            gemm_tile_of_rows((int)min64(GEMM_ROWS, n_rows - i), &tile);
        }
    }
}

/* Scratch for `size` floats of a task's own, or NULL with the failure noted. */
static float *task_scratch(struct direct *d, int64_t size) {
    float *scratch = fernet_scratch(FERNET_SCRATCH_TASK, (size_t)size * sizeof(float));
    if (scratch == NULL) atomic_store(&d->out_of_memory, 1);
    return scratch;
}

/* -- forward ------------------------------------------------------------------------------- */

static void forward_block(void *context, int64_t index) {
    struct direct *d = context;
    const int64_t first = index * d->block, n = min64(d->block, d->pixels - first);
    float *scratch = task_scratch(d, d->block * d->depth);
    if (scratch == NULL) return;
    multiply_rows(d->y + first * d->s->oc, patches(d, scratch, first, n), d->panels, n, d->depth,
                  d->s->oc, d->bias, d->relu);
}

int64_t FERNET_FN(direct_packed_size)(const struct fernet_conv2d *s) {
    return is_pointwise(s) ? 0 : s->kh * s->kw * s->c * round_up(s->oc, GEMM_COLS);
}

void FERNET_FN(direct_pack)(float *packed, const float *weight, const struct fernet_conv2d *s) {
    pack_panels(packed, weight, s->kh * s->kw * s->c, s->oc, s->oc, 1);
}

int FERNET_FN(direct_forward)(float *y, const float *x, const float *weight, const float *bias,
                              const struct fernet_conv2d *s, int relu) {
    if (is_pointwise(s))
        return FERNET_FN(linear_forward)(y, x, weight, bias, s->n * s->h * s->w, s->c, s->oc, relu);
    struct direct d = describe(s, BLOCK_BYTES);
    d.y = y, d.x = x, d.bias = bias, d.relu = relu;
    d.panels = s->packed;
    if (d.panels == NULL) {
        const size_t bytes = (size_t)FERNET_FN(direct_packed_size)(s) * sizeof(float);
        float *panels = fernet_scratch(FERNET_SCRATCH_CALLER, bytes);
        if (panels == NULL) return -1;
        FERNET_FN(direct_pack)(panels, weight, s);
        d.panels = panels;
    }
    fernet_parallel_for(ceil_div(d.pixels, d.block), forward_block, &d);
    return atomic_load(&d.out_of_memory) ? -1 : 0;
}

/* -- the gradient to the input ------------------------------------------------------------- */

static void backward_input_image(void *context, int64_t image) {
    struct direct *d = context;
    const struct fernet_conv2d *s = d->s;
    const int64_t a_image = s->oh * s->ow, size = s->h * s->w * s->c;
    float *scratch = task_scratch(d, d->block * d->depth), *dx = d->dx + image * size;
    if (scratch == NULL) return;
    memset(dx, 0, (size_t)size * sizeof *dx);
    for (int64_t first = image * a_image; first < (image + 1) * a_image; first += d->block) {
        const int64_t n = min64(d->block, (image + 1) * a_image - first);
        multiply_rows(scratch, d->dy + first * s->oc, d->panels, n, s->oc, d->depth, NULL, 0);
        for (int64_t k = 0; k < n; k++) scatter_patch(d->dx, scratch + k * d->depth, s, first + k);
    }
    if (d->relu_x == NULL) return;
    const float *relu_x = d->relu_x + image * size;
    for (int64_t k = 0; k < size; k++) dx[k] = relu_x[k] > 0.0f ? dx[k] : 0.0f;
}

int FERNET_FN(direct_backward_input)(float *dx, const float *dy, const float *weight,
                                     const float *relu_x, const struct fernet_conv2d *s) {
    if (is_pointwise(s)) {
        const int64_t pixels = s->n * s->h * s->w;
        if (FERNET_FN(linear_backward_input)(dx, dy, weight, pixels, s->c, s->oc) != 0) return -1;
        if (relu_x != NULL) FERNET_FN(relu_backward)(dx, dx, relu_x, pixels * s->c);
        return 0;
    }
    struct direct d = describe(s, BLOCK_BYTES);
    d.dx = dx, d.dy = dy, d.relu_x = relu_x;
    const int64_t size = s->oc * round_up(d.depth, GEMM_COLS);
    float *panels = fernet_scratch(FERNET_SCRATCH_CALLER, (size_t)size * sizeof(float));
    if (panels == NULL) return -1;
    pack_panels(panels, weight, s->oc, d.depth, 1, s->oc);
    d.panels = panels;
    fernet_parallel_for(s->n, backward_input_image, &d);
    return atomic_load(&d.out_of_memory) ? -1 : 0;
}

/* -- the gradient to the weights ----------------------------------------------------------- */

/* sum (depth, OC) += a (n, depth)^T panels (n, OC) */
static void multiply_columns(const struct direct *d, float *sum, const float *a,
                             const float *panels, int64_t n, enum gemm_c into) {
    const int64_t oc = d->s->oc;
    const int step = d->depth % GEMM_COLUMN_ROWS == 0 ? GEMM_COLUMN_ROWS : GEMM_ROWS;
    for (int64_t j = 0; j < oc; j += GEMM_COLS) {
        struct gemm_tile tile = {.k = n,
                                 .a_k = d->depth,
                                 .b = panels + j * n,
                                 .c_row = oc,
                                 .cols = (int)min64(GEMM_COLS, oc - j),
                                 .into = into};
        for (int64_t i = 0; i < d->depth; i += step) {
            tile.a = a + i;
            tile.c = sum + i * oc + j;
            gemm_tile_of_columns((int)min64(step, d->depth - i), &tile);
        }
    }
}

/* sums (OC) += the column sums of dy (n, OC), which go through `block_sums` to round less */
static void add_column_sums(float *sums, float *block_sums, const float *dy, int64_t n,
                            int64_t oc) {
    zero(block_sums, oc);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < oc; j++) block_sums[j] += dy[i * oc + j];
    for (int64_t j = 0; j < oc; j++) sums[j] += block_sums[j];
}

static void backward_params_partial(void *context, int64_t partial) {
    struct direct *d = context;
    const int64_t oc = d->s->oc, columns = round_up(oc, GEMM_COLS);
    const int64_t begin = partial * d->pixels / d->n_partials,
                  end = (partial + 1) * d->pixels / d->n_partials;
    float *scratch = task_scratch(d, d->block * (d->depth + columns) + oc);
    if (scratch == NULL) return;
    float *packed = scratch + d->block * d->depth, *block_sums = packed + d->block * columns;
    float *sums = d->sums + partial * oc;
    zero(sums, oc);
    for (int64_t first = begin; first < end; first += d->block) {
        const int64_t n = min64(d->block, end - first);
        const float *dy = d->dy + first * oc, *panels = oc == GEMM_COLS ? dy : packed;
        if (panels == packed) pack_panels(packed, dy, n, oc, oc, 1);
        add_column_sums(sums, block_sums, dy, n, oc);
        multiply_columns(d, d->partials + partial * d->partial_size, patches(d, scratch, first, n),
                         panels, n, first > begin);
    }
}

struct partials_sum {
    const struct direct *d;
    float *dweight;
};

/* One row of dweight: its partials added in order. */
static void add_partials(void *context, int64_t row) {
    const struct partials_sum *sum = context;
    const struct direct *d = sum->d;
    const int64_t oc = d->s->oc;
    float *out = sum->dweight + row * oc;
    copy(out, d->partials + row * oc, oc);
    for (int64_t partial = 1; partial < d->n_partials; partial++) {
        const float *term = d->partials + partial * d->partial_size + row * oc;
        for (int64_t j = 0; j < oc; j++) out[j] += term[j];
    }
}

int FERNET_FN(direct_backward_params)(float *dweight, float *dbias, const float *x, const float *dy,
                                      const struct fernet_conv2d *s) {
    struct direct d = describe(s, GRADIENT_BLOCK_BYTES);
    d.x = x, d.dy = dy;
    d.partial_size = d.depth * s->oc;
    const int64_t fitting = PARTIALS_BYTES / (max64(1, d.partial_size) * (int64_t)sizeof(float));
    d.n_partials = min64(max64(2, min64(MAX_PARTIALS, fitting)), max64(1, d.pixels));
    const int64_t size = d.n_partials * (d.partial_size + s->oc);
    d.partials = fernet_scratch(FERNET_SCRATCH_CALLER, (size_t)size * sizeof(float));
    if (d.partials == NULL) return -1;
    d.sums = d.partials + d.n_partials * d.partial_size;
    if (d.pixels == 0)
        zero(d.partials, size);
    else
        fernet_parallel_for(d.n_partials, backward_params_partial, &d);
    if (atomic_load(&d.out_of_memory)) return -1;
    struct partials_sum sum = {&d, dweight};
    fernet_parallel_for(d.depth, add_partials, &sum);
    if (dbias != NULL) {
        copy(dbias, d.sums, s->oc);
        for (int64_t partial = 1; partial < d.n_partials; partial++)
            for (int64_t j = 0; j < s->oc; j++) dbias[j] += d.sums[partial * s->oc + j];
    }
    return 0;
}
