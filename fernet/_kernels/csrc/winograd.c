/* 3x3 convolutions of stride 1 by Winograd's minimal filtering, for all three passes.
 *
 * A plane is cut into tiles of m x m outputs. Tiles, weights and results are transformed to `points`
 * (winograd_tiles.h); between the transforms stands, for each point, a plain matrix product over
 * the channels: (tiles, C) (C, OC) forward, the same on turned weights for the gradient to the
 * input, and (C, tiles) (tiles, OC), summed over all tiles, for the gradient to the weights. So a
 * training step takes a quarter of the multiplications of direct convolution.
 *
 * Blocks of tiles are sized for the second-level cache, and transformed, multiplied and transformed
 * back by one task. Bits depend on neither the blocks nor the threads: an output element is one
 * chain over the channels, a gradient a chain over the tiles of its slot, slots added in order. */
#include "winograd.h"

#include <stdatomic.h>
#include <string.h>

#include "gemm_tile.h"
#include "pool.h"
#include "sizes.h"
#include "winograd_f3.h"
#include "winograd_f4.h"
#include "winograd_tiles.h"

WINOGRAD_TRANSFORMS(f3, 3)
WINOGRAD_TILES(f3, 3, NULL)
WINOGRAD_TRANSFORMS(f4, 4)
WINOGRAD_STORE_POOLED(f4, 4)
WINOGRAD_TILES(f4, 4, f4_store_pooled)

enum {
    BLOCK_BYTES = 384 * 1024,          /* of a block's transformed tiles, in and out */
    GRADIENT_BLOCK_BYTES = 512 * 1024, /* the same for the gradient to the weights, but at least
                                          its sums, which are read and written once a block */
    MAX_SLOTS = 8,                     /* partial sums of that gradient: a power of two, so that
                                          two, four or eight threads share them evenly */
    SLOTS_BYTES = 10 * 1024 * 1024,    /* of all of them */
    SLOT_COLS = 128,                   /* output channels a task of it: a multiple of 32 */
    MAX_POINTS = 36,
    WIDEST_VECTOR = 16, /* floats: the choice of a path is to be that of every instruction set */
    POINT_PADDING = 16, /* floats between points, or rows: else they fall into one cache set */
    ROWS_AHEAD = 4,     /* of the weights, to ask for */
    CACHE_LINE = 64
};

/* A pass: `in` and `out` are x and y forward, dy and dx for the gradient to the input. */
struct pass {
    const struct winograd_tiles *tiles;
    int64_t n, in_h, in_w, in_c, out_h, out_w, out_c, pad_h, pad_w;
    int64_t tiles_h, tiles_w, n_tiles, block;
    const float *in;
    float *out;
    const float *bias, *relu_x;
    int relu, pool;  /* pool: `out` takes the maxima of 2x2 windows, and argmax [or NULL] their places */
    uint8_t *argmax;
    float *u;       /* transformed weights: [point][panel of out_c][in_c][GEMM_COLS] */
    int64_t u_step; /* floats between points */
    atomic_int out_of_memory;
};

static int n_points(const struct winograd_tiles *t) { return t->side * t->side; }

/* Products a plane costs with tiles of t: what the choice between them goes by. */
static int64_t plane_cost(const struct winograd_tiles *t, int64_t h, int64_t w) {
    return ceil_div(h, t->m) * ceil_div(w, t->m) * n_points(t);
}

static const struct winograd_tiles *choose_tiles(int64_t h, int64_t w) {
    return plane_cost(&f4_tiles, h, w) <= plane_cost(&f3_tiles, h, w) ? &f4_tiles : &f3_tiles;
}

int FERNET_FN(winograd_pays)(const struct fernet_conv2d *s) {
    const int64_t cost = plane_cost(choose_tiles(s->oh, s->ow), s->oh, s->ow);
    return s->c >= 16 && s->oc >= 16 && 2 * cost < 9 * s->oh * s->ow;
}

