/* The operands of the GEMM's tiles (tile.h), copied from where they lie. */
#ifndef FERNET_GEMM_PACK_H
#define FERNET_GEMM_PACK_H

#include "core/sizes.h"
#include "gemm/gemm.h"
#include "gemm/tile.h"
#include "simd/transpose.h"

/* A panel of B whose columns are contiguous: squares, then what is left of the depth. */
static inline void pack_b_columns(float *restrict out, const float *b, int64_t b_col, int64_t depth,
                                  int cols) {
    for (int j = 0; j < GEMM_COLS; j += VL) {
        int64_t p = 0;
        if (j + VL <= cols)
            for (; p + VL <= depth; p += VL)
                transpose_square(out + p * GEMM_COLS + j, GEMM_COLS, b + j * b_col + p, b_col);
        for (; p < depth; p++)
            for (int l = j; l < j + VL; l++)
                out[p * GEMM_COLS + l] = l < cols ? b[l * b_col + p] : 0.0f;
    }
}

/* B[k0 .. k0+depth, j0 .. j0+cols] as (depth, GEMM_COLS), zeros beyond `cols`. */
static inline void pack_b_panel(float *restrict out, const struct gemm *g, int64_t k0,
                                int64_t depth, int64_t j0, int cols) {
    const float *b = g->b + k0 * g->b_k + j0 * g->b_col;
    if (g->b_col != 1) {
        pack_b_columns(out, b, g->b_col, depth, cols);
        return;
    }
    for (int64_t p = 0; p < depth; p++, b += g->b_k, out += GEMM_COLS)
        for (int v = 0; v < GEMM_VECTORS; v++) {
            const int left = cols - v * VL;
            vf_store(out + v * VL, left > 0 ? vf_load_up_to(b + v * VL, left) : vf_zero());
        }
}

/* A[i0 .. i0+rows, k0 .. k0+depth] as panels of (depth, GEMM_ROWS). */
static inline void pack_a_block(float *restrict out, const struct gemm *g, int64_t i0, int64_t rows,
                                int64_t k0, int64_t depth) {
    for (int64_t i = 0; i < rows; i += GEMM_ROWS) {
        const int64_t height = min64(GEMM_ROWS, rows - i);
        const float *a = g->a + (i0 + i) * g->a_row + k0 * g->a_k;
        for (int64_t p = 0; p < depth; p++, a += g->a_k, out += GEMM_ROWS)
            if (height == GEMM_ROWS)
                memcpy(out, a, GEMM_ROWS * sizeof *a);
            else
                for (int64_t r = 0; r < height; r++) out[r] = a[r];
    }
}

#endif
