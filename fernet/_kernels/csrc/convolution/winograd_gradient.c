/* The gradient to the weights of 3x3 convolutions of stride 1, by Winograd: see winograd.c. */
#include "convolution/winograd_gradient.h"
#include "convolution/winograd.h"
#include "core/threads.h"
#include "gemm/tile.h"

enum {
    GRADIENT_BLOCK_BYTES = 512 * 1024, /* of a block's transformed tiles, but at least as much as
                                          its sums, which are read and written once a block */
    MAX_PARTIALS = 8,                  /* partial sums: a power of two, so that two, four or eight
                                          threads share them evenly */
    PARTIALS_BYTES = 10 * 1024 * 1024, /* of all of them */
    SUM_COST = 150,                    /* tiles that the sums of a weight cost, at each point */
    FEW_TILES = 8,                     /* few: tiles that a task loads, */
    FEW_ROWS = 32,                     /* and weights that one sums: rows, whole panels of VL, */
    LEAST_ROWS = 16,                   /* and the least for many threads, */
    FEW_COLS = 64 / GEMM_COLS * GEMM_COLS, /* and columns, whole panels of GEMM_COLS */
    PARTIAL_COLS = 128                     /* output channels a task */
};
_Static_assert(FEW_ROWS % VL == 0 && LEAST_ROWS % VL == 0 && FEW_COLS % GEMM_COLS == 0,
               "a task begins with a panel");

/* The work space of a task: transformed tiles of x and of dy, and a copied square of one. */
struct gradient_block {
    float *v, *dm, *patch, *sums, *zeros;
    int64_t v_step, dm_step;
};

static int allocate(struct weight_gradient *g, struct gradient_block *b) {
    struct pass *p = &g->pass;
    const int points = n_points(p->tiles), m = p->tiles->m;
    const int64_t columns = round_up(min64(PARTIAL_COLS, p->out_c), GEMM_COLS);
    b->v_step = g->block * round_up(p->in_c, VL) + POINT_PADDING;
    b->dm_step = g->block * columns + POINT_PADDING;
    const int64_t tiles = max64(points * (b->v_step + b->dm_step),
                                g->input ? FERNET_FN(winograd_block_floats)(g->input) : 0);
    const int64_t size = tiles + m * m * p->out_c + p->in_c + columns;
    b->v = task_scratch(p, size);
    if (b->v == NULL) return -1;
    b->dm = b->v + points * b->v_step;
    b->sums = b->v + tiles;
    b->zeros = b->sums + columns;
    b->patch = b->zeros + p->in_c;
    memset(b->zeros, 0, (size_t)p->in_c * sizeof *b->zeros);
    return 0;
}

/* Transform `columns` channels of dy from `column` on, of n_tiles tiles, to b->dm; b->sums += them.
 */
static void load_output_gradients(const struct weight_gradient *g, const struct gradient_block *b,
                                  int64_t first, int64_t n_tiles, int64_t column, int64_t columns) {
    const struct pass *p = &g->pass;
    const int m = p->tiles->m;
    for (int64_t t = 0; t < n_tiles; t++) {
        const struct corner at = tile_corner(p, first + t);
        const struct square dy =
            find_square(g->dy + at.image * p->out_h * p->out_w * p->out_c, p->out_h, p->out_w,
                        p->out_c, at.i, at.j, m, column, columns, b->patch);
        p->tiles->load_output_gradient(b->dm + t * GEMM_COLS, b->dm_step, g->block * GEMM_COLS,
                                       dy.first, dy.row, dy.pixel, columns, b->sums);
    }
}

static void load_gradient_block(const struct weight_gradient *g, const struct gradient_block *b,
                                int64_t first, int64_t n_tiles, int64_t column, int64_t columns) {
    const struct pass *p = &g->pass;
    for (int64_t t = 0; t < n_tiles; t++) {
        const struct corner at = tile_corner(p, first + t);
        load_tile(p, &at, b->zeros, b->v + t * VL, b->v_step, g->block * VL);
    }
    load_output_gradients(g, b, first, n_tiles, column, columns);
}