/* Tiles a block, so that `channels` of them at all points fill about `bytes`. */
static int64_t block_of(const struct pass *p, int64_t channels, int64_t bytes, int64_t multiple) {
    const int64_t tile_bytes = n_points(p->tiles) * channels * (int64_t)sizeof(float);
    return max64(1, bytes / tile_bytes / multiple) * multiple;
}

static void set_tiles(struct pass *p) {
    p->tiles = choose_tiles(p->out_h, p->out_w);
    p->tiles_h = ceil_div(p->out_h, p->tiles->m);
    p->tiles_w = ceil_div(p->out_w, p->tiles->m);
    p->n_tiles = p->n * p->tiles_h * p->tiles_w;
    p->block = block_of(p, p->in_c + p->out_c, BLOCK_BYTES, GEMM_ROWS);
}

/* -- tiles of a plane ---------------------------------------------------------------------- */

/* Where tile number `index` begins in the output. */
struct corner {
    int64_t image, i, j;
};

static struct corner tile_corner(const struct pass *p, int64_t index) {
    const int64_t a_plane = p->tiles_h * p->tiles_w, in_plane = index % a_plane;
    return (struct corner){index / a_plane, in_plane / p->tiles_w * p->tiles->m,
                           in_plane % p->tiles_w * p->tiles->m};
}

/* The square of `side` pixels from (i, j) of an image (h, w, c): where it lies, if it lies inside,
 * else copied into `patch` with zeros around. Its rows are *row floats apart. */
static const float *square(const float *image, int64_t h, int64_t w, int64_t c, int64_t i,
                           int64_t j, int side, float *patch, int64_t *row) {
    if (i >= 0 && j >= 0 && i + side <= h && j + side <= w) {
        *row = w * c;
        return image + (i * w + j) * c;
    }
    const int64_t first = max64(0, -j), end = max64(first, min64(side, w - j));
    *row = side * c;
    for (int r = 0; r < side; r++) {
        float *out = patch + r * side * c;
        if (i + r < 0 || i + r >= h) {
            memset(out, 0, (size_t)(side * c) * sizeof *out);
            continue;
        }
        memset(out, 0, (size_t)(first * c) * sizeof *out);
        memcpy(out + first * c, image + ((i + r) * w + j + first) * c,
               (size_t)((end - first) * c) * sizeof *out);
        memset(out + end * c, 0, (size_t)((side - end) * c) * sizeof *out);
    }
    return patch;
}

