/* 3x3 convolutions of stride 1 by Winograd's minimal filtering, for all three passes.
 *
 * A plane is cut into tiles of m x m outputs. Tiles, weights and results are transformed to `points`
 * (winograd_tiles.h); between the transforms stands, for each point, a plain matrix product over
 * the channels: (tiles, C) (C, OC) forward, the same on turned weights for the gradient to the
 * input, and (C, tiles) (tiles, OC), summed over all tiles, for the gradient to the weights. So a
 * training step takes a fifth of the multiplications of direct convolution.
 *
 * Blocks of tiles are sized for the second-level cache, and transformed, multiplied and transformed
 * back by one task. Bits don't depend on the threads: an output element is a chain over LONGEST_SUM channels
 * at a time, a gradient one over the tiles of a block, and these are added in order. */
#include "winograd.h"

#include "gemm_tile.h"
#include "pool.h"
#include "winograd_pass.h"

enum {
    BLOCK_BYTES = 384 * 1024, /* of a block's transformed tiles, in and out */
    LITTLE_BYTES = 384 * 1024, LITTLE_TILES = 64, /* what each thread may transform for itself */
    WIDEST_VECTOR = 16, /* floats: the choice of a path is to be that of every instruction set */
    ROWS_AHEAD = 4,     /* of the weights, to ask for */
    CACHE_LINE = 64
};

int FERNET_FN(winograd_pays)(const struct fernet_conv2d *s) {
    const int64_t products = plane_products(image_tiles(s->oh, s->ow, 0), s->oh, s->ow);
    return s->c >= 16 && s->oc >= 16 && 2 * products < 9 * s->oh * s->ow;
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

static int64_t weight_step(const struct pass *p) {
    return round_up(p->out_c, GEMM_COLS) * p->in_c + POINT_PADDING;
}

int64_t FERNET_FN(winograd_weight_floats)(const struct pass *p) {
    return n_points(p->tiles) * weight_step(p);
}

void FERNET_FN(winograd_transform_weights)(struct pass *p, float *u, const float *weight,
                                           int turned) {
    struct weights w = {p, weight, turned};
    p->u = u;
    p->u_step = weight_step(p);
    fernet_parallel_for(ceil_div(p->out_c, GEMM_COLS) * ceil_div(p->in_c, WEIGHT_ROWS),
                        transform_weights_task, &w);
}

/* -- forward, and the gradient to the input ------------------------------------------------ */

/* products (tiles, cols), rows `row` apart = v (tiles, in_c) u (in_c, cols), for one point and one
 * panel of u */
static void multiply_panel(const struct pass *p, float *products, int64_t row, const float *v,
                           const float *u, const float *next_u, int64_t n_tiles, int cols) {
    struct gemm_tile tile = {.a_row = p->in_c, .c_row = row, .cols = cols};
    for (int64_t k = 0; k < p->in_c; k += LONGEST_SUM) {
        tile.k = min64(LONGEST_SUM, p->in_c - k);
        tile.b = u + k * GEMM_COLS;
        tile.next_b = k + LONGEST_SUM < p->in_c ? tile.b + LONGEST_SUM * GEMM_COLS : next_u;
        tile.into = k > 0 ? GEMM_ADD : GEMM_OVERWRITE;
        for (int64_t i = 0; i < n_tiles; i += GEMM_ROWS) {
            tile.a = v + i * p->in_c + k;
            tile.c = products + i * row;
            gemm_tile_of_rows((int)min64(GEMM_ROWS, n_tiles - i), &tile);
        }
    }
}

/* The same for all of u. */
static void multiply_point(const struct pass *p, float *products, const float *v, const float *u,
                           int64_t n_tiles) {
    for (int64_t j = 0; j < p->out_c; j += GEMM_COLS)
        multiply_panel(p, products + j, p->out_c, v, u + j * p->in_c,
                       u + (j + GEMM_COLS) * p->in_c, n_tiles,
                       (int)min64(GEMM_COLS, p->out_c - j));
}

/* Output channels first .. first + n, whose results lie at `products`. */
struct channels {
    int64_t first, n;
};

static void store_pooled_tile(const struct pass *p, const struct corner *at,
                              const struct channels *of, const float *products, int64_t step) {
    const int64_t c = p->out_c, h = p->out_h / 2, w = p->out_w / 2;
    const int64_t corner = ((at->image * h + at->i / 2) * w + at->j / 2) * c + of->first;
    p->tiles->store_pooled(p->out + corner, p->argmax ? p->argmax + corner / 4 : NULL, w * c, c,
                           products, step, of->n, p->bias ? p->bias + of->first : NULL, p->relu);
}

/* A tile that reaches beyond the image: by way of `patch`, the part outside left away. */
static void store_border_tile(const struct pass *p, const struct corner *at,
                              const struct channels *of, const float *products, int64_t step,
                              const float *bias, float *patch) {
    const int m = p->tiles->m;
    const int64_t c = p->out_c, image = at->image * p->out_h * p->out_w * c;
    const float *relu_x = NULL;
    if (p->relu_x != NULL) { /* then all channels are stored at once */
        int64_t row;
        relu_x = square(p->relu_x + image, p->out_h, p->out_w, c, at->i, at->j, m,
                        patch + m * m * c, &row);
    }
    p->tiles->store_output(patch, m * of->n, of->n, products, step, of->n, bias, p->relu, relu_x);
    const int64_t rows = min64(m, p->out_h - at->i), columns = min64(m, p->out_w - at->j);
    const int64_t runs = of->n == c ? 1 : columns, run = of->n == c ? columns * c : of->n;
    float *out = p->out + image + (at->i * p->out_w + at->j) * c + of->first;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t q = 0; q < runs; q++)
            memcpy(out + (r * p->out_w + q) * c, patch + (r * m + q) * of->n,
                   (size_t)run * sizeof *out);
}

