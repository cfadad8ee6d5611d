/* Winograd's passes from tiles to tiles where there is little to do, as for single images:
 * winograd.c chooses them. Chains of additions, and so bits, are those of the usual blocks. */
#include "convolution/winograd_products.h"
#include "convolution/winograd_weights.h"
#include "core/caches.h"
#include "core/threads.h"

/* -- transformed tiles --------------------------------------------------------------------- */

/* Whether packed weights are transformed in registers and used there: see few_products. */
static int multiplies_few(const struct pass *p) {
    return p->u == NULL && p->packed != NULL && p->n_tiles <= MOST_FEW_TILES;
}

/* Floats between points, each with all tiles; or between tiles, each with all points, where few
 * are multiplied. */
static int64_t tiles_step(const struct pass *p) {
    const int64_t floats =
        multiplies_few(p) ? n_points(p->tiles) * round_up(p->in_c, VL) : p->n_tiles * p->in_c;
    return floats + POINT_PADDING;
}

static int64_t tiles_floats(const struct pass *p) {
    return (multiplies_few(p) ? p->n_tiles : n_points(p->tiles)) * tiles_step(p);
}

static void load_tile_of(const struct pass *p, int64_t t, const float *zeros, float *v) {
    const struct corner at = tile_corner(p, t);
    const int64_t step = tiles_step(p);
    if (multiplies_few(p))
        load_tile(p, &at, zeros, v + t * step, VL, n_points(p->tiles) * VL);
    else
        load_tile(p, &at, zeros, v + t * p->in_c, step, VL);
}

/* -- products ------------------------------------------------------------------------------ */

/* The products of one panel at all points, rows `row` and points `step` apart, with weights that
 * are transformed already. */
static void multiply_ready_panel(const struct pass *p, int64_t panel, float *products, int64_t row,
                                 int64_t step, const float *v) {
    const int64_t v_step = tiles_step(p);
    const int points = n_points(p->tiles);
    const int cols = (int)min64(GEMM_COLS, p->out_c - panel * GEMM_COLS);
    const float *u = p->u + panel * p->in_c * GEMM_COLS;
    for (int k = 0, next; k < points; k = next) {
        next = end_of_sum(p->tiles, k);
        multiply_panel(p, k, products + term_at(p->tiles, k).sum * step, row, v, v_step, u,
                       next < points ? u + term_at(p->tiles, next).u * p->u_step : NULL, p->n_tiles,
                       cols);
    }
}

/* The same with packed weights, of few tiles. */
static void multiply_few_panel(const struct pass *p, int64_t panel, float *products, int64_t row,
                               int64_t step, const float *v) {
    struct few_products few = {.step = step,
                               .row = row,
                               .products = products,
                               .tile_step = tiles_step(p),
                               .n_tiles = p->n_tiles,
                               .cols = (int)min64(GEMM_COLS, p->out_c - panel * GEMM_COLS)};
    for (int64_t first = 0; first < p->in_c; first += LONGEST_SUM) {
        few.v = v + first * n_points(p->tiles);
        few.packed = p->packed + (panel * p->in_c + first) * packed_row();
        few.depth = min64(LONGEST_SUM, p->in_c - first);
        few.first = first == 0;
        p->tiles->multiply_few(&few);
    }
}

/* The same with weights that are transformed into u (panel_floats) for LONGEST_SUM channels at a
 * time, right before their use, so that they never leave the core's cache. While these are
 * multiplied, at as many points as a channel has weights, the next come from memory, and at each
 * point the next one's tiles: short pieces of them, from a cache that all cores share. */
static void multiply_new_panel(const struct pass *p, const struct weights *w, float *u,
                               int64_t panel, float *products, int64_t row, int64_t step,
                               const float *v) {
    const int64_t v_step = tiles_step(p);
    const int points = n_points(p->tiles), asks = asks_ahead();
    const int cols = (int)min64(GEMM_COLS, p->out_c - panel * GEMM_COLS);
    for (int64_t first = 0; first < p->in_c; first += LONGEST_SUM) {
        const int64_t depth = min64(LONGEST_SUM, p->in_c - first);
        const int64_t u_step = depth * GEMM_COLS + POINT_PADDING;
        transform_panel(w, u, u_step, panel, first, first + depth);
        const float *next = next_packed(p, panel, first + depth);
        for (int k = 0; k < points; k++) {
            const struct winograd_term at = term_at(p->tiles, k);
            const int ask = asks && k + 1 < points;
            multiply_terms(p, products + at.sum * step, row, v + at.v * v_step + first,
                           u + at.u * u_step,
                           next != NULL && k < TAPS ? next + k * depth * GEMM_COLS : NULL,
                           p->n_tiles, depth, cols, first == 0 && begins_sum(p->tiles, k),
                           ask ? v + term_at(p->tiles, k + 1).v * v_step + first : NULL);
        }
    }
}