/* The gradient to the input of the blocks from *done on that end by `end`, or all by the last. What
 * the gradient to the weights has just read of x and dy is in the cache; its tiles it needs no
 * more. */
static void fuse_input_gradient(const struct weight_gradient *g, const struct gradient_block *b,
                                int64_t *done, int64_t end, int is_last) {
    const int64_t block = g->input->block;
    while (*done + block <= end || (is_last && *done < end)) {
        const int64_t n_tiles = min64(block, end - *done);
        FERNET_FN(winograd_transform_block)(g->input, g->input->u, b->v, *done, n_tiles);
        *done += n_tiles;
    }
}

/* What the next block reads, unless the gradient to the input asks for it: that comes between. */
static struct ahead ahead_of_block(const struct weight_gradient *g, int64_t first, int64_t n_tiles,
                                   int64_t columns) {
    const struct pass *p = &g->pass;
    struct ahead a = {.n_times = n_points(p->tiles) * ceil_div(columns, GEMM_COLS) *
                                 ceil_div(p->in_c, GEMM_COLUMN_ROWS)};
    if (g->input) return a;
    const int64_t in = p->n * p->in_h * p->in_w * p->in_c, end = first + n_tiles;
    const int64_t out = p->n * p->out_h * p->out_w * p->out_c;
    ahead_add(&a, p, p->in, in, first, end, 0);
    ahead_add(&a, p, g->dy, out, first, end, 0);
    return a;
}

static void weight_gradient_task(void *context, int64_t index) {
    struct weight_gradient *g = context;
    struct pass *p = &g->pass;
    struct gradient_block b;
    if (allocate(g, &b) != 0) return;
    const int64_t partial = index / g->n_column_blocks;
    const int64_t column = index % g->n_column_blocks * PARTIAL_COLS;
    const int64_t columns = min64(PARTIAL_COLS, p->out_c - column);
    const int64_t first = partial * p->n_tiles / g->n_partials;
    const int64_t end = (partial + 1) * p->n_tiles / g->n_partials;
    float *du = g->partials + partial * g->partial_size + column,
          *sums = g->sums + partial * p->out_c + column;
    int64_t done = first;
    memset(sums, 0, (size_t)columns * sizeof *sums);
    for (int64_t t = first; t < end; t += g->block) {
        const int64_t n_tiles = min64(g->block, end - t);
        memset(b.sums, 0, (size_t)columns * sizeof *b.sums);
        load_gradient_block(g, &b, t, n_tiles, column, columns);
        for (int64_t k = 0; k < columns; k++) sums[k] += b.sums[k];
        struct ahead ahead = ahead_of_block(g, t + g->block, n_tiles, columns);
        for (int k = 0; k < n_points(p->tiles); k++)
            multiply_point_gradient(du + k * p->in_c * p->out_c, p->out_c, b.v + k * b.v_step,
                                    p->in_c, b.dm + k * b.dm_step, columns, g->block, n_tiles,
                                    t > first ? GEMM_ADD : GEMM_OVERWRITE, &ahead);
        if (g->input) fuse_input_gradient(g, &b, &done, t + n_tiles, t + n_tiles == end);
    }
}

/* dweight for one input channel: partials added in order, then transformed back. */
static void finish_weight_gradient(void *context, int64_t c) {
    const struct weight_gradient *g = context;
    const struct pass *p = &g->pass;
    const int64_t point = p->in_c * p->out_c;
    for (int64_t partial = 1; partial < g->n_partials; partial++)
        for (int k = 0; k < n_points(p->tiles); k++) {
            float *sum = g->partials + k * point + c * p->out_c;
            const float *term = sum + partial * g->partial_size;
            for (int64_t j = 0; j < p->out_c; j++) sum[j] += term[j];
        }
    p->tiles->store_weight_gradient(g->dweight + c * p->out_c, point, g->partials + c * p->out_c,
                                    point, (int)p->out_c);
}

