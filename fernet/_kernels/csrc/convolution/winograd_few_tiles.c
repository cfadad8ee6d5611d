/* Winograd's passes from tiles to tiles where there is little to do, as for single images:
 * winograd.c chooses them. Chains of additions, and so bits, are those of the usual blocks. */
#include "convolution/winograd_products.h"
#include "convolution/winograd_weights.h"
#include "core/threads.h"

/* -- few tiles ----------------------------------------------------------------------------- */

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

int FERNET_FN(winograd_run_few_tiles)(struct pass *p, const struct weights *w) {
    struct few_tiles f = {.pass = p,
                          .weights = w,
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
    const int64_t u_floats = FERNET_FN(winograd_weight_floats)(p);
    float *u = task_scratch(p, u_floats + FERNET_FN(winograd_block_floats)(p));
    if (u == NULL) return;
    for (int64_t j = 0; j < p->out_c; j += GEMM_COLS)
        transform_panel(s->weights, u + j * p->in_c, p->u_step, j / GEMM_COLS, 0, p->in_c);
    const int64_t end = (index + 1) * p->n_tiles / s->n_tasks;
    for (int64_t t = index * p->n_tiles / s->n_tasks; t < end; t += p->block)
        FERNET_FN(winograd_transform_block)(p, u, u + u_floats, t, min64(p->block, end - t));
}

/* All tiles, and a share of the panels of output channels, from transform to transform. */
static void panels_task(void *context, int64_t index) {
    const struct small *s = context;
    struct pass *p = s->pass;
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
    const int64_t end = (index + 1) * n_panels / s->n_tasks;
    for (int64_t panel = index * n_panels / s->n_tasks; panel < end; panel++) {
        const struct channels of = {panel * GEMM_COLS,
                                    min64(GEMM_COLS, p->out_c - panel * GEMM_COLS)};
        transform_panel(s->weights, u, u_step, panel, 0, p->in_c);
        for (int k = 0; k < points; k++)
            multiply_panel(p, products + k * step, GEMM_COLS, v + k * v_step, u + k * u_step, NULL,
                           p->n_tiles, (int)of.n);
        for (int64_t t = 0; t < p->n_tiles; t++) {
            const struct corner at = tile_corner(p, t);
            store_tile(p, &at, &of, products + t * GEMM_COLS, step, patch);
        }
    }
}

int FERNET_FN(winograd_run_small)(struct pass *p, const struct weights *w) {
    const int by_panels = has_few_tiles(p);
    struct small s = {p, w, fernet_get_num_threads()};
    p->u_step = weight_step(p);
    if (by_panels) s.n_tasks = min64(s.n_tasks, ceil_div(p->out_c, GEMM_COLS));
    fernet_parallel_for(s.n_tasks, by_panels ? panels_task : tiles_task, &s);
    return atomic_load(&p->out_of_memory) ? -1 : 0;
}
