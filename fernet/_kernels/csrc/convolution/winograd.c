/* 3x3 convolutions by Winograd's minimal filtering: of stride 1 in all three passes, of 2 forward.
 *
 * A plane is cut into tiles of m x m outputs. Tiles, weights and results are transformed to
 * `points` (winograd_tiles.h); between the transforms stands, for each point, a plain matrix
 * product over the channels: (tiles, C) (C, OC) forward, the same on rotated weights for the
 * gradient to the input, and (C, tiles) (tiles, OC), summed over all tiles, for the gradient to the
 * weights. So a training step takes a fifth of the multiplications of direct convolution. With a
 * stride of 2 it is up to four products whose sum is transformed back (winograd_stride2.h).
 *
 * Blocks of tiles are sized for the second-level cache that there is, and transformed, multiplied
 * and transformed back by one task. Bits don't depend on the threads: an output element is a chain
 * over LONGEST_SUM channels at a time, a gradient one over the tiles of a block, and these are
 * added in order. */
#include "convolution/winograd.h"

#include "convolution/winograd_products.h"
#include "convolution/winograd_weights.h"
#include "core/caches.h"
#include "core/threads.h"

enum {
    BLOCK_BYTES = 384 * 1024, /* of a block's transformed tiles, in and out, and twice as many */
    LEAST_AHEAD = 512 * 1024, /* of them where the next are asked for */
    SMALL_BYTES = 384 * 1024,
    SMALL_TILES = 64,                /* what each thread may transform for itself */
    SHARED_BYTES = 32 * 1024 * 1024, /* of transformed tiles that all threads share */
    LEAST_BLOCK = 8,                 /* tiles: fewer keep a core's multipliers less busy */
    WEIGHT_ROWS = 16                 /* input channels of a task that transforms weights */
};

/* Where stride 2 leaves more than three quarters of the products, as with planes of 4x4 or 5x5, the
 * transforms take longer than the others. */
int FERNET_FN(winograd_profitable)(const struct fernet_conv2d *s) {
    const int64_t products = plane_products(forward_tiles(s, 0), s->oh, s->ow);
    const int64_t direct = TAPS * s->oh * s->ow;
    const int saves = s->stride_h == 1 ? 2 * products < direct : 4 * products < 3 * direct;
    return s->c >= 16 && s->oc >= 16 && saves;
}

/* -- weights ------------------------------------------------------------------------------- */

struct transform {
    struct weights weights;
    float *u;
};

static void transform_weights_task(void *context, int64_t index) {
    const struct transform *t = context;
    const struct pass *p = t->weights.pass;
    const int64_t row_blocks = ceil_div(p->in_c, WEIGHT_ROWS), panel = index / row_blocks;
    const int64_t first = index % row_blocks * WEIGHT_ROWS;
    transform_panel(&t->weights, t->u + (panel * p->in_c + first) * GEMM_COLS, p->u_step, panel,
                    first, min64(first + WEIGHT_ROWS, p->in_c));
}

int64_t FERNET_FN(winograd_weight_floats)(const struct pass *p) {
    return n_weights(p->tiles) * weight_step(p);
}

void FERNET_FN(winograd_transform_weights)(struct pass *p, float *u, const float *weight,
                                           int rotated) {
    struct transform t = {{p, weight, rotated}, u};
    p->u = u;
    p->u_step = weight_step(p);
    fernet_parallel_for(ceil_div(p->out_c, GEMM_COLS) * ceil_div(p->in_c, WEIGHT_ROWS),
                        transform_weights_task, &t);
}

/* -- forward, and the gradient to the input ------------------------------------------------ */

int64_t FERNET_FN(winograd_block_floats)(const struct pass *p) {
    return n_points(p->tiles) * (p->block * p->in_c + POINT_PADDING) +
           n_sums(p->tiles) * (p->block * p->out_c + POINT_PADDING) + patch_floats(p) + p->in_c;
}

/* What a block of tiles writes, what its results are masked by, and what the next one reads. */
static struct ahead ahead_of_block(const struct pass *p, int64_t first, int64_t n_tiles) {
    struct ahead a = {.n_times = n_sums(p->tiles) * ceil_div(p->out_c, GEMM_COLS)};
    const int64_t in = p->n * p->in_h * p->in_w * p->in_c, end = first + n_tiles;
    const int64_t out = p->n * p->out_h * p->out_w * p->out_c;
    const int64_t on = p->ahead > 0 ? p->ahead : p->block;
    ahead_add(&a, p, p->out, p->pool ? out / 4 : out, first, end, 1);
    ahead_add(&a, p, p->relu_x, out, first, end, 0);
    ahead_add(&a, p, p->in, in, first + on, end + on, 0);
    ahead_add(&a, p, p->beside, out, first + on, end + on, 0);
    return a;
}