/* One tile's results into the image. */
static void store_tile(const struct pass *p, const struct corner *at, const struct channels *of,
                       const float *products, int64_t step, float *patch) {
    const int m = p->tiles->m;
    const float *bias = p->bias ? p->bias + of->first : NULL;
    if (p->pool) {
        store_pooled_tile(p, at, of, products, step);
    } else if (at->i + m > p->out_h || at->j + m > p->out_w) {
        store_border_tile(p, at, of, products, step, bias, patch);
    } else {
        const int64_t c = p->out_c;
        const int64_t corner = ((at->image * p->out_h + at->i) * p->out_w + at->j) * c + of->first;
        p->tiles->store_output(p->out + corner, p->out_w * c, c, products, step, of->n, bias,
                               p->relu, p->relu_x ? p->relu_x + corner : NULL);
    }
}

/* Room for two squares of a tile that reaches beyond the image: see store_tile. */
static int64_t patch_floats(const struct pass *p) { return 2 * p->tiles->m * p->tiles->m * p->out_c; }

int64_t FERNET_FN(winograd_block_floats)(const struct pass *p) {
    return n_points(p->tiles) * (p->block * (p->in_c + p->out_c) + 2 * POINT_PADDING) +
           patch_floats(p) + p->in_c;
}

void FERNET_FN(winograd_transform_block)(const struct pass *p, const float *u, float *room,
                                         int64_t first, int64_t n_tiles) {
    const int points = n_points(p->tiles);
    const int64_t v_step = p->block * p->in_c + POINT_PADDING;
    const int64_t step = p->block * p->out_c + POINT_PADDING;
    float *v = room, *products = v + points * v_step, *patch = products + points * step;
    float *zeros = patch + patch_floats(p);
    const struct channels all = {0, p->out_c};
    memset(zeros, 0, (size_t)p->in_c * sizeof *zeros);
    for (int64_t t = 0; t < n_tiles; t++) {
        const struct corner at = tile_corner(p, first + t);
        load_tile(p, &at, zeros, v + t * p->in_c, v_step, VL);
    }
    for (int k = 0; k < points; k++)
        multiply_point(p, products + k * step, v + k * v_step, u + k * p->u_step, n_tiles);
    for (int64_t t = 0; t < n_tiles; t++) {
        const struct corner at = tile_corner(p, first + t);
        store_tile(p, &at, &all, products + t * p->out_c, step, patch);
    }
}

