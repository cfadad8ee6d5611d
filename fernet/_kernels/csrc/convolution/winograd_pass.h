/* What Winograd's passes share: how images are cut into tiles, and how tiles are loaded. */
#ifndef FERNET_WINOGRAD_PASS_H
#define FERNET_WINOGRAD_PASS_H

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "core/conv2d_shape.h"
#include "core/sizes.h"
#include "core/threads.h"
#include "core/visibility.h"
#include "simd/simd.h"

/* The products of few tiles with packed weights (depth, 9, GEMM_COLS): products[point * step +
 * tile * row + column] is, or grows by unless it is the first, the sum over r of v[tile * tile_step
 * + r / VL * panel + point * VL + r % VL] times the weight r of the column, transformed; a panel is
 * that of VL channels at all points. */
struct few_products {
    float *products;
    int64_t step, row;
    const float *v;
    int64_t tile_step, n_tiles;
    const float *packed;
    int64_t depth;
    int cols, first;
};

/* A product: of which point of a tile, with which of the weights, and which sum it joins. */
struct winograd_term {
    unsigned char v, u, sum;
};

/* What the transforms of F(m x m, 3 x 3) are. */
struct winograd_tiles {
    int m, stride;                     /* of the output's tile; inputs from output to output */
    int side, weight_side, sum_side;   /* of a tile's points, a weight's and the products' sums */
    const struct winograd_term *terms; /* of each sum one after the other; NULL: one of each */
    void (*load_input)(float *v, int64_t step, int64_t panel_step, const float *x, int64_t x_row,
                       int64_t c);
    void (*load_pixels)(float *v, int64_t step, int64_t panel_step, const float *const *pixels,
                        int64_t c);
    void (*store_output)(float *y, int64_t y_row, int64_t y_pixel, const float *products,
                         int64_t step, int64_t oc, const float *bias, int relu,
                         const float *relu_x);
    void (*store_pooled)(float *y, uint8_t *argmax, int64_t y_row, int64_t y_pixel,
                         const float *products, int64_t step, int64_t oc, const float *bias,
                         int relu); /* or NULL */
    /* for training alone */
    void (*load_output_gradient)(float *products, int64_t step, int64_t panel_step, const float *dy,
                                 int64_t dy_row, int64_t dy_pixel, int64_t oc, float *sums);
    void (*load_weight)(float *u, int64_t step, const float *weight, int64_t tap, int cols);
    void (*store_weight_gradient)(float *dweight, int64_t tap, const float *du, int64_t step,
                                  int cols);
    void (*multiply_few)(const struct few_products *t); /* for predictions alone */
};

extern FERNET_LOCAL const struct winograd_tiles FERNET_FN(f3_tiles);
extern FERNET_LOCAL const struct winograd_tiles FERNET_FN(f4_tiles);
extern FERNET_LOCAL const struct winograd_tiles FERNET_FN(f6_tiles);
extern FERNET_LOCAL const struct winograd_tiles FERNET_FN(f3_plain_tiles);
extern FERNET_LOCAL const struct winograd_tiles FERNET_FN(f4_plain_tiles);
extern FERNET_LOCAL const struct winograd_tiles FERNET_FN(f6_plain_tiles);
extern FERNET_LOCAL const struct winograd_tiles FERNET_FN(stride2_tiles);

enum {
    CACHE_LINE = 64, /* bytes; to ask for one twice costs little */
    MAX_POINTS = 64,
    TAPS = 9,
    ROWS_AHEAD = 4,                              /* of the weights, to ask for */
    MOST_FEW_TILES = VF_REGISTERS >= 32 ? 5 : 4, /* that weights in registers are worth it for */
    WEIGHT_COST = 2, /* what to transform a weight costs at each point, in tiles */
    USUAL_BATCH = 64,
    USUAL_FACES = 3,    /* that are predicted at once: one, or a batch's many */
    LONGEST_SUM = 64,   /* channels or tiles: rounding errors grow with a sum's length */
    WIDEST_VECTOR = 16, /* floats: some choices are to be those of every instruction set */
    POINT_PADDING = 16  /* floats between points, or rows: else they fall into one cache set */
};