/* dbias: the sums of n groups of tiles, in order. */
static void add_sums(const struct weight_gradient *g, int64_t n) {
    const int64_t oc = g->pass.out_c;
    for (int64_t j = 0; g->dbias != NULL && j < oc; j++) {
        g->dbias[j] = g->sums[j];
        for (int64_t i = 1; i < n; i++) g->dbias[j] += g->sums[i * oc + j];
    }
}

/* How many partial sums, and tiles a block. */
static void plan_partials(struct weight_gradient *g) {
    const struct pass *p = &g->pass;
    const int64_t columns = min64(p->out_c, PARTIAL_COLS);
    const int64_t sums_bytes = n_points(p->tiles) * p->in_c * columns * (int64_t)sizeof(float);
    g->block = block_of(n_points(p->tiles) * (p->in_c + columns),
                        max64(GRADIENT_BLOCK_BYTES, sums_bytes), 8);
    g->partial_size = n_points(p->tiles) * p->in_c * p->out_c;
    g->n_partials = MAX_PARTIALS;
    while (g->n_partials > 2 &&
           g->n_partials * g->partial_size * (int64_t)sizeof(float) > PARTIALS_BYTES)
        g->n_partials /= 2;
    g->n_partials = min64(g->n_partials, max64(1, p->n_tiles));
    g->n_column_blocks = ceil_div(p->out_c, PARTIAL_COLS);
}

static int has_more_threads_than_tasks(const struct weight_gradient *g) {
    return g->input == NULL && g->pass.n_tiles > 0 &&
           g->n_partials * g->n_column_blocks < fernet_get_num_threads();
}

/* `weight` for the gradient to the input, if that is to be computed as well. */
static int run_partials(struct weight_gradient *g, const float *weight) {
    struct pass *p = &g->pass;
    const int is_shared = has_more_threads_than_tasks(g);
    const int64_t own = g->n_partials * (g->partial_size + p->out_c);
    const int64_t rest = g->input    ? FERNET_FN(winograd_weight_floats)(g->input)
                         : is_shared ? FERNET_FN(winograd_shared_gradient_floats)(g)
                                     : 0;
    g->partials = fernet_scratch(FERNET_SCRATCH_CALLER, (size_t)(own + rest) * sizeof(float));
    if (g->partials == NULL) return -1;
    g->sums = g->partials + g->n_partials * g->partial_size;
    if (g->input) FERNET_FN(winograd_transform_weights)(g->input, g->partials + own, weight, 1);
    if (p->n_tiles == 0)
        memset(g->partials, 0, (size_t)own * sizeof(float));
    else if (is_shared)
        FERNET_FN(winograd_share_gradient)(g, g->partials + own);
    else
        fernet_parallel_for(g->n_partials * g->n_column_blocks, weight_gradient_task, g);
    if (atomic_load(&p->out_of_memory)) return -1;
    fernet_parallel_for(p->in_c, finish_weight_gradient, g);
    add_sums(g, g->n_partials);
    return 0;
}

/* -- the same for few tiles ---------------------------------------------------------------- */

/* Where sums take more memory than tiles, tiles are what all threads share, and a task sums one
 * block of weights over all of them at all points, and transforms it back: sums never leave its
 * cache. */
static int are_few(const struct pass *p) {
    return p->n_tiles > 0 && p->n_tiles * (p->in_c + p->out_c) < 2 * p->in_c * p->out_c;
}

struct few_tiles {
    struct weight_gradient *gradient;
    struct gradient_block all; /* v and dm of all tiles */
    int64_t n_groups;          /* of tiles */
    int64_t rows, columns;     /* of the weights that a task sums */
};