/* Transform the square of pixels that tile `at` reads; `zeros` (in_c) stands for those outside. */
static void load_tile(const struct pass *p, const struct corner *at, const float *zeros, float *v,
                      int64_t step, int64_t panel_step) {
    const int side = p->tiles->side;
    const int64_t i = at->i - p->pad_h, j = at->j - p->pad_w, h = p->in_h, w = p->in_w, c = p->in_c;
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

/* -- weights ------------------------------------------------------------------------------- */

struct weights {
    const struct pass *pass;
    const float *weight; /* (3, 3, C, OC) */
    int turned;          /* for the gradient to the input: taps reversed, channels exchanged */
};

/* Turned weights of one panel of the input's channels and one output channel: (9, GEMM_COLS). */
static void turn_weights(float *out, const float *weight, int64_t c, int64_t oc, int64_t row,
                         int64_t column, int cols) {
    for (int tap = 0; tap < 9; tap++)
        for (int k = 0; k < cols; k++)
            out[tap * GEMM_COLS + k] = weight[((8 - tap) * c + column + k) * oc + row];
}

/* Transform a panel's weights of the input channels `first` to `end`: u[point * u_step + row]. */
static void transform_panel(const struct weights *w, float *u, int64_t u_step, int64_t panel,
                            int64_t first, int64_t end) {
    const struct pass *p = w->pass;
    const int64_t column = panel * GEMM_COLS;
    const int cols = (int)min64(GEMM_COLS, p->out_c - column);
    for (int64_t r = first; r < end; r++) {
        if (w->turned) {
            float taps[9 * GEMM_COLS];
            turn_weights(taps, w->weight, p->out_c, p->in_c, r, column, cols);
            p->tiles->load_weight(u + r * GEMM_COLS, u_step, taps, GEMM_COLS, cols);
        } else {
            const float *weight = w->weight + r * p->out_c + column;
            const int64_t tap = p->in_c * p->out_c, ahead = ROWS_AHEAD * p->out_c;
            /* nine rows of memory at once are more than the hardware follows */
            for (int k = 0; k < 9; k++) {
                __builtin_prefetch(weight + ahead + k * tap, 0, 3);
                __builtin_prefetch(weight + ahead + k * tap + CACHE_LINE / sizeof *weight, 0, 3);
            }
            p->tiles->load_weight(u + r * GEMM_COLS, u_step, weight, tap, cols);
        }
    }
}

enum { WEIGHT_ROWS = 16 };

static void transform_weights_task(void *context, int64_t index) {
    const struct weights *w = context;
    const struct pass *p = w->pass;
    const int64_t row_blocks = ceil_div(p->in_c, WEIGHT_ROWS), panel = index / row_blocks;
    const int64_t first = index % row_blocks * WEIGHT_ROWS;
    transform_panel(w, p->u + panel * p->in_c * GEMM_COLS, p->u_step, panel, first,
                    min64(first + WEIGHT_ROWS, p->in_c));
}

static int transform_weights(struct pass *p, const struct weights *w) {
    const int64_t panels = ceil_div(p->out_c, GEMM_COLS);
    p->u_step = panels * p->in_c * GEMM_COLS + POINT_PADDING;
    p->u = fernet_scratch(FERNET_SCRATCH_CALLER,
                          (size_t)(n_points(p->tiles) * p->u_step) * sizeof(float));
    if (p->u == NULL) return -1;
    fernet_parallel_for(panels * ceil_div(p->in_c, WEIGHT_ROWS), transform_weights_task, (void *)w);
    return 0;
}

/* -- forward, and the gradient to the input ------------------------------------------------ */

/* products (tiles, cols) = v (tiles, in_c) u (in_c, cols), for one point and one panel of u; rows of
 * products are out_c apart */
static void multiply_panel(const struct pass *p, float *products, const float *v, const float *u,
                           const float *next_u, int64_t n_tiles, int cols) {
    struct gemm_tile tile = {.k = p->in_c, .a_row = p->in_c, .b = u, .next_b = next_u,
                             .c_row = p->out_c, .cols = cols};
    for (int64_t i = 0; i < n_tiles; i += GEMM_ROWS) {
        tile.a = v + i * p->in_c;
        tile.c = products + i * p->out_c;
        gemm_tile_of_rows((int)min64(GEMM_ROWS, n_tiles - i), &tile);
    }
}

/* The same for all of u. */
static void multiply_point(const struct pass *p, float *products, const float *v, const float *u,
                           int64_t n_tiles) {
    for (int64_t j = 0; j < p->out_c; j += GEMM_COLS)
        multiply_panel(p, products + j, v, u + j * p->in_c, u + (j + GEMM_COLS) * p->in_c, n_tiles,
                       (int)min64(GEMM_COLS, p->out_c - j));
}

static void store_pooled_tile(const struct pass *p, const struct corner *at, const float *products,
                              int64_t step) {
    const int64_t c = p->out_c, h = p->out_h / 2, w = p->out_w / 2;
    const int64_t corner = ((at->image * h + at->i / 2) * w + at->j / 2) * c;
    p->tiles->store_pooled(p->out + corner, p->argmax ? p->argmax + corner / 4 : NULL, w * c,
                           products, step, c, p->bias, p->relu);
}

/* One tile's results into the image, its part outside left away. */
static void store_tile(const struct pass *p, const struct corner *at, const float *products,
                       int64_t step, float *patch) {
    const int m = p->tiles->m;
    if (p->pool) {
        store_pooled_tile(p, at, products, step);
        return;
    }
    const int64_t c = p->out_c, image = at->image * p->out_h * p->out_w * c;
    const int64_t y_row = p->out_w * c, corner = image + (at->i * p->out_w + at->j) * c;
    if (at->i + m <= p->out_h && at->j + m <= p->out_w) {
        p->tiles->store_output(p->out + corner, y_row, products, step, c, p->bias, p->relu,
                               p->relu_x ? p->relu_x + corner : NULL);
        return;
    }
    const float *relu_x = NULL;
    if (p->relu_x != NULL) {
        int64_t row;
        relu_x = square(p->relu_x + image, p->out_h, p->out_w, c, at->i, at->j, m,
                        patch + m * m * c, &row);
    }
    p->tiles->store_output(patch, m * c, products, step, c, p->bias, p->relu, relu_x);
    const int64_t rows = min64(m, p->out_h - at->i), columns = min64(m, p->out_w - at->j);
    for (int64_t r = 0; r < rows; r++)
        memcpy(p->out + corner + r * y_row, patch + r * m * c, (size_t)(columns * c) * sizeof *patch);
}

/* `floats` of the task's own, or NULL and a note. */
static float *task_scratch(struct pass *p, int64_t floats) {
    float *scratch = fernet_scratch(FERNET_SCRATCH_TASK, (size_t)floats * sizeof *scratch);
    if (scratch == NULL) atomic_store(&p->out_of_memory, 1);
    return scratch;
}

/* Room for two squares of a tile that reaches beyond the image: see store_tile. */
static int64_t patch_floats(const struct pass *p) { return 2 * p->tiles->m * p->tiles->m * p->out_c; }

static void transform_block(void *context, int64_t index) {
    struct pass *p = context;
    const int points = n_points(p->tiles);
    const int64_t v_step = p->block * p->in_c + POINT_PADDING;
    const int64_t step = p->block * p->out_c + POINT_PADDING;
    float *v = task_scratch(p, points * (v_step + step) + patch_floats(p) + p->in_c);
    if (v == NULL) return;
    float *products = v + points * v_step, *patch = products + points * step;
    float *zeros = patch + patch_floats(p);
    memset(zeros, 0, (size_t)p->in_c * sizeof *zeros);
    const int64_t first = index * p->block, n_tiles = min64(p->block, p->n_tiles - first);
    for (int64_t t = 0; t < n_tiles; t++) {
        const struct corner at = tile_corner(p, first + t);
        load_tile(p, &at, zeros, v + t * p->in_c, v_step, VL);
    }
    for (int k = 0; k < points; k++)
        multiply_point(p, products + k * step, v + k * v_step, p->u + k * p->u_step, n_tiles);
    for (int64_t t = 0; t < n_tiles; t++) {
        const struct corner at = tile_corner(p, first + t);
        store_tile(p, &at, products + t * p->out_c, step, patch);
    }
}

/* -- the same for few tiles ---------------------------------------------------------------- */

/* Where weights take more memory than tiles, as for single images, tiles are what all threads
 * share, and each panel of weights is transformed by the thread that needs it, right before: it
 * never leaves that core's cache. */
struct few_tiles {
    struct pass *pass;
    const struct weights *weights;
    float *v, *products;
    int64_t v_step, step;
};

static int are_few(const struct pass *p) {
    return p->n_tiles * (p->in_c + p->out_c) < p->in_c * p->out_c;
}

static void load_task(void *context, int64_t t) {
    const struct few_tiles *f = context;
    const struct corner at = tile_corner(f->pass, t);
    float *zeros = task_scratch(f->pass, f->pass->in_c);
    if (zeros == NULL) return;
    memset(zeros, 0, (size_t)f->pass->in_c * sizeof *zeros);
    load_tile(f->pass, &at, zeros, f->v + t * f->pass->in_c, f->v_step, VL);
}

static void multiply_panel_task(void *context, int64_t panel) {
    const struct few_tiles *f = context;
    struct pass *p = f->pass;
    const int points = n_points(p->tiles);
    const int64_t u_step = p->in_c * GEMM_COLS + POINT_PADDING, j = panel * GEMM_COLS;
    float *u = task_scratch(p, points * u_step);
    if (u == NULL) return;
    transform_panel(f->weights, u, u_step, panel, 0, p->in_c);
    for (int k = 0; k < points; k++)
        multiply_panel(p, f->products + k * f->step + j, f->v + k * f->v_step, u + k * u_step, NULL,
                       p->n_tiles, (int)min64(GEMM_COLS, p->out_c - j));
}

static void store_task(void *context, int64_t t) {
    const struct few_tiles *f = context;
    const struct corner at = tile_corner(f->pass, t);
    float *patch = task_scratch(f->pass, patch_floats(f->pass));
    if (patch == NULL) return;
    store_tile(f->pass, &at, f->products + t * f->pass->out_c, f->step, patch);
}

static int run_few_tiles(struct pass *p, const struct weights *w) {
    struct few_tiles f = {.pass = p, .weights = w,
                          .v_step = p->n_tiles * p->in_c + POINT_PADDING,
                          .step = p->n_tiles * p->out_c + POINT_PADDING};
    const int points = n_points(p->tiles);
    f.v = fernet_scratch(FERNET_SCRATCH_CALLER,
                         (size_t)(points * (f.v_step + f.step)) * sizeof(float));
    if (f.v == NULL) return -1;
    f.products = f.v + points * f.v_step;
    fernet_parallel_for(p->n_tiles, load_task, &f);
    fernet_parallel_for(ceil_div(p->out_c, GEMM_COLS), multiply_panel_task, &f);
    if (!atomic_load(&p->out_of_memory)) fernet_parallel_for(p->n_tiles, store_task, &f);
    return atomic_load(&p->out_of_memory) ? -1 : 0;
}

/* -- the passes ---------------------------------------------------------------------------- */

static int run_pass(struct pass *p, const float *weight, int turned) {
    set_tiles(p);
    if (p->n_tiles == 0) return 0;
    const struct weights weights = {p, weight, turned};
    if (are_few(p)) return run_few_tiles(p, &weights);
    if (transform_weights(p, &weights) != 0) return -1;
    fernet_parallel_for(ceil_div(p->n_tiles, p->block), transform_block, p);
    return atomic_load(&p->out_of_memory) ? -1 : 0;
}

int FERNET_FN(winograd_forward)(float *y, const float *x, const float *weight, const float *bias,
                                const struct fernet_conv2d *s, int relu) {
    struct pass pass = {.n = s->n, .in_h = s->h, .in_w = s->w, .in_c = s->c,
                        .out_h = s->oh, .out_w = s->ow, .out_c = s->oc,
                        .pad_h = s->pad_h, .pad_w = s->pad_w,
                        .in = x, .out = y, .bias = bias, .relu = relu};
    return run_pass(&pass, weight, 0);
}

int FERNET_FN(winograd_pools)(const struct fernet_conv2d *s) {
    const struct winograd_tiles *tiles = choose_tiles(s->oh, s->ow);
    return tiles->store_pooled != NULL && s->oh % tiles->m == 0 && s->ow % tiles->m == 0 &&
           s->oc % WIDEST_VECTOR == 0;
}

int FERNET_FN(winograd_pool_forward)(float *y, uint8_t *argmax, const float *x, const float *weight,
                                     const float *bias, const struct fernet_conv2d *s, int relu) {
    struct pass pass = {.n = s->n, .in_h = s->h, .in_w = s->w, .in_c = s->c,
                        .out_h = s->oh, .out_w = s->ow, .out_c = s->oc,
                        .pad_h = s->pad_h, .pad_w = s->pad_w,
                        .in = x, .out = y, .bias = bias, .relu = relu, .pool = 1, .argmax = argmax};
    return run_pass(&pass, weight, 0);
}

int FERNET_FN(winograd_backward_input)(float *dx, const float *dy, const float *weight,
                                       const float *relu_x, const struct fernet_conv2d *s) {
    struct pass pass = {.n = s->n, .in_h = s->oh, .in_w = s->ow, .in_c = s->oc,
                        .out_h = s->h, .out_w = s->w, .out_c = s->c,
                        .pad_h = 2 - s->pad_h, .pad_w = 2 - s->pad_w,
                        .in = dy, .out = dx, .relu_x = relu_x};
    return run_pass(&pass, weight, 1);
}

/* -- the gradient to the weights ----------------------------------------------------------- */

struct weight_gradient {
    struct pass pass; /* in: x, out: not used; sizes as forward */
    const float *dy;
    float *dweight, *dbias;
    int64_t n_slots, n_column_blocks, block;
    float *slots; /* [slot][point][C][OC] */
    int64_t slot_size;
    float *sums; /* [slot][OC]: of dy */
};

/* du (C, columns) += v (tiles, C)^T dm (tiles, columns), for one point; v in panels of VL channels,
 * dm in panels of GEMM_COLS */
static void multiply_point_gradient(const struct pass *p, float *du, const float *v,
                                    const float *dm, int64_t block, int64_t n_columns,
                                    int64_t n_tiles, int accumulate) {
    for (int64_t j = 0; j < n_columns; j += GEMM_COLS) {
        struct gemm_tile tile = {.k = n_tiles,
                                 .a_k = VL,
                                 .b = dm + j * block,
                                 .next_b = dm + (j + GEMM_COLS) * block,
                                 .c_row = p->out_c,
                                 .cols = (int)min64(GEMM_COLS, n_columns - j),
                                 .accumulate = accumulate};
        for (int64_t i = 0; i < p->in_c; i += GEMM_COLUMN_ROWS) {
            tile.a = v + i / VL * VL * block + i % VL;
            tile.c = du + i * p->out_c + j;
            gemm_tile_of_columns((int)min64(GEMM_COLUMN_ROWS, p->in_c - i), &tile);
        }
    }
}

/* The work space of a task: transformed tiles of x and of dy, and a copied square of one. */
struct gradient_block {
    float *v, *dm, *patch, *sums, *zeros;
    int64_t v_step, dm_step;
};

static int allot(const struct weight_gradient *g, struct gradient_block *b) {
    const struct pass *p = &g->pass;
    const int points = n_points(p->tiles), m = p->tiles->m;
    const int64_t columns = round_up(min64(SLOT_COLS, p->out_c), GEMM_COLS);
    b->v_step = g->block * round_up(p->in_c, VL) + POINT_PADDING;
    b->dm_step = g->block * columns + POINT_PADDING;
    const int64_t size = points * (b->v_step + b->dm_step) + m * m * p->out_c + p->in_c + columns;
    b->v = fernet_scratch(FERNET_SCRATCH_TASK, (size_t)size * sizeof(float));
    if (b->v == NULL) return -1;
    b->dm = b->v + points * b->v_step;
    b->sums = b->dm + points * b->dm_step;
    b->zeros = b->sums + columns;
    b->patch = b->zeros + p->in_c;
    memset(b->zeros, 0, (size_t)p->in_c * sizeof *b->zeros);
    return 0;
}

static void load_gradient_block(const struct weight_gradient *g, const struct gradient_block *b,
                                int64_t first, int64_t n_tiles, int64_t column, int64_t columns) {
    const struct pass *p = &g->pass;
    const int m = p->tiles->m;
    for (int64_t t = 0; t < n_tiles; t++) {
        const struct corner at = tile_corner(p, first + t);
        int64_t row;
        load_tile(p, &at, b->zeros, b->v + t * VL, b->v_step, g->block * VL);
        const float *dy = square(g->dy + at.image * p->out_h * p->out_w * p->out_c, p->out_h,
                                 p->out_w, p->out_c, at.i, at.j, m, b->patch, &row);
        p->tiles->load_output_gradient(b->dm + t * GEMM_COLS, b->dm_step,
                                       g->block * GEMM_COLS, dy + column, row, p->out_c, columns,
                                       b->sums);
    }
}

static void weight_gradient_task(void *context, int64_t index) {
    struct weight_gradient *g = context;
    struct pass *p = &g->pass;
    struct gradient_block b;
    if (allot(g, &b) != 0) {
        atomic_store(&p->out_of_memory, 1);
        return;
    }
    const int64_t slot = index / g->n_column_blocks;
    const int64_t column = index % g->n_column_blocks * SLOT_COLS;
    const int64_t columns = min64(SLOT_COLS, p->out_c - column);
    const int64_t first = slot * p->n_tiles / g->n_slots;
    const int64_t end = (slot + 1) * p->n_tiles / g->n_slots;
    float *du = g->slots + slot * g->slot_size + column, *sums = g->sums + slot * p->out_c + column;
    memset(sums, 0, (size_t)columns * sizeof *sums);
    for (int64_t t = first; t < end; t += g->block) {
        const int64_t n_tiles = min64(g->block, end - t);
        memset(b.sums, 0, (size_t)columns * sizeof *b.sums);
        load_gradient_block(g, &b, t, n_tiles, column, columns);
        for (int64_t k = 0; k < columns; k++) sums[k] += b.sums[k];
        for (int k = 0; k < n_points(p->tiles); k++)
            multiply_point_gradient(p, du + k * p->in_c * p->out_c, b.v + k * b.v_step,
                                    b.dm + k * b.dm_step, g->block, columns, n_tiles, t > first);
    }
}

/* dweight for one input channel: slots added in order, then transformed back. */
static void finish_weight_gradient(void *context, int64_t c) {
    const struct weight_gradient *g = context;
    const struct pass *p = &g->pass;
    const int64_t point = p->in_c * p->out_c;
    for (int64_t slot = 1; slot < g->n_slots; slot++)
        for (int k = 0; k < n_points(p->tiles); k++) {
            float *sum = g->slots + k * point + c * p->out_c;
            const float *term = sum + slot * g->slot_size;
            for (int64_t j = 0; j < p->out_c; j++) sum[j] += term[j];
        }
    p->tiles->store_weight_gradient(g->dweight + c * p->out_c, point, g->slots + c * p->out_c, point,
                                    (int)p->out_c);
}

int FERNET_FN(winograd_backward_params)(float *dweight, float *dbias, const float *x,
                                        const float *dy, const struct fernet_conv2d *s) {
    struct weight_gradient g = {
        .pass = {.n = s->n, .in_h = s->h, .in_w = s->w, .in_c = s->c,
                 .out_h = s->oh, .out_w = s->ow, .out_c = s->oc,
                 .pad_h = s->pad_h, .pad_w = s->pad_w, .in = x},
        .dy = dy, .dweight = dweight, .dbias = dbias};
    struct pass *p = &g.pass;
    set_tiles(p);
    const int64_t columns = min64(s->oc, SLOT_COLS);
    const int64_t sums_bytes = n_points(p->tiles) * s->c * columns * (int64_t)sizeof(float);
    g.block = block_of(p, s->c + columns, max64(GRADIENT_BLOCK_BYTES, sums_bytes), 8);
    g.slot_size = n_points(p->tiles) * s->c * s->oc;
    g.n_slots = MAX_SLOTS;
    while (g.n_slots > 2 && g.n_slots * g.slot_size * (int64_t)sizeof(float) > SLOTS_BYTES)
        g.n_slots /= 2;
    g.n_slots = min64(g.n_slots, max64(1, p->n_tiles));
    g.n_column_blocks = ceil_div(s->oc, SLOT_COLS);
    const int64_t size = g.n_slots * (g.slot_size + s->oc);
    g.slots = fernet_scratch(FERNET_SCRATCH_CALLER, (size_t)size * sizeof(float));
    if (g.slots == NULL) return -1;
    g.sums = g.slots + g.n_slots * g.slot_size;
    if (p->n_tiles == 0) memset(g.slots, 0, (size_t)size * sizeof(float));
    else fernet_parallel_for(g.n_slots * g.n_column_blocks, weight_gradient_task, &g);
    if (atomic_load(&p->out_of_memory)) return -1;
    fernet_parallel_for(s->c, finish_weight_gradient, &g);
    for (int64_t j = 0; dbias != NULL && j < s->oc; j++) {
        dbias[j] = g.sums[j];
        for (int64_t slot = 1; slot < g.n_slots; slot++) dbias[j] += g.sums[slot * s->oc + j];
    }
    return 0;
}