/* A pass: `in` and `out` are x and y forward, dy and dx for the gradient to the input. */
struct pass {
    const struct winograd_tiles *tiles;
    int64_t n, in_h, in_w, in_c, out_h, out_w, out_c, pad_h, pad_w;
    int64_t tiles_h, tiles_w, n_tiles, block;
    const float *in;
    float *out;
    const float *bias, *relu_x;
    int relu,
        pool; /* pool: `out` takes the maxima of 2x2 windows, and argmax [or NULL] their places */
    uint8_t *argmax;
    const float *packed; /* what winograd_pack made of the weights, or NULL */
    const float *u; /* transformed weights: [point][panel of out_c][in_c][GEMM_COLS], or NULL */
    int64_t u_step; /* floats between points */
    int64_t ahead;  /* tiles from a block's to those that its task reads next; 0: the block's own */
    const float *beside; /* what else it reads of them: planes as `out`, or NULL */
    atomic_int out_of_memory;
};

static inline int n_points(const struct winograd_tiles *t) { return t->side * t->side; }
static inline int n_weights(const struct winograd_tiles *t) {
    return t->weight_side * t->weight_side;
}
static inline int n_sums(const struct winograd_tiles *t) { return t->sum_side * t->sum_side; }

/* Products are made in order of their sums: product k. */
static inline struct winograd_term term_at(const struct winograd_tiles *t, int k) {
    const unsigned char point = (unsigned char)k;
    return t->terms != NULL ? t->terms[k] : (struct winograd_term){point, point, point};
}

/* Whether term k is the first of its sum. */
static inline int begins_sum(const struct winograd_tiles *t, int k) {
    return t->terms == NULL || k == 0 || t->terms[k - 1].sum != t->terms[k].sum;
}

/* The first term of the next sum. */
static inline int end_of_sum(const struct winograd_tiles *t, int first) {
    int k = first + 1;
    while (k < n_points(t) && !begins_sum(t, k)) k++;
    return k;
}

/* Products that a plane takes with tiles of t. */
static inline int64_t plane_products(const struct winograd_tiles *t, int64_t h, int64_t w) {
    return ceil_div(h, t->m) * ceil_div(w, t->m) * n_points(t);
}

/* The tiles that cost least, counted in products at a point: one for each tile and point of the
 * images, and `weight_cost` a point for what is done once, whatever the number of images. */
static inline const struct winograd_tiles *choose_tiles(int training, int64_t images, int64_t h,
                                                        int64_t w, int64_t weight_cost) {
    const struct winograd_tiles *trained[] = {&FERNET_FN(f6_tiles), &FERNET_FN(f4_tiles),
                                              &FERNET_FN(f3_tiles)};
    const struct winograd_tiles *predicted[] = {
        &FERNET_FN(f6_plain_tiles), &FERNET_FN(f4_plain_tiles), &FERNET_FN(f3_plain_tiles)};
    const struct winograd_tiles **all = training ? trained : predicted;
    const struct winograd_tiles *best = NULL;
    int64_t least = INT64_MAX;
    for (int k = 0; k < 3; k++) {
        const int64_t cost = images * plane_products(all[k], h, w) + weight_cost * n_points(all[k]);
        if (cost < least) {
            least = cost;
            best = all[k];
        }
    }
    return best;
}

/* The tiles of the forward pass and of the gradient to the input, of stride 1. The choice changes
 * an image's bits, and these must not depend on how many images come together: so the real number
 * is not asked. In training the tiles are those that are best for a batch of USUAL_BATCH, in
 * prediction for USUAL_FACES. */
static inline const struct winograd_tiles *image_tiles(int64_t h, int64_t w, int training) {
    return choose_tiles(training, training ? USUAL_BATCH : USUAL_FACES, h, w, WEIGHT_COST);
}

/* Those of the forward pass, of any stride. */
static inline const struct winograd_tiles *forward_tiles(const struct fernet_conv2d *s,
                                                         int training) {
    return s->stride_h == 2 ? &FERNET_FN(stride2_tiles) : image_tiles(s->oh, s->ow, training);
}

/* Tiles a block, of `floats` each, so that they fill about `bytes`. */
static inline int64_t block_of(int64_t floats, int64_t bytes, int64_t multiple) {
    return max64(1, bytes / (floats * (int64_t)sizeof(float)) / multiple) * multiple;
}

static inline void set_tiles(struct pass *p, const struct winograd_tiles *tiles) {
    p->tiles = tiles;
    p->tiles_h = ceil_div(p->out_h, p->tiles->m);
    p->tiles_w = ceil_div(p->out_w, p->tiles->m);
    p->n_tiles = p->n * p->tiles_h * p->tiles_w;
}

/* Memory for `floats` of a task's own; NULL, and the pass notes it, when there is none. */
static inline float *task_scratch(struct pass *p, int64_t floats) {
    float *scratch = fernet_scratch(FERNET_SCRATCH_TASK, (size_t)floats * sizeof *scratch);
    if (scratch == NULL) atomic_store(&p->out_of_memory, 1);
    return scratch;
}