static void load_few_x(const struct few_tiles *f, int64_t first, int64_t n_tiles) {
    struct pass *p = &f->gradient->pass;
    float *zeros = task_scratch(p, p->in_c);
    if (zeros == NULL) return;
    memset(zeros, 0, (size_t)p->in_c * sizeof *zeros);
    for (int64_t t = first; t < first + n_tiles; t++) {
        const struct corner at = tile_corner(p, t);
        load_tile(p, &at, zeros, f->all.v + t * VL, f->all.v_step, f->gradient->block * VL);
    }
}

/* Some channels of dy, and their sums over the group. */
static void load_few_dy(const struct few_tiles *f, int64_t group, int64_t n_tiles, int64_t j) {
    struct weight_gradient *g = f->gradient;
    struct pass *p = &g->pass;
    const int64_t first = group * FEW_TILES, columns = min64(FEW_COLS, p->out_c - j);
    struct gradient_block b = f->all;
    b.patch = task_scratch(p, p->tiles->m * p->tiles->m * p->out_c);
    if (b.patch == NULL) return;
    b.sums = g->sums + group * p->out_c + j;
    memset(b.sums, 0, (size_t)columns * sizeof *b.sums);
    b.dm += first * GEMM_COLS + j * g->block;
    load_output_gradients(g, &b, first, n_tiles, j, columns);
}

/* A group of tiles of x, or some channels of one of dy. */
static void load_few_task(void *context, int64_t index) {
    const struct few_tiles *f = context;
    const int64_t group = index % f->n_groups, piece = index / f->n_groups;
    const int64_t first = group * FEW_TILES;
    const int64_t n_tiles = min64(FEW_TILES, f->gradient->pass.n_tiles - first);
    if (piece == 0)
        load_few_x(f, first, n_tiles);
    else
        load_few_dy(f, group, n_tiles, (piece - 1) * FEW_COLS);
}

static void sum_few_task(void *context, int64_t index) {
    const struct few_tiles *f = context;
    struct weight_gradient *g = f->gradient;
    struct pass *p = &g->pass;
    const int64_t column_blocks = ceil_div(p->out_c, f->columns);
    const int64_t c = index / column_blocks * f->rows, n_rows = min64(f->rows, p->in_c - c);
    const int64_t j = index % column_blocks * f->columns, columns = min64(f->columns, p->out_c - j);
    const int64_t step = f->rows * f->columns + POINT_PADDING;
    float *du = task_scratch(p, n_points(p->tiles) * step);
    if (du == NULL) return;
    for (int k = 0; k < n_points(p->tiles); k++) {
        const float *v = f->all.v + k * f->all.v_step + c * g->block;
        const float *dm = f->all.dm + k * f->all.dm_step + j * g->block;
        for (int64_t t = 0; t < p->n_tiles; t += LONGEST_SUM)
            multiply_point_gradient(du + k * step, f->columns, v + t * VL, n_rows,
                                    dm + t * GEMM_COLS, columns, g->block,
                                    min64(LONGEST_SUM, p->n_tiles - t),
                                    t > 0 ? GEMM_ADD : GEMM_OVERWRITE, NULL);
    }
    for (int64_t i = 0; i < n_rows; i++)
        p->tiles->store_weight_gradient(g->dweight + (c + i) * p->out_c + j, p->in_c * p->out_c,
                                        du + i * f->columns, step, (int)columns);
}

static int64_t few_tasks(const struct few_tiles *f) {
    const struct pass *p = &f->gradient->pass;
    return ceil_div(p->in_c, f->rows) * ceil_div(p->out_c, f->columns);
}

/* As much as fits a cache, or less for many threads: two tasks each. */
static void choose_few_sums(struct few_tiles *f) {
    const int64_t wanted = 2 * (int64_t)fernet_get_num_threads();
    f->rows = FEW_ROWS, f->columns = FEW_COLS;
    if (few_tasks(f) < wanted) f->rows = LEAST_ROWS;
    if (few_tasks(f) < wanted) f->columns = GEMM_COLS;
}

