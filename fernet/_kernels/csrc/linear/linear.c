/* The linear layer y = x W + b and its gradients (report, section 1): one product, 3 layouts. */
#include "core/kernels.h"
#include "gemm/gemm.h"

int FERNET_FN(linear_forward)(float *y, const float *x, const float *weight, const float *bias,
                              int64_t n, int64_t d, int64_t b, int relu) {
    const struct gemm product = {.m = n,
                                 .n = b,
                                 .k = d,
                                 .c = y,
                                 .a = x,
                                 .a_row = d,
                                 .a_k = 1,
                                 .b = weight,
                                 .b_k = b,
                                 .b_col = 1,
                                 .bias = bias,
                                 .relu = relu};
    return FERNET_FN(gemm)(&product);
}

int FERNET_FN(linear_backward_input)(float *dx, const float *dy, const float *weight, int64_t n,
                                     int64_t d, int64_t b) {
    const struct gemm product = {.m = n,
                                 .n = d,
                                 .k = b,
                                 .c = dx,
                                 .a = dy,
                                 .a_row = b,
                                 .a_k = 1,
                                 .b = weight,
                                 .b_k = 1,
                                 .b_col = b};
    return FERNET_FN(gemm)(&product);
}

/* dbias[j] = sum over the batch of dy[., j], rows in order */
static void column_sums(float *sums, const float *dy, int64_t n, int64_t b) {
    for (int64_t j = 0; j < b; j++) sums[j] = 0.0f;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < b; j++) sums[j] += dy[i * b + j];
}

int FERNET_FN(linear_backward_params)(float *dweight, float *dbias, const float *x, const float *dy,
                                      int64_t n, int64_t d, int64_t b) {
    const struct gemm product = {.m = d,
                                 .n = b,
                                 .k = n,
                                 .c = dweight,
                                 .a = x,
                                 .a_row = 1,
                                 .a_k = d,
                                 .b = dy,
                                 .b_k = b,
                                 .b_col = 1};
    if (dbias != NULL) column_sums(dbias, dy, n, b);
    return FERNET_FN(gemm)(&product);
}