static void block_task(void *context, int64_t index) {
    struct pass *p = context;
    float *room = task_scratch(p, FERNET_FN(winograd_block_floats)(p));
    const int64_t first = index * p->block;
    if (room != NULL)
        FERNET_FN(winograd_transform_block)(p, p->u, room, first,
                                            min64(p->block, p->n_tiles - first));
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
        multiply_panel(p, f->products + k * f->step + j, p->out_c, f->v + k * f->v_step,
                       u + k * u_step, NULL, p->n_tiles, (int)min64(GEMM_COLS, p->out_c - j));
}

static void store_task(void *context, int64_t t) {
    const struct few_tiles *f = context;
    const struct corner at = tile_corner(f->pass, t);
    const struct channels all = {0, f->pass->out_c};
    float *patch = task_scratch(f->pass, patch_floats(f->pass));
    if (patch == NULL) return;
    store_tile(f->pass, &at, &all, f->products + t * f->pass->out_c, f->step, patch);
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

/* -- the same for very little ---------------------------------------------------------------- */

/* As for single images: what threads hand over to each other would take longer than to transform it
 * twice. `n_tasks` as there are threads. */
struct little {
    struct pass *pass;
    const struct weights *weights;
    int64_t n_tasks;
};

/* All weights, and a share of the tiles. */
static void tiles_task(void *context, int64_t index) {
    const struct little *l = context;
    struct pass *p = l->pass;
    const int64_t u_floats = FERNET_FN(winograd_weight_floats)(p);
    float *u = task_scratch(p, u_floats + FERNET_FN(winograd_block_floats)(p));
    if (u == NULL) return;
    for (int64_t j = 0; j < p->out_c; j += GEMM_COLS)
        transform_panel(l->weights, u + j * p->in_c, p->u_step, j / GEMM_COLS, 0, p->in_c);
    const int64_t end = (index + 1) * p->n_tiles / l->n_tasks;
    for (int64_t t = index * p->n_tiles / l->n_tasks; t < end; t += p->block)
        FERNET_FN(winograd_transform_block)(p, u, u + u_floats, t, min64(p->block, end - t));
}

/* All tiles, and a share of the panels of output channels, from transform to transform. */
static void panels_task(void *context, int64_t index) {
    const struct little *l = context;
    struct pass *p = l->pass;
    const int points = n_points(p->tiles);
    const int64_t v_step = p->n_tiles * p->in_c + POINT_PADDING;
    const int64_t u_step = p->in_c * GEMM_COLS + POINT_PADDING;
    const int64_t step = p->n_tiles * GEMM_COLS + POINT_PADDING;
    const int64_t n_panels = ceil_div(p->out_c, GEMM_COLS);
    float *v = task_scratch(p, points * (v_step + u_step + step) + patch_floats(p) + p->in_c);
    if (v == NULL) return;
    float *u = v + points * v_step, *products = u + points * u_step;
    float *patch = products + points * step, *zeros = patch + patch_floats(p);
    memset(zeros, 0, (size_t)p->in_c * sizeof *zeros);
    for (int64_t t = 0; t < p->n_tiles; t++) {
        const struct corner at = tile_corner(p, t);
        load_tile(p, &at, zeros, v + t * p->in_c, v_step, VL);
    }
    const int64_t end = (index + 1) * n_panels / l->n_tasks;
    for (int64_t panel = index * n_panels / l->n_tasks; panel < end; panel++) {
        const struct channels of = {panel * GEMM_COLS,
                                    min64(GEMM_COLS, p->out_c - panel * GEMM_COLS)};
        transform_panel(l->weights, u, u_step, panel, 0, p->in_c);
        for (int k = 0; k < points; k++)
            multiply_panel(p, products + k * step, GEMM_COLS, v + k * v_step, u + k * u_step, NULL,
                           p->n_tiles, (int)of.n);
        for (int64_t t = 0; t < p->n_tiles; t++) {
            const struct corner at = tile_corner(p, t);
            store_tile(p, &at, &of, products + t * GEMM_COLS, step, patch);
        }
    }
}

static int run_little(struct pass *p, const struct weights *w) {
    const int by_panels = has_few_tiles(p);
    struct little l = {p, w, fernet_get_num_threads()};
    p->u_step = weight_step(p);
    if (by_panels) l.n_tasks = min64(l.n_tasks, ceil_div(p->out_c, GEMM_COLS));
    fernet_parallel_for(l.n_tasks, by_panels ? panels_task : tiles_task, &l);
    return atomic_load(&p->out_of_memory) ? -1 : 0;
}

/* Whether what each thread would transform for itself is little: all tiles, or all weights. */
static int is_little(const struct pass *p) {
    const int64_t n = has_few_tiles(p) ? p->n_tiles : p->out_c;
    const int64_t bytes = n_points(p->tiles) * n * p->in_c * (int64_t)sizeof(float);
    return bytes <= LITTLE_BYTES && p->n_tiles <= LITTLE_TILES && p->relu_x == NULL;
}

/* -- the passes ---------------------------------------------------------------------------- */

static void set_blocks(struct pass *p, const struct winograd_tiles *tiles) {
    set_tiles(p, tiles);
    p->block = block_of(p, p->in_c + p->out_c, BLOCK_BYTES, GEMM_ROWS);
}

int FERNET_FN(winograd_run)(struct pass *p, const float *weight, int turned) {
    if (p->n_tiles == 0) return 0;
    const struct weights weights = {p, weight, turned};
    if (is_little(p)) return run_little(p, &weights);
    if (has_few_tiles(p)) return run_few_tiles(p, &weights);
    float *u = fernet_scratch(FERNET_SCRATCH_CALLER,
                              (size_t)FERNET_FN(winograd_weight_floats)(p) * sizeof *u);
    if (u == NULL) return -1;
    FERNET_FN(winograd_transform_weights)(p, u, weight, turned);
    fernet_parallel_for(ceil_div(p->n_tiles, p->block), block_task, p);
    return atomic_load(&p->out_of_memory) ? -1 : 0;
}

int FERNET_FN(winograd_forward)(float *y, const float *x, const float *weight, const float *bias,
                                const struct fernet_conv2d *s, int relu) {
    struct pass pass = {.n = s->n, .in_h = s->h, .in_w = s->w, .in_c = s->c,
                        .out_h = s->oh, .out_w = s->ow, .out_c = s->oc,
                        .pad_h = s->pad_h, .pad_w = s->pad_w,
                        .in = x, .out = y, .bias = bias, .relu = relu};
    set_blocks(&pass, image_tiles(s->oh, s->ow, s->training));
    return FERNET_FN(winograd_run)(&pass, weight, 0);
}

int FERNET_FN(winograd_pools)(const struct fernet_conv2d *s) {
    const struct winograd_tiles *tiles = image_tiles(s->oh, s->ow, 0);
    return tiles->store_pooled != NULL && s->oh % tiles->m == 0 && s->ow % tiles->m == 0 &&
           s->oc % WIDEST_VECTOR == 0;
}

int FERNET_FN(winograd_pool_forward)(float *y, uint8_t *argmax, const float *x, const float *weight,
                                     const float *bias, const struct fernet_conv2d *s, int relu) {
    struct pass pass = {.n = s->n, .in_h = s->h, .in_w = s->w, .in_c = s->c,
                        .out_h = s->oh, .out_w = s->ow, .out_c = s->oc,
                        .pad_h = s->pad_h, .pad_w = s->pad_w,
                        .in = x, .out = y, .bias = bias, .relu = relu, .pool = 1, .argmax = argmax};
    set_blocks(&pass, image_tiles(s->oh, s->ow, 0));
    return FERNET_FN(winograd_run)(&pass, weight, 0);
}

struct pass FERNET_FN(winograd_input_pass)(float *dx, const float *dy, const float *relu_x,
                                           const struct fernet_conv2d *s) {
    struct pass pass = {.n = s->n, .in_h = s->oh, .in_w = s->ow, .in_c = s->oc,
                        .out_h = s->h, .out_w = s->w, .out_c = s->c,
                        .pad_h = 2 - s->pad_h, .pad_w = 2 - s->pad_w,
                        .in = dy, .out = dx, .relu_x = relu_x};
    set_blocks(&pass, image_tiles(s->h, s->w, 1));
    return pass;
}

int FERNET_FN(winograd_backward_input)(float *dx, const float *dy, const float *weight,
                                       const float *relu_x, const struct fernet_conv2d *s) {
    struct pass pass = FERNET_FN(winograd_input_pass)(dx, dy, relu_x, s);
    return FERNET_FN(winograd_run)(&pass, weight, 1);
}
