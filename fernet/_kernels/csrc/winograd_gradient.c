/* The gradient to the weights of 3x3 convolutions of stride 1, by Winograd: see winograd.c. */
#include "gemm_tile.h"
#include "pool.h"
#include "winograd.h"
#include "winograd_pass.h"

enum {
    GRADIENT_BLOCK_BYTES = 512 * 1024, /* of a block's transformed tiles, but at least as much as
                                          its sums, which are read and written once a block */
    MAX_SLOTS = 8,                     /* partial sums: a power of two, so that two, four or eight
                                          threads share them evenly */
    SLOTS_BYTES = 10 * 1024 * 1024,    /* of all of them */
    SUM_COST = 150,                    /* tiles that the sums of a weight cost, at each point */
    SLOT_COLS = 128                    /* output channels a task: a multiple of 32 */
};

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
                                    int64_t n_tiles, enum gemm_c into) {
    for (int64_t j = 0; j < n_columns; j += GEMM_COLS) {
        struct gemm_tile tile = {.k = n_tiles,
                                 .a_k = VL,
                                 .b = dm + j * block,
                                 .next_b = dm + (j + GEMM_COLS) * block,
                                 .c_row = p->out_c,
                                 .cols = (int)min64(GEMM_COLS, n_columns - j),
                                 .into = into};
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
                                    b.dm + k * b.dm_step, g->block, columns, n_tiles,
                                    t > first ? GEMM_ADD : GEMM_OVERWRITE);
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
    set_tiles(p, choose_tiles(s->n, s->oh, s->ow, SUM_COST));
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