static int run_few_tiles(struct weight_gradient *g) {
    struct pass *p = &g->pass;
    const int64_t points = n_points(p->tiles);
    g->block = p->n_tiles;
    struct few_tiles f = {
        .gradient = g,
        .all = {.v_step = g->block * round_up(p->in_c, VL) + POINT_PADDING,
                .dm_step = g->block * round_up(p->out_c, GEMM_COLS) + POINT_PADDING},
        .n_groups = ceil_div(p->n_tiles, FEW_TILES)};
    const int64_t size = points * (f.all.v_step + f.all.dm_step) + f.n_groups * p->out_c;
    f.all.v = fernet_scratch(FERNET_SCRATCH_CALLER, (size_t)size * sizeof(float));
    if (f.all.v == NULL) return -1;
    f.all.dm = f.all.v + points * f.all.v_step;
    g->sums = f.all.dm + points * f.all.dm_step;
    choose_few_sums(&f);
    fernet_parallel_for(f.n_groups * (1 + ceil_div(p->out_c, FEW_COLS)), load_few_task, &f);
    if (!atomic_load(&p->out_of_memory)) fernet_parallel_for(few_tasks(&f), sum_few_task, &f);
    add_sums(g, f.n_groups);
    return atomic_load(&p->out_of_memory) ? -1 : 0;
}

/* -- the passes ---------------------------------------------------------------------------- */

static struct weight_gradient describe(float *dweight, float *dbias, const float *x,
                                       const float *dy, const struct fernet_conv2d *s) {
    struct weight_gradient g = {.pass = {.n = s->n,
                                         .in_h = s->h,
                                         .in_w = s->w,
                                         .in_c = s->c,
                                         .out_h = s->oh,
                                         .out_w = s->ow,
                                         .out_c = s->oc,
                                         .pad_h = s->pad_h,
                                         .pad_w = s->pad_w,
                                         .in = x},
                                .dy = dy,
                                .dweight = dweight,
                                .dbias = dbias};
    set_tiles(&g.pass, choose_tiles(1, s->n, s->oh, s->ow, WEIGHT_COST));
    if (are_few(&g.pass)) return g;
    set_tiles(&g.pass, choose_tiles(1, s->n, s->oh, s->ow, SUM_COST));
    plan_partials(&g);
    return g;
}

int FERNET_FN(winograd_backward_params)(float *dweight, float *dbias, const float *x,
                                        const float *dy, const struct fernet_conv2d *s) {
    struct weight_gradient g = describe(dweight, dbias, x, dy, s);
    return are_few(&g.pass) ? run_few_tiles(&g) : run_partials(&g, NULL);
}

/* Whether the tasks of the gradient to the weights can take those of the gradient to the input
 * along: they work on the same tiles, once, and there is one for each thread. */
static int can_fuse(const struct weight_gradient *g, const struct pass *input) {
    const struct pass *p = &g->pass;
    if (p->n_tiles == 0 || are_few(p) || has_few_tiles(input)) return 0;
    return input->tiles == p->tiles && input->tiles_h == p->tiles_h &&
           input->tiles_w == p->tiles_w && g->n_column_blocks == 1 &&
           g->n_partials >= fernet_get_num_threads();
}

int FERNET_FN(winograd_backward)(float *dx, float *dweight, float *dbias, const float *x,
                                 const float *dy, const float *weight, const float *relu_x,
                                 const struct fernet_conv2d *s) {
    struct weight_gradient g = describe(dweight, dbias, x, dy, s);
    struct pass input = FERNET_FN(winograd_input_pass)(dx, dy, relu_x, s);
    if (can_fuse(&g, &input)) {
        g.input = &input;
        input.ahead = g.block, input.beside = x;
        return run_partials(&g, weight);
    }
    if ((are_few(&g.pass) ? run_few_tiles(&g) : run_partials(&g, NULL)) != 0) return -1;
    return FERNET_FN(winograd_run)(&input, weight, 1);
}
