/* C = A B for float32 matrices of any layout: the product under every layer.
 *
 * Bits: an element of C is one chain of multiply-adds over k, cut every gemm_depth(k) terms, in
 * whatever tile, thread or batch it is computed. */
#ifndef FERNET_GEMM_H
#define FERNET_GEMM_H

#include <stdint.h>

#include "core/names.h"
#include "core/visibility.h"

struct gemm {
    int64_t m, n, k;
    float *c; /* (m, n), rows n apart */
    const float *a;
    int64_t a_row, a_k; /* a[i * a_row + p * a_k], one of the two strides 1 */
    const float *b;
    int64_t b_k, b_col; /* b[p * b_k + j * b_col], one of the two strides 1 */
    const float *bias;  /* (n) added to each row, or NULL */
    int relu;           /* then max(., 0) */
};

/* 0, or -1 when memory is out. */
FERNET_LOCAL int FERNET_FN(gemm)(const struct gemm *g);

/* The same for 1 to MOST_FEW_ROWS rows (tile.h), where a_k and b_col are 1 and k is not 0. */
FERNET_LOCAL void FERNET_FN(gemm_few_rows)(const struct gemm *g);

#endif