void FERNET_FN(winograd_transform_block)(const struct pass *p, const float *u, float *scratch,
                                         int64_t first, int64_t n_tiles) {
    const int points = n_points(p->tiles);
    const int64_t v_step = p->block * p->in_c + POINT_PADDING;
    const int64_t step = p->block * p->out_c + POINT_PADDING;
    float *v = scratch, *products = v + points * v_step;
    float *patch = products + n_sums(p->tiles) * step, *zeros = patch + patch_floats(p);
    const struct channels all = {0, p->out_c};
    memset(zeros, 0, (size_t)p->in_c * sizeof *zeros);
    for (int64_t t = 0; t < n_tiles; t++) {
        const struct corner at = tile_corner(p, first + t);
        load_tile(p, &at, zeros, v + t * p->in_c, v_step, VL);
    }
    struct ahead ahead = ahead_of_block(p, first, n_tiles);
    for (int k = 0; k < points; k = end_of_sum(p->tiles, k))
        multiply_sum(p, k, products + term_at(p->tiles, k).sum * step, v, v_step, u, n_tiles,
                     &ahead);
    for (int64_t t = 0; t < n_tiles; t++) {
        const struct corner at = tile_corner(p, first + t);
        store_tile(p, &at, &all, products + t * p->out_c, step, patch);
    }
}

static void block_task(void *context, int64_t index) {
    struct pass *p = context;
    float *scratch = task_scratch(p, FERNET_FN(winograd_block_floats)(p));
    const int64_t first = index * p->block, n_tiles = min64(p->block, p->n_tiles - first);
    if (scratch == NULL) return;
    FERNET_FN(winograd_transform_block)(p, p->u, scratch, first, n_tiles);
}

/* -- the passes ---------------------------------------------------------------------------- */

/* Of a block's transformed tiles. All weights pass by for each block: where they stay in the
 * second-level cache, the block leaves them room, else it fills most of the cache, so that they
 * come from afar less often, or half, if the rest is for what is asked for ahead. Less than
 * LEAST_AHEAD gains nothing where the cache is small. */
static int64_t block_bytes(const struct pass *p) {
    const int64_t l2 = fernet_l2_bytes(), beside_weights = min64(BLOCK_BYTES, 3 * l2 / 8);
    const int64_t weights = n_weights(p->tiles) * p->in_c * p->out_c * (int64_t)sizeof(float);
    if (weights + beside_weights <= l2) return beside_weights;
    return min64(2 * BLOCK_BYTES, asks_ahead() ? max64(LEAST_AHEAD, l2 / 2) : 3 * l2 / 4);
}

static void set_blocks(struct pass *p, const struct winograd_tiles *tiles) {
    set_tiles(p, tiles);
    p->block =
        block_of(n_points(tiles) * p->in_c + n_sums(tiles) * p->out_c, block_bytes(p), GEMM_ROWS);
}

/* Whether what each thread would transform for itself is small: all tiles, or all weights. */
static int is_small(const struct pass *p) {
    const int64_t n = has_few_tiles(p) ? n_points(p->tiles) * p->n_tiles
                      : p->u != NULL   ? 0
                                       : n_weights(p->tiles) * p->out_c;
    const int64_t bytes = n * p->in_c * (int64_t)sizeof(float);
    return bytes <= SMALL_BYTES && p->n_tiles <= SMALL_TILES && p->relu_x == NULL;
}

/* Whether so many equal tasks keep the threads busy, but for an eighth of their time. */
static int keep_busy(int64_t n_tasks) {
    const int64_t n_threads = fernet_get_num_threads();
    return 8 * n_tasks >= 7 * ceil_div(n_tasks, n_threads) * n_threads;
}

/* Blocks no larger than they are, as many as keep all threads busy, if they don't get too small. */
static int64_t even_block(const struct pass *p) {
    const int64_t n_blocks = ceil_div(p->n_tiles, p->block);
    if (keep_busy(n_blocks)) return p->block;
    const int64_t wanted = round_up(n_blocks, fernet_get_num_threads());
    return max64(min64(LEAST_BLOCK, p->block), ceil_div(p->n_tiles, wanted));
}