/* -- what winograd.c does for the others too ----------------------------------------- */

/* Transform the weights, rotated for the gradient to the input, and compute. */
FERNET_LOCAL int FERNET_FN(winograd_run)(struct pass *p, const float *weight, int rotated);

/* The forward pass, but for its weights and what it reads and writes. */
FERNET_LOCAL struct pass FERNET_FN(winograd_forward_pass)(const struct fernet_conv2d *s);

/* The gradient to the input, but for its weights. */
FERNET_LOCAL struct pass FERNET_FN(winograd_input_pass)(float *dx, const float *dy,
                                                        const float *relu_x,
                                                        const struct fernet_conv2d *s);

/* Whether the weights take more memory than the tiles. */
static inline int has_few_tiles(const struct pass *p) {
    return p->n_tiles * (p->in_c + p->out_c) < p->in_c * p->out_c;
}

/* Transform the weights, rotated for the gradient to the input, into u (winograd_weight_floats). */
FERNET_LOCAL int64_t FERNET_FN(winograd_weight_floats)(const struct pass *p);
FERNET_LOCAL void FERNET_FN(winograd_transform_weights)(struct pass *p, float *u,
                                                        const float *weight, int rotated);

/* A block of tiles, or less, from transform to transform in `scratch` (winograd_block_floats), with
 * transformed weights u. */
FERNET_LOCAL int64_t FERNET_FN(winograd_block_floats)(const struct pass *p);
FERNET_LOCAL void FERNET_FN(winograd_transform_block)(const struct pass *p, const float *u,
                                                      float *scratch, int64_t first,
                                                      int64_t n_tiles);

/* -- tiles of a plane ---------------------------------------------------------------------- */

/* Where tile number `index` begins in the output. */
struct corner {
    int64_t image, i, j;
};

static inline struct corner tile_corner(const struct pass *p, int64_t index) {
    const int64_t a_plane = p->tiles_h * p->tiles_w, in_plane = index % a_plane;
    return (struct corner){index / a_plane, in_plane / p->tiles_w * p->tiles->m,
                           in_plane % p->tiles_w * p->tiles->m};
}

/* A square of pixels: the first, and how many floats lie between rows and between pixels. */
struct square {
    const float *first;
    int64_t row, pixel;
};

/* That of `side` pixels from (i, j) of an image (h, w, c), its channels from `channel` on, of which
 * n are wanted: where it lies, if it lies inside, else copied into `patch` (side, side, n) with
 * zeros around. */
static inline struct square find_square(const float *image, int64_t h, int64_t w, int64_t c,
                                        int64_t i, int64_t j, int side, int64_t channel, int64_t n,
                                        float *patch) {
    if (i >= 0 && j >= 0 && i + side <= h && j + side <= w)
        return (struct square){image + (i * w + j) * c + channel, w * c, c};
    for (int r = 0; r < side; r++)
        for (int q = 0; q < side; q++) {
            const int inside = i + r >= 0 && i + r < h && j + q >= 0 && j + q < w;
            float *out = patch + (r * side + q) * n;
            if (inside)
                memcpy(out, image + ((i + r) * w + j + q) * c + channel, (size_t)n * sizeof *out);
            else
                memset(out, 0, (size_t)n * sizeof *out);
        }
    return (struct square){patch, side * n, n};
}

/* Transform the square of pixels that tile `at` reads; `zeros` (in_c) stands for those outside. */
static inline void load_tile(const struct pass *p, const struct corner *at, const float *zeros,
                             float *v, int64_t step, int64_t panel_step) {
    const int side = p->tiles->side;
    const int64_t i = at->i * p->tiles->stride - p->pad_h, j = at->j * p->tiles->stride - p->pad_w;
    const int64_t h = p->in_h, w = p->in_w, c = p->in_c;
    const float *image = p->in + at->image * h * w * c;
    if (i >= 0 && j >= 0 && i + side <= h && j + side <= w) {
        p->tiles->load_input(v, step, panel_step, image + (i * w + j) * c, w * c, c);
        return;
    }
    const float *pixels[MAX_POINTS];
    for (int r = 0; r < side; r++)
        for (int q = 0; q < side; q++) {
            const int inside = i + r >= 0 && i + r < h && j + q >= 0 && j + q < w;
            pixels[r * side + q] = inside ? image + ((i + r) * w + j + q) * c : zeros;
        }
    p->tiles->load_pixels(v, step, panel_step, pixels, c);
}

#endif
