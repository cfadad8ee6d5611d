/* One row times a matrix: a linear layer's single image.
 *
 * Each number of B is used once, so B is not packed but read where it lies, as fast as it comes
 * from memory; many accumulators hide what a multiply-add takes. An element of C is the chain over
 * k that gemm.h promises, so a row has the bits that it has among others. */
#include "core/sizes.h"
#include "core/threads.h"
#include "gemm/gemm.h"
#include "simd/simd.h"

enum {
    MOST_VECTORS = 8, /* side by side: what hides the latency of a multiply-add on two ports */
    AHEAD = 16,       /* rows of B to ask for */
    CACHE_LINE = 16   /* floats */
};

struct row {
    const struct gemm *g;
    int64_t cols; /* of a task */
};

/* Columns j .. j + vectors * VL of C; of the last vector `left`. `vectors` is a constant. */
FERNET_INLINE void multiply_columns(const struct gemm *g, int64_t j, const int vectors,
                                    const int left) {
    const float *b = g->b + j;
    const int whole = left == VL ? vectors : vectors - 1;
    vf sum[MOST_VECTORS];
    UNROLLED_FOR (int v = 0; v < vectors; v++) sum[v] = vf_zero();
    for (int64_t p = 0; p < g->k; p++, b += g->b_k) {
        const vf value = vf_set1(g->a[p]);
        UNROLLED_FOR (int v = 0; v < vectors * VL; v += CACHE_LINE)
            __builtin_prefetch(b + AHEAD * g->b_k + v, 0, 3);
        UNROLLED_FOR (int v = 0; v < vectors; v++)
            sum[v] = vf_fma(value, vf_load_up_to(b + v * VL, v < whole ? VL : left), sum[v]);
    }
    UNROLLED_FOR (int v = 0; v < vectors; v++) {
        const int n = v < whole ? VL : left;
        vf y = sum[v];
        if (g->bias != NULL) y = vf_add(y, vf_load_up_to(g->bias + j + v * VL, n));
        if (g->relu) y = vf_relu(y);
        vf_store_up_to(g->c + j + v * VL, y, n);
    }
}

static void multiply_task(void *context, int64_t index) {
    const struct row *row = context;
    const struct gemm *g = row->g;
    const int64_t end = min64(g->n, (index + 1) * row->cols);
    int64_t j = index * row->cols;
    for (; j + MOST_VECTORS * VL <= end; j += MOST_VECTORS * VL)
        multiply_columns(g, j, MOST_VECTORS, VL);
    for (; j + 2 * VL <= end; j += 2 * VL) multiply_columns(g, j, 2, VL);
    for (; j + VL <= end; j += VL) multiply_columns(g, j, 1, VL);
    if (j < end) multiply_columns(g, j, 1, (int)(end - j));
}

/* Columns a task: as wide as the accumulators allow, narrower if threads would have none. */
static int64_t choose_cols(int64_t n) {
    const int64_t threads = fernet_get_num_threads();
    int vectors = MOST_VECTORS;
    while (vectors > 1 && ceil_div(n, vectors * VL) < threads) vectors /= 2;
    return vectors * VL;
}

void FERNET_FN(gemm_row)(const struct gemm *g) {
    struct row row = {g, choose_cols(g->n)};
    fernet_parallel_for(ceil_div(g->n, row.cols), multiply_task, &row);
}