/* Whether all threads had better share the work on all tiles than take blocks of them. */
static int is_shared(struct pass *p) {
    const int64_t n_panels = ceil_div(p->out_c, GEMM_COLS);
    const int64_t n_tasks = has_few_tiles(p) ? n_panels : ceil_div(p->n_tiles, even_block(p));
    return fernet_get_num_threads() > 2 && !keep_busy(n_tasks) &&
           FERNET_FN(winograd_shared_floats)(p) * (int64_t)sizeof(float) <= SHARED_BYTES;
}

int FERNET_FN(winograd_run)(struct pass *p, const float *weight, int rotated) {
    if (p->n_tiles == 0) return 0;
    const struct weights weights = {p, weight, rotated};
    p->u_step = weight_step(p);
    if (p->packed != NULL && is_kept_transformed(p)) p->u = p->packed;
    if (is_small(p)) return FERNET_FN(winograd_run_small)(p, &weights);
    if (is_shared(p)) return FERNET_FN(winograd_run_shared)(p, weight, rotated);
    if (has_few_tiles(p)) return FERNET_FN(winograd_run_few_tiles)(p, &weights);
    if (fernet_get_num_threads() > 2) p->block = even_block(p);
    if (p->u == NULL) {
        float *u = fernet_scratch(FERNET_SCRATCH_CALLER,
                                  (size_t)FERNET_FN(winograd_weight_floats)(p) * sizeof *u);
        if (u == NULL) return -1;
        FERNET_FN(winograd_transform_weights)(p, u, weight, rotated);
    }
    fernet_parallel_for(ceil_div(p->n_tiles, p->block), block_task, p);
    return atomic_load(&p->out_of_memory) ? -1 : 0;
}

struct pass FERNET_FN(winograd_forward_pass)(const struct fernet_conv2d *s) {
    struct pass pass = {.n = s->n,
                        .in_h = s->h,
                        .in_w = s->w,
                        .in_c = s->c,
                        .out_h = s->oh,
                        .out_w = s->ow,
                        .out_c = s->oc,
                        .pad_h = s->pad_h,
                        .pad_w = s->pad_w,
                        .packed = s->packed};
    set_blocks(&pass, forward_tiles(s, s->training));
    return pass;
}

int FERNET_FN(winograd_forward)(float *y, const float *x, const float *weight, const float *bias,
                                const struct fernet_conv2d *s, int relu) {
    struct pass pass = FERNET_FN(winograd_forward_pass)(s);
    pass.in = x, pass.out = y, pass.bias = bias, pass.relu = relu;
    return FERNET_FN(winograd_run)(&pass, weight, 0);
}

static int tiles_pool(const struct winograd_tiles *tiles, const struct fernet_conv2d *s) {
    return tiles->store_pooled != NULL && s->oh % tiles->m == 0 && s->ow % tiles->m == 0;
}

int FERNET_FN(winograd_pools)(const struct fernet_conv2d *s) {
    return s->oc % WIDEST_VECTOR == 0 && tiles_pool(forward_tiles(s, 0), s) &&
           tiles_pool(forward_tiles(s, 1), s);
}

int FERNET_FN(winograd_pool_forward)(float *y, uint8_t *argmax, const float *x, const float *weight,
                                     const float *bias, const struct fernet_conv2d *s, int relu) {
    struct pass pass = FERNET_FN(winograd_forward_pass)(s);
    pass.in = x, pass.out = y, pass.bias = bias, pass.relu = relu;
    pass.pool = 1, pass.argmax = argmax;
    return FERNET_FN(winograd_run)(&pass, weight, 0);
}

struct pass FERNET_FN(winograd_input_pass)(float *dx, const float *dy, const float *relu_x,
                                           const struct fernet_conv2d *s) {
    struct pass pass = {.n = s->n,
                        .in_h = s->oh,
                        .in_w = s->ow,
                        .in_c = s->oc,
                        .out_h = s->h,
                        .out_w = s->w,
                        .out_c = s->c,
                        .pad_h = 2 - s->pad_h,
                        .pad_w = 2 - s->pad_w,
                        .in = dy,
                        .out = dx,
                        .relu_x = relu_x};
    set_blocks(&pass, image_tiles(s->h, s->w, 1));
    return pass;
}

int FERNET_FN(winograd_backward_input)(float *dx, const float *dy, const float *weight,
                                       const float *relu_x, const struct fernet_conv2d *s) {
    struct pass pass = FERNET_FN(winograd_input_pass)(dx, dy, relu_x, s);
    return FERNET_FN(winograd_run)(&pass, weight, 1);
}