/* For transformed weights, where they are stored at all. */
static int64_t panel_floats(const struct pass *p) {
    if (p->u != NULL || multiplies_few(p)) return 0;
    return n_weights(p->tiles) * (min64(LONGEST_SUM, p->in_c) * GEMM_COLS + POINT_PADDING);
}

static void multiply_any_panel(const struct pass *p, const struct weights *w, float *u,
                               int64_t panel, float *products, int64_t row, int64_t step,
                               const float *v) {
    if (p->u != NULL)
        multiply_ready_panel(p, panel, products, row, step, v);
    else if (multiplies_few(p))
        multiply_few_panel(p, panel, products, row, step, v);
    else
        multiply_new_panel(p, w, u, panel, products, row, step, v);
}

static int64_t whole_panel_floats(const struct pass *p) {
    return panel_floats(p) + n_sums(p->tiles) * (p->n_tiles * GEMM_COLS + POINT_PADDING);
}

/* A panel of output channels from products to results, by way of `scratch` (whole_panel_floats and
 * patch_floats). */
static void run_whole_panel(const struct pass *p, const struct weights *w, int64_t panel,
                            const float *v, float *scratch) {
    const int64_t step = p->n_tiles * GEMM_COLS + POINT_PADDING;
    const struct channels of = {panel * GEMM_COLS, min64(GEMM_COLS, p->out_c - panel * GEMM_COLS)};
    float *products = scratch + panel_floats(p), *patch = scratch + whole_panel_floats(p);
    multiply_any_panel(p, w, scratch, panel, products, GEMM_COLS, step, v);
    for (int64_t t = 0; t < p->n_tiles; t++) {
        const struct corner at = tile_corner(p, t);
        store_tile(p, &at, &of, products + t * GEMM_COLS, step, patch);
    }
}

/* -- few tiles ----------------------------------------------------------------------------- */

/* Where weights take more memory than tiles, as for single images, tiles are what all threads
 * share, and each panel of weights is transformed by the thread that needs it, right before: it
 * never leaves that core's cache. */
struct few_tiles {
    struct pass *pass;
    const struct weights *weights;
    float *v, *products;
    int64_t step;
};

static void load_task(void *context, int64_t t) {
    const struct few_tiles *f = context;
    float *zeros = task_scratch(f->pass, f->pass->in_c);
    if (zeros == NULL) return;
    memset(zeros, 0, (size_t)f->pass->in_c * sizeof *zeros);
    load_tile_of(f->pass, t, zeros, f->v);
}

static void multiply_panel_task(void *context, int64_t panel) {
    const struct few_tiles *f = context;
    struct pass *p = f->pass;
    float *u = task_scratch(p, panel_floats(p));
    if (u == NULL) return;
    multiply_any_panel(p, f->weights, u, panel, f->products + panel * GEMM_COLS, p->out_c, f->step,
                       f->v);
}

static void store_task(void *context, int64_t t) {
    const struct few_tiles *f = context;
    const struct corner at = tile_corner(f->pass, t);
    const struct channels all = {0, f->pass->out_c};
    float *patch = task_scratch(f->pass, patch_floats(f->pass));
    if (patch == NULL) return;
    store_tile(f->pass, &at, &all, f->products + t * f->pass->out_c, f->step, patch);
}

/* Whether two thirds of a panel's work space, or more, stay in the core's cache until the products
 * are transformed back: those of all panels would go further. The mask of a tile that reaches
 * beyond the image is made for all channels at once. */
static int takes_whole_panels(const struct pass *p) {
    const int m = p->tiles->m, reaches_out = p->out_h % m != 0 || p->out_w % m != 0;
    const int64_t bytes = whole_panel_floats(p) * (int64_t)sizeof(float);
    return 2 * bytes <= 3 * fernet_l2_bytes() && (p->relu_x == NULL || !reaches_out);
}

