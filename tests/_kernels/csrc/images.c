/* Pooling, and the gathering of batches. */
#include "core/kernels.h"

#include <math.h>

#include "check.h"

enum { N = 3, H = 12, W = 10, C = 21, OH = H / 2, OW = W / 2 };

static int64_t at(int64_t n, int64_t y, int64_t x, int64_t c) {
    return ((n * H + y) * W + x) * C + c;
}

static void check_max_pool(void) {
    const float *x = uniform(N * H * W * C), *dy = uniform(N * OH * OW * C);
    float *y = zeros(N * OH * OW * C), *dx = zeros(N * H * W * C);
    uint8_t *argmax = zeros_bytes(N * OH * OW * C);
    double *expected = zeros_double(N * OH * OW * C), *dx_expected = zeros_double(N * H * W * C);
    for (int64_t n = 0; n < N; n++)
        for (int64_t i = 0; i < OH; i++)
            for (int64_t j = 0; j < OW; j++)
                for (int64_t c = 0; c < C; c++) {
                    int64_t best = at(n, 2 * i, 2 * j, c);
                    for (int k = 1; k < 4; k++) {
                        const int64_t other = at(n, 2 * i + k / 2, 2 * j + k % 2, c);
                        if (x[other] > x[best]) best = other;
                    }
                    const int64_t out = ((n * OH + i) * OW + j) * C + c;
                    expected[out] = x[best];
                    dx_expected[best] = dy[out];
                }
    fernet_max_pool_forward(y, argmax, x, N, H, W, C, 2, 2);
    expect_close("max_pool_forward", y, expected, N * OH * OW * C, 0);
    fernet_max_pool_backward(dx, dy, NULL, argmax, N, H, W, C, 2, 2);
    expect_close("max_pool_backward", dx, dx_expected, N * H * W * C, 0);
}

static void check_global_avg_pool(void) {
    enum { POSITIONS = H * W };
    const float *x = uniform(N * POSITIONS * C), *dy = uniform(N * C);
    float *y = zeros(N * C), *dx = zeros(N * POSITIONS * C);
    double *expected = zeros_double(N * C), *dx_expected = zeros_double(N * POSITIONS * C);
    for (int64_t n = 0; n < N; n++)
        for (int64_t p = 0; p < POSITIONS; p++)
            for (int64_t c = 0; c < C; c++) {
                const int64_t i = (n * POSITIONS + p) * C + c;
                expected[n * C + c] += (double)x[i] / POSITIONS;
                dx_expected[i] = (double)dy[n * C + c] / POSITIONS;
            }
    fernet_global_avg_pool_forward(y, x, N, POSITIONS, C);
    expect_close("global_avg_pool_forward", y, expected, N * C, 1e-5);
    fernet_global_avg_pool_backward(dx, dy, N, POSITIONS, C);
    expect_close("global_avg_pool_backward", dx, dx_expected, N * POSITIONS * C, 1e-6);
}

static void check_gather(void) {
    enum { ROWS = 9, BATCH = 5, WIDTH = H * W * C };
    uint8_t *pixels = zeros_bytes(ROWS * WIDTH);
    for (int i = 0; i < ROWS * WIDTH; i++) pixels[i] = (uint8_t)whole(256);
    const int64_t indices[BATCH] = {8, 0, 3, 3, 7};
    const float *offset = uniform(WIDTH), *scale = uniform(WIDTH);
    float *out = zeros(BATCH * WIDTH);
    double *expected = zeros_double(BATCH * WIDTH);
    for (int i = 0; i < BATCH * WIDTH; i++) {
        const int64_t j = i % WIDTH;
        expected[i] = ((double)pixels[indices[i / WIDTH] * WIDTH + j] - offset[j]) * scale[j];
    }
    fernet_gather_rows_u8(out, pixels, indices, offset, scale, BATCH, WIDTH);
    expect_close("gather_rows_u8", out, expected, BATCH * WIDTH, 1e-6);

    float *floats = zeros(ROWS * WIDTH);
    double *doubles = zeros_double(ROWS * WIDTH);
    for (int i = 0; i < ROWS * WIDTH; i++) doubles[i] = floats[i] = pixels[i];
    fernet_gather_rows_f32(out, floats, indices, offset, scale, BATCH, WIDTH);
    expect_close("gather_rows_f32", out, expected, BATCH * WIDTH, 1e-6);
    fernet_gather_rows_f64(out, doubles, indices, offset, scale, BATCH, WIDTH);
    expect_close("gather_rows_f64", out, expected, BATCH * WIDTH, 1e-6);

    /* a warp that moves nothing gives the same images */
    float matrices[BATCH * 6], gain[BATCH], bias[BATCH];
    const float fill[BATCH] = {0};
    int32_t boxes[BATCH * 4] = {0};
    for (int i = 0; i < BATCH; i++) {
        const float identity[6] = {1, 0, 0, 0, 1, 0};
        for (int k = 0; k < 6; k++) matrices[6 * i + k] = identity[k];
        gain[i] = 1;
        bias[i] = 0;
    }
    fernet_affine_gather_u8(out, pixels, indices, matrices, gain, bias, boxes, fill, offset, scale,
                            0, 255, BATCH, H, W, C);
    expect_close("affine_gather_u8", out, expected, BATCH * WIDTH, 1e-5);
    fernet_affine_gather_f32(out, floats, indices, matrices, gain, bias, boxes, fill, offset, scale,
                             0, 255, BATCH, H, W, C);
    expect_close("affine_gather_f32", out, expected, BATCH * WIDTH, 1e-5);
}

void check_images(void) {
    family("pooling");
    check_max_pool();
    check_global_avg_pool();
    family("batches");
    check_gather();
}
