/* The gradient to the weights by Winograd for more threads than there are partial sums: see
 * winograd_gradient.c.
 *
 * There each task transforms the tiles of its partial sum and multiplies them. Here all threads
 * transform the tiles of some blocks of all partial sums into memory that they share, then multiply
 * them, point by point and some rows of the weights at a time; and so on with the next blocks. Each
 * element is the same chain of additions. */
#include <stddef.h>

#include "convolution/winograd_gradient.h"
#include "core/threads.h"

enum {
    SHARED_BYTES = 16 * 1024 * 1024, /* of transformed tiles at a time */
    LOAD_TILES = 8,                  /* tiles of x that a task loads, */
    /* channels of dy: a cache line, if that is a part of a panel, or whole panels, */
    LOAD_COLS = GEMM_COLS % 16 == 0 || 16 % GEMM_COLS == 0 ? 16 : GEMM_COLS,
    TASK_ROWS = 64,                         /* rows of the weights that one sums, */
    TASK_COLS = 128 / GEMM_COLS * GEMM_COLS /* and columns */
};
_Static_assert(TASK_ROWS % VL == 0, "a task begins with a panel");
_Static_assert(LOAD_COLS % VL == 0 && (GEMM_COLS % LOAD_COLS == 0 || LOAD_COLS % GEMM_COLS == 0),
               "a task's channels lie in one panel, or begin with one");

/* A round: some blocks of each partial sum. */
struct shared {
    struct weight_gradient *g;
    float *tiles;                          /* [partial][block of the round]: v, then dm */
    float *block_sums;                     /* [partial][block of the round][OC]: of dy */
    int64_t v_step, dm_step, block_floats; /* of a block: between points, and in all */
    int64_t rounds_blocks;                 /* of a round, of each partial sum */
    int64_t first;                         /* of them: its number in each partial sum */
    int64_t x_pieces, dy_pieces, row_pieces, column_pieces; /* tasks of a block, or of a point */
};

/* A block of a partial sum: its tiles, and where they lie transformed. */
struct shared_block {
    int64_t first, n_tiles;
    float *v, *dm, *sums;
};

static int64_t first_tile(const struct weight_gradient *g, int64_t partial) {
    return partial * g->pass.n_tiles / g->n_partials;
}

static struct shared_block find_block(const struct shared *s, int64_t partial, int64_t in_round) {
    const struct weight_gradient *g = s->g;
    const int64_t index = partial * s->rounds_blocks + in_round;
    const int64_t first = first_tile(g, partial) + (s->first + in_round) * g->block;
    float *v = s->tiles + index * s->block_floats;
    return (struct shared_block){.first = first,
                                 .n_tiles =
                                     max64(0, min64(g->block, first_tile(g, partial + 1) - first)),
                                 .v = v,
                                 .dm = v + n_points(g->pass.tiles) * s->v_step,
                                 .sums = s->block_sums + index * g->pass.out_c};
}

/* -- transforms ---------------------------------------------------------------------------- */

/* Some tiles of x. */
static void load_x(const struct shared *s, const struct shared_block *b, int64_t piece) {
    struct pass *p = &s->g->pass;
    const int64_t end = min64(b->n_tiles, (piece + 1) * LOAD_TILES);
    float *zeros = task_scratch(p, p->in_c);
    if (zeros == NULL) return;
    memset(zeros, 0, (size_t)p->in_c * sizeof *zeros);
    for (int64_t t = piece * LOAD_TILES; t < end; t++) {
        const struct corner at = tile_corner(p, b->first + t);
        load_tile(p, &at, zeros, b->v + t * VL, s->v_step, s->g->block * VL);
    }
}

/* Some channels of dy, and their sums over the block. */
static void load_dy(const struct shared *s, const struct shared_block *b, int64_t piece) {
    struct weight_gradient *g = s->g;
    struct pass *p = &g->pass;
    const int m = p->tiles->m;
    const int64_t j = piece * LOAD_COLS, columns = min64(LOAD_COLS, p->out_c - j);
    float *dm = b->dm + j / GEMM_COLS * GEMM_COLS * g->block + j % GEMM_COLS;
    float *patch = task_scratch(p, m * m * columns);
    if (patch == NULL) return;
    memset(b->sums + j, 0, (size_t)columns * sizeof *b->sums);
    for (int64_t t = 0; t < b->n_tiles; t++) {
        const struct corner at = tile_corner(p, b->first + t);
        const struct square dy =
            find_square(g->dy + at.image * p->out_h * p->out_w * p->out_c, p->out_h, p->out_w,
                        p->out_c, at.i, at.j, m, j, columns, patch);
        p->tiles->load_output_gradient(dm + t * GEMM_COLS, s->dm_step, g->block * GEMM_COLS,
                                       dy.first, dy.row, dy.pixel, columns, b->sums + j);
    }
}

