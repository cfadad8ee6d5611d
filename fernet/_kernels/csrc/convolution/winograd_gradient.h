/* What the files of the gradient to the weights by Winograd share: see winograd_gradient.c. */
#ifndef FERNET_WINOGRAD_GRADIENT_H
#define FERNET_WINOGRAD_GRADIENT_H

#include "convolution/winograd_ahead.h"
#include "convolution/winograd_pass.h"
#include "gemm/tile.h"

struct weight_gradient {
    struct pass pass; /* in: x, out: not used; sizes as forward */
    const float *dy;
    float *dweight, *dbias;
    int64_t n_partials, n_column_blocks, block;
    float *partials; /* [partial][point][C][OC] */
    int64_t partial_size;
    float *sums;        /* [partial][OC]: of dy */
    struct pass *input; /* the gradient to the input, if the same tasks compute it, or NULL */
};

/* du (n_rows, n_columns), rows du_row apart, from v (tiles, n_rows)^T dm (tiles, n_columns), for
 * one point; v in panels of VL channels, dm in panels of GEMM_COLS, of `block` tiles each. Some of
 * what comes next is asked for `ahead` [or NULL] after each tile of du, and the next tile of du, if
 * sums are added to it: since the block before it has left the cache. */
static inline void multiply_point_gradient(float *du, int64_t du_row, const float *v,
                                           int64_t n_rows, const float *dm, int64_t n_columns,
                                           int64_t block, int64_t n_tiles, enum gemm_c into,
                                           struct ahead *ahead) {
    const int asks_for_du = ahead != NULL && into == GEMM_ADD && asks_ahead();
    for (int64_t j = 0; j < n_columns; j += GEMM_COLS) {
        struct gemm_tile tile = {.k = n_tiles,
                                 .a_k = VL,
                                 .b = dm + j * block,
                                 .next_b = dm + (j + GEMM_COLS) * block,
                                 .c_row = du_row,
                                 .cols = (int)min64(GEMM_COLS, n_columns - j),
                                 .into = into};
        for (int64_t i = 0; i < n_rows; i += GEMM_COLUMN_ROWS) {
            tile.a = v + i / VL * VL * block + i % VL;
            tile.c = du + i * du_row + j;
            if (asks_for_du)
                for (int r = GEMM_COLUMN_ROWS; r < 2 * GEMM_COLUMN_ROWS; r++)
                    ahead_ask_row(tile.c + r * du_row);
            gemm_tile_of_columns((int)min64(GEMM_COLUMN_ROWS, n_rows - i), &tile);
            if (ahead != NULL) ahead_ask(ahead);
        }
    }
}

/* Compute the partial sums and `sums` in tasks for many threads, in memory for so many floats. When
 * there is none for a task, the pass notes it. */
FERNET_LOCAL int64_t FERNET_FN(winograd_shared_gradient_floats)(struct weight_gradient *g);
FERNET_LOCAL void FERNET_FN(winograd_share_gradient)(struct weight_gradient *g, float *memory);

#endif
