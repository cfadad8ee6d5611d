/* C = A B: see gemm.h for the contract and tile.h for the inner loop.
 *
 * Blocks as in Goto & van de Geijn, "Anatomy of high-performance matrix multiplication" (2008):
 * a panel of B (depth x GEMM_COLS) is passed over by all rows of the block while it is near; the
 * block's rows of A stay in the second-level cache. A is read where it lies when its rows
 * are contiguous, and packed when its columns are (the gradient to the weights). B is always
 * packed: when one block of rows uses it, panel by panel by the task that does, on the way of the
 * first tile if that is a whole one; else before, by all. */
#include "gemm/gemm.h"

#include <stdatomic.h>
#include <stddef.h>

#include "core/sizes.h"
#include "core/threads.h"
#include "gemm/pack.h"
#include "gemm/tile.h"

enum {
    MAX_DEPTH = 640, /* terms between two loads of C */
    BLOCK_ROWS = 192,
    MAX_BLOCK_COLS = 192
};
_Static_assert(BLOCK_ROWS % GEMM_ROWS == 0 && MAX_BLOCK_COLS % GEMM_COLS == 0,
               "blocks of whole tiles");

struct blocks {
    const struct gemm *g;
    int64_t depth;                  /* of all blocks over k but perhaps the last */
    int64_t block_rows, block_cols; /* of all blocks but perhaps the last */
    int64_t n_block_cols;
    float *packed_b; /* whole B, or NULL when tasks pack their own */
    atomic_int out_of_memory;
};

/* Even cuts of k into as few blocks as MAX_DEPTH allows. Depends on k alone: see gemm.h on bits. */
static int64_t gemm_depth(int64_t k) { return k == 0 ? 1 : ceil_div(k, ceil_div(k, MAX_DEPTH)); }

static void pack_b_task(void *context, int64_t panel) {
    struct blocks *blocks = context;
    const struct gemm *g = blocks->g;
    const int64_t j0 = panel * GEMM_COLS;
    const int cols = (int)min64(GEMM_COLS, g->n - j0);
    pack_b_panel(blocks->packed_b + j0 * g->k, g, 0, g->k, j0, cols);
}

/* -- one block of C ------------------------------------------------------------------------ */

/* The operands of one block: rows i0.., columns j0.., terms k0... */
struct block {
    int64_t i0, rows, j0, cols, k0, depth;
    const float *packed_a; /* or NULL: A where it lies */
    float *own_panel;      /* where a panel of B is packed, or NULL: B is packed already */
};

/* Ask for the rows of B that the next panel will pack, a share of them with each of this panel's
 * tiles, so that packing finds them in the cache. `i` are the rows before the tile. */
static void prefetch_next_panel(const struct gemm *g, const struct block *block, int64_t j,
                                int64_t i, int64_t rows) {
    int64_t k0 = block->k0, column = block->j0 + j + GEMM_COLS;
    if (j + GEMM_COLS >= block->cols) {
        column = block->j0;
        k0 += block->depth;
    }
    if (g->b_col != 1 || k0 >= g->k) return;
    const int64_t depth = min64(block->depth, g->k - k0);
    const int64_t first = depth * i / block->rows, end = depth * (i + rows) / block->rows;
    for (int64_t p = first; p < end; p++)
        __builtin_prefetch(g->b + (k0 + p) * g->b_k + column, 0, 2);
}

/* Rows of the tile that begins at row i: of a packed A, panel by panel; else as even as can be, as
 * a short one has too few accumulators to keep the multipliers busy. */
static int64_t tile_rows(const struct block *block, int64_t i) {
    const int64_t left = block->rows - i;
    if (block->packed_a != NULL) return min64(GEMM_ROWS, left);
    if (i == 0 && left >= 2 * GEMM_ROWS) return GEMM_ROWS; /* see packs_in_first_tile */
    return ceil_div(left, ceil_div(left, GEMM_ROWS));
}

static int packs_in_first_tile(const struct gemm *g, const struct block *block, int64_t cols) {
    return block->packed_a == NULL && g->b_col == 1 && cols == GEMM_COLS &&
           tile_rows(block, 0) == GEMM_ROWS;
}

/* `packing`: for the first tile to pack the panel on its way, or NULL. */
static void multiply_panel(const struct gemm *g, const struct block *block, const float *packed_b,
                           const struct gemm_packing *packing, int64_t j) {
    const int64_t column = block->j0 + j;
    float bias[GEMM_COLS];
    const int last = block->k0 + block->depth == g->k;
    struct gemm_tile tile = {
        .k = block->depth,
        .a_row = g->a_row,
        .b = packed_b,
        .c_row = g->n,
        .cols = (int)min64(GEMM_COLS, block->cols - j),
        .into = block->k0 > 0 ? GEMM_CONTINUE : GEMM_OVERWRITE,
        .relu = last && g->relu,
    };
    if (last && g->bias != NULL) {
        for (int v = 0; v < GEMM_COLS; v++) bias[v] = v < tile.cols ? g->bias[column + v] : 0.0f;
        tile.bias = bias;
    }
    for (int64_t i = 0, rows; i < block->rows; i += rows) {
        rows = tile_rows(block, i);
        tile.c = g->c + (block->i0 + i) * g->n + column;
        if (block->own_panel != NULL) prefetch_next_panel(g, block, j, i, rows);
        if (block->packed_a != NULL) {
            tile.a = block->packed_a + i * block->depth;
            gemm_tile_of_panel((int)rows, &tile);
            continue;
        }
        tile.a = g->a + (block->i0 + i) * g->a_row + block->k0;
        if (i == 0 && packing != NULL)
            gemm_tile_packing(&tile, packing);
        else
            gemm_tile_of_rows((int)rows, &tile);
    }
}