static void whole_panel_task(void *context, int64_t panel) {
    const struct few_tiles *f = context;
    struct pass *p = f->pass;
    float *scratch = task_scratch(p, whole_panel_floats(p) + patch_floats(p));
    if (scratch == NULL) return;
    run_whole_panel(p, f->weights, panel, f->v, scratch);
}

int FERNET_FN(winograd_run_few_tiles)(struct pass *p, const struct weights *w) {
    struct few_tiles f = {.pass = p, .weights = w};
    const int64_t n_panels = ceil_div(p->out_c, GEMM_COLS);
    const int in_cache = takes_whole_panels(p);
    if (!in_cache) f.step = p->n_tiles * p->out_c + POINT_PADDING;
    f.v = fernet_scratch(FERNET_SCRATCH_CALLER,
                         (size_t)(tiles_floats(p) + n_sums(p->tiles) * f.step) * sizeof(float));
    if (f.v == NULL) return -1;
    f.products = f.v + tiles_floats(p);
    fernet_parallel_for(p->n_tiles, load_task, &f);
    if (in_cache) {
        fernet_parallel_for(n_panels, whole_panel_task, &f);
    } else {
        fernet_parallel_for(n_panels, multiply_panel_task, &f);
        if (!atomic_load(&p->out_of_memory)) fernet_parallel_for(p->n_tiles, store_task, &f);
    }
    return atomic_load(&p->out_of_memory) ? -1 : 0;
}

/* -- small work ---------------------------------------------------------------------------- */

/* What threads hand over to each other would take longer than to transform it twice, so each task
 * transforms all weights, or all tiles, for itself. There are as many tasks as threads. */
struct small {
    struct pass *pass;
    const struct weights *weights;
    int64_t n_tasks;
};

/* All weights, and a share of the tiles. */
static void tiles_task(void *context, int64_t index) {
    const struct small *s = context;
    struct pass *p = s->pass;
    const int64_t u_floats = p->u == NULL ? FERNET_FN(winograd_weight_floats)(p) : 0;
    float *u = task_scratch(p, u_floats + FERNET_FN(winograd_block_floats)(p));
    if (u == NULL) return;
    const float *ready = p->u != NULL ? p->u : u;
    float *scratch = u + u_floats;
    for (int64_t j = 0; p->u == NULL && j < p->out_c; j += GEMM_COLS)
        transform_panel(s->weights, u + j * p->in_c, p->u_step, j / GEMM_COLS, 0, p->in_c);
    const int64_t end = (index + 1) * p->n_tiles / s->n_tasks;
    for (int64_t t = index * p->n_tiles / s->n_tasks; t < end; t += p->block)
        FERNET_FN(winograd_transform_block)(p, ready, scratch, t, min64(p->block, end - t));
}

/* All tiles, and a share of the panels of output channels, from transform to transform. */
static void panels_task(void *context, int64_t index) {
    const struct small *s = context;
    struct pass *p = s->pass;
    const int64_t v_floats = tiles_floats(p);
    const int64_t n_panels = ceil_div(p->out_c, GEMM_COLS);
    float *v = task_scratch(p, v_floats + whole_panel_floats(p) + patch_floats(p) + p->in_c);
    if (v == NULL) return;
    float *scratch = v + v_floats, *zeros = scratch + whole_panel_floats(p) + patch_floats(p);
    memset(zeros, 0, (size_t)p->in_c * sizeof *zeros);
    for (int64_t t = 0; t < p->n_tiles; t++) load_tile_of(p, t, zeros, v);
    const int64_t end = (index + 1) * n_panels / s->n_tasks;
    for (int64_t panel = index * n_panels / s->n_tasks; panel < end; panel++)
        run_whole_panel(p, s->weights, panel, v, scratch);
}

int FERNET_FN(winograd_run_small)(struct pass *p, const struct weights *w) {
    const int by_panels = has_few_tiles(p);
    struct small s = {p, w, fernet_get_num_threads()};
    if (by_panels) s.n_tasks = min64(s.n_tasks, ceil_div(p->out_c, GEMM_COLS));
    if (by_panels)
        fernet_parallel_for(s.n_tasks, panels_task, &s);
    else
        fernet_parallel_for(s.n_tasks, tiles_task, &s);
    return atomic_load(&p->out_of_memory) ? -1 : 0;
}
