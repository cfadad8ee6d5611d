/* A few rows times a matrix: a linear layer's single image, or some faces of a photo.
 *
 * Each number of B is used by these rows alone, so B is not packed but read where it lies, as fast
 * as it comes from memory; many accumulators hide what a multiply-add takes. An element of C is
 * the chain over k that gemm.h promises, so a row has the bits that it has among others. */
#include "core/sizes.h"
#include "core/threads.h"
#include "gemm/gemm.h"
#include "gemm/tile.h"
#include "simd/simd.h"

enum {
    MOST_VECTORS = 8, /* side by side: what hides the latency of a multiply-add on two ports */
    MOST_SUMS = VF_REGISTERS >= 32 ? 24 : 12,
    AHEAD = 32, /* rows of B to ask for, into the second-level cache: of the first they share few
                   sets */
    CACHE_LINE = 16, /* floats */
    EDGE = 2         /* vectors of columns that do not fill the usual ones */
};

/* Side by side, for so many rows: a power of two, so that threads have equal shares. */
#define VECTORS(rows) (8 * (rows) <= MOST_SUMS ? MOST_VECTORS : 4 * (rows) <= MOST_SUMS ? 4 : EDGE)

struct few_rows {
    const struct gemm *g;
    int64_t cols; /* of a task */
};

/* Columns j .. j + vectors * VL of C; of the last vector `left`. `rows` and `vectors` are
 * constants. */
FERNET_INLINE void multiply_columns(const struct gemm *g, int64_t j, const int rows,
                                    const int vectors, const int left) {
    const float *a = g->a, *b = g->b + j;
    const int whole = left == VL ? vectors : vectors - 1;
    vf sum[MOST_FEW_ROWS][MOST_VECTORS];
    UNROLLED_FOR (int i = 0; i < rows; i++)
        UNROLLED_FOR (int v = 0; v < vectors; v++) sum[i][v] = vf_zero();
    for (int64_t p = 0; p < g->k; p++, b += g->b_k) {
        vf value[MOST_FEW_ROWS];
        UNROLLED_FOR (int i = 0; i < rows; i++) value[i] = vf_set1(a[i * g->a_row + p]);
        UNROLLED_FOR (int v = 0; v < vectors * VL; v += CACHE_LINE)
            __builtin_prefetch(b + AHEAD * g->b_k + v, 0, 2);
        UNROLLED_FOR (int v = 0; v < vectors; v++) {
            const vf column = vf_load_up_to(b + v * VL, v < whole ? VL : left);
            UNROLLED_FOR (int i = 0; i < rows; i++) sum[i][v] = vf_fma(value[i], column, sum[i][v]);
        }
    }
    UNROLLED_FOR (int v = 0; v < vectors; v++) {
        const int n = v < whole ? VL : left;
        const vf bias = g->bias != NULL ? vf_load_up_to(g->bias + j + v * VL, n) : vf_zero();
        UNROLLED_FOR (int i = 0; i < rows; i++) {
            vf y = sum[i][v];
            if (g->bias != NULL) y = vf_add(y, bias);
            if (g->relu) y = vf_relu(y);
            vf_store_up_to(g->c + i * g->n + j + v * VL, y, n);
        }
    }
}

FERNET_INLINE void multiply_rows(const struct gemm *g, int64_t j, int64_t end, const int rows) {
    const int vectors = VECTORS(rows);
    for (; j + vectors * VL <= end; j += vectors * VL) multiply_columns(g, j, rows, vectors, VL);
    for (; j + EDGE * VL <= end; j += EDGE * VL) multiply_columns(g, j, rows, EDGE, VL);
    for (; j + VL <= end; j += VL) multiply_columns(g, j, rows, 1, VL);
    if (j < end) multiply_columns(g, j, rows, 1, (int)(end - j));
}

#define FEW_ROWS_CASE(rows) \
    case rows: \
        multiply_rows(few->g, j, end, rows); \
        break;

static void multiply_task(void *context, int64_t index) {
    const struct few_rows *few = context;
    const int64_t j = index * few->cols, end = min64(few->g->n, j + few->cols);
    switch (few->g->m) {
        FEW_ROWS_CASE(1)
        FEW_ROWS_CASE(2)
        FEW_ROWS_CASE(3)
        FEW_ROWS_CASE(4)
        FEW_ROWS_CASE(5)
#if GEMM_ROWS > 6
        FEW_ROWS_CASE(6)
        FEW_ROWS_CASE(7)
#endif
#if GEMM_ROWS > 8
        FEW_ROWS_CASE(8)
        FEW_ROWS_CASE(9)
        FEW_ROWS_CASE(10)
        FEW_ROWS_CASE(11)
#endif
    }
}

/* Columns a task: as wide as the accumulators allow, narrower if threads would have none. */
static int64_t choose_cols(const struct gemm *g) {
    const int64_t threads = fernet_get_num_threads();
    int vectors = VECTORS(g->m);
    while (vectors > 1 && ceil_div(g->n, vectors * VL) < threads) vectors /= 2;
    return vectors * VL;
}

void FERNET_FN(gemm_few_rows)(const struct gemm *g) {
    struct few_rows few = {g, choose_cols(g)};
    fernet_parallel_for(ceil_div(g->n, few.cols), multiply_task, &few);
}