/* Pack a panel and multiply it. */
static void multiply_own_panel(const struct gemm *g, const struct block *block, int64_t j) {
    const int64_t cols = min64(GEMM_COLS, block->cols - j), column = block->j0 + j;
    const struct gemm_packing packing = {.b = g->b + block->k0 * g->b_k + column,
                                         .b_row = g->b_k,
                                         .packed = block->own_panel};
    const int by_first_tile = packs_in_first_tile(g, block, cols);
    if (!by_first_tile)
        pack_b_panel(block->own_panel, g, block->k0, block->depth, column, (int)cols);
    multiply_panel(g, block, block->own_panel, by_first_tile ? &packing : NULL, j);
}

/* All terms k0 .. k0+depth of one block. */
static void multiply_terms(const struct blocks *blocks, const struct block *block) {
    const struct gemm *g = blocks->g;
    for (int64_t j = 0; j < block->cols; j += GEMM_COLS)
        if (block->own_panel != NULL)
            multiply_own_panel(g, block, j);
        else
            multiply_panel(g, block,
                           blocks->packed_b + (block->j0 + j) * g->k + block->k0 * GEMM_COLS, NULL,
                           j);
}

static void multiply_block(void *context, int64_t index) {
    struct blocks *blocks = context;
    const struct gemm *g = blocks->g;
    const int pack_a = g->a_k != 1;
    const int64_t a_size = pack_a ? round_up(blocks->block_rows, GEMM_ROWS) * blocks->depth : 0;
    const int64_t panel_size = GEMM_COLS * blocks->depth;
    float *scratch =
        fernet_scratch(FERNET_SCRATCH_TASK, (size_t)(panel_size + a_size) * sizeof(float));
    if (scratch == NULL) {
        atomic_store(&blocks->out_of_memory, 1);
        return;
    }
    struct block block = {.i0 = index / blocks->n_block_cols * blocks->block_rows,
                          .j0 = index % blocks->n_block_cols * blocks->block_cols,
                          .own_panel = blocks->packed_b == NULL ? scratch : NULL};
    block.rows = min64(blocks->block_rows, g->m - block.i0);
    block.cols = min64(blocks->block_cols, g->n - block.j0);
    for (block.k0 = 0; block.k0 < g->k; block.k0 += block.depth) {
        block.depth = min64(blocks->depth, g->k - block.k0);
        if (pack_a) {
            pack_a_block(scratch + panel_size, g, block.i0, block.rows, block.k0, block.depth);
            block.packed_a = scratch + panel_size;
        }
        multiply_terms(blocks, &block);
    }
}

/* -- the whole product --------------------------------------------------------------------- */

/* A sum of no terms. */
static void fill_empty_product(const struct gemm *g) {
    for (int64_t i = 0; i < g->m; i++)
        for (int64_t j = 0; j < g->n; j++) {
            const float y = g->bias != NULL ? g->bias[j] : 0.0f;
            g->c[i * g->n + j] = g->relu && y < 0.0f ? 0.0f : y;
        }
}

/* Columns a task: about four tasks a thread, so that a slower core takes fewer. */
static int64_t choose_block_cols(const struct gemm *g, int64_t n_block_rows) {
    const int64_t wanted = ceil_div(4 * (int64_t)fernet_get_num_threads(), n_block_rows);
    const int64_t cols = round_up(ceil_div(g->n, wanted), GEMM_COLS);
    return cols > MAX_BLOCK_COLS && n_block_rows == 1 ? MAX_BLOCK_COLS : cols;
}

/* Rows a task: those of a product of few columns are shared by threads that would have none. */
static int64_t choose_block_rows(const struct gemm *g, int64_t n_block_cols) {
    const int64_t n_threads = fernet_get_num_threads();
    if (g->m > BLOCK_ROWS || n_block_cols >= n_threads) return BLOCK_ROWS;
    const int64_t rows = max64(GEMM_ROWS, ceil_div(g->m, ceil_div(n_threads, n_block_cols)));
    return g->a_k == 1 ? rows : round_up(rows, GEMM_ROWS);
}

int FERNET_FN(gemm)(const struct gemm *g) {
    if (g->m == 0 || g->n == 0) return 0;
    if (g->k == 0) {
        fill_empty_product(g);
        return 0;
    }
    if (g->m <= MOST_FEW_ROWS && g->a_k == 1 && g->b_col == 1) {
        FERNET_FN(gemm_few_rows)(g);
        return 0;
    }
    const int64_t n_block_rows = ceil_div(g->m, BLOCK_ROWS);
    struct blocks blocks = {.g = g,
                            .depth = gemm_depth(g->k),
                            .block_cols = choose_block_cols(g, n_block_rows)};
    blocks.n_block_cols = ceil_div(g->n, blocks.block_cols);
    blocks.block_rows = choose_block_rows(g, blocks.n_block_cols);
    if (n_block_rows > 1) {
        const int64_t n_panels = ceil_div(g->n, GEMM_COLS);
        const size_t bytes = (size_t)(n_panels * GEMM_COLS * g->k) * sizeof(float);
        blocks.packed_b = fernet_scratch(FERNET_SCRATCH_CALLER, bytes);
        if (blocks.packed_b == NULL) return -1;
        fernet_parallel_for(n_panels, pack_b_task, &blocks);
    }
    fernet_parallel_for(ceil_div(g->m, blocks.block_rows) * blocks.n_block_cols, multiply_block,
                        &blocks);
    return atomic_load(&blocks.out_of_memory) ? -1 : 0;
}