static void load_task(void *context, int64_t index) {
    const struct shared *s = context;
    const int64_t pieces = s->x_pieces + s->dy_pieces, block = index / pieces;
    const int64_t piece = index % pieces;
    const struct shared_block b = find_block(s, block / s->rounds_blocks, block % s->rounds_blocks);
    if (piece < s->dy_pieces)
        load_dy(s, &b, piece);
    else
        load_x(s, &b, piece - s->dy_pieces);
}

/* The sums of the round's blocks, in order. */
static void add_block_sums(const struct shared *s) {
    const struct weight_gradient *g = s->g;
    const int64_t oc = g->pass.out_c;
    for (int64_t partial = 0; partial < g->n_partials; partial++)
        for (int64_t block = 0; block < s->rounds_blocks; block++) {
            const struct shared_block b = find_block(s, partial, block);
            float *sums = g->sums + partial * oc;
            if (b.n_tiles == 0) continue;
            for (int64_t k = 0; k < oc; k++)
                sums[k] = (s->first + block > 0 ? sums[k] : 0.0f) + b.sums[k];
        }
}

/* -- products ------------------------------------------------------------------------------ */

/* Some of the weights at one point of a partial sum: all blocks of the round, in order. */
static void multiply_task(void *context, int64_t index) {
    const struct shared *s = context;
    const struct weight_gradient *g = s->g;
    const struct pass *p = &g->pass;
    const int64_t j = index % s->column_pieces * TASK_COLS, of_rows = index / s->column_pieces;
    const int64_t i = of_rows % s->row_pieces * TASK_ROWS, of_point = of_rows / s->row_pieces;
    const int64_t k = of_point % n_points(p->tiles), partial = of_point / n_points(p->tiles);
    float *du = g->partials + partial * g->partial_size + (k * p->in_c + i) * p->out_c + j;
    for (int64_t block = 0; block < s->rounds_blocks; block++) {
        const struct shared_block b = find_block(s, partial, block);
        if (b.n_tiles == 0) break;
        multiply_point_gradient(du, p->out_c, b.v + k * s->v_step + i * g->block,
                                min64(TASK_ROWS, p->in_c - i), b.dm + k * s->dm_step + j * g->block,
                                min64(TASK_COLS, p->out_c - j), g->block, b.n_tiles,
                                s->first + block > 0 ? GEMM_ADD : GEMM_OVERWRITE, NULL);
    }
}

/* -- all of it ----------------------------------------------------------------------------- */

static int64_t most_blocks(const struct weight_gradient *g) {
    return ceil_div(ceil_div(g->pass.n_tiles, g->n_partials), g->block);
}

static struct shared describe(struct weight_gradient *g) {
    const struct pass *p = &g->pass;
    struct shared s = {.g = g,
                       .v_step = g->block * round_up(p->in_c, VL) + POINT_PADDING,
                       .dm_step = g->block * round_up(p->out_c, GEMM_COLS) + POINT_PADDING,
                       .x_pieces = ceil_div(g->block, LOAD_TILES),
                       .dy_pieces = ceil_div(p->out_c, LOAD_COLS),
                       .row_pieces = ceil_div(p->in_c, TASK_ROWS),
                       .column_pieces = ceil_div(p->out_c, TASK_COLS)};
    s.block_floats = n_points(p->tiles) * (s.v_step + s.dm_step);
    const int64_t bytes = g->n_partials * s.block_floats * (int64_t)sizeof(float);
    const int64_t fitting = max64(1, SHARED_BYTES / bytes), n_blocks = most_blocks(g);
    s.rounds_blocks = ceil_div(n_blocks, ceil_div(n_blocks, min64(fitting, n_blocks)));
    return s;
}

int64_t FERNET_FN(winograd_shared_gradient_floats)(struct weight_gradient *g) {
    const struct shared s = describe(g);
    return g->n_partials * s.rounds_blocks * (s.block_floats + g->pass.out_c);
}

void FERNET_FN(winograd_share_gradient)(struct weight_gradient *g, float *memory) {
    struct shared s = describe(g);
    const struct pass *p = &g->pass;
    const int64_t blocks = g->n_partials * s.rounds_blocks;
    s.tiles = memory;
    s.block_sums = memory + blocks * s.block_floats;
    for (; s.first < most_blocks(g); s.first += s.rounds_blocks) {
        fernet_parallel_for(blocks * (s.x_pieces + s.dy_pieces), load_task, &s);
        if (atomic_load(&p->out_of_memory)) return;
        add_block_sums(&s);
        fernet_parallel_for(g->n_partials * n_points(p->tiles) * s.row_pieces * s.column_pieces,
                            multiply_task, &s);
    }
}
