/* Linear layers, and the updates of parameters. */
#include "core/kernels.h"

#include <math.h>
#include <string.h>

#include "check.h"

enum { N = 37, D = 300, B = 43, SIZE = D * B + B };

static void multiply(double *out, const float *a, const float *b, int64_t rows, int64_t depth,
                     int64_t columns, int a_turned, int b_turned) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            double sum = 0;
            for (int64_t k = 0; k < depth; k++)
                sum += (double)a[a_turned ? k * rows + i : i * depth + k] *
                       b[b_turned ? j * depth + k : k * columns + j];
            out[i * columns + j] = sum;
        }
}

static void check_linear(void) {
    family("linear");
    const float *x = uniform(N * D), *weight = uniform(D * B), *bias = uniform(B);
    const float *dy = uniform(N * B);
    float *y = zeros(N * B), *dx = zeros(N * D), *dweight = zeros(D * B), *dbias = zeros(B);
    double *expected = zeros_double(D * B + N * D);

    multiply(expected, x, weight, N, D, B, 0, 0);
    for (int i = 0; i < N * B; i++) expected[i] = fmax(expected[i] + bias[i % B], 0);
    expect("forward", fernet_linear_forward(y, x, weight, bias, N, D, B, 1) == 0);
    expect_close("forward", y, expected, N * B, 1e-5);

    multiply(expected, dy, weight, N, B, D, 0, 1);
    expect("backward_input", fernet_linear_backward_input(dx, dy, weight, N, D, B) == 0);
    expect_close("backward_input", dx, expected, N * D, 1e-5);

    multiply(expected, x, dy, D, N, B, 1, 0);
    expect("backward_params", fernet_linear_backward_params(dweight, dbias, x, dy, N, D, B) == 0);
    expect_close("backward_params, weight", dweight, expected, D * B, 1e-5);
    for (int j = 0; j < B; j++) {
        expected[j] = 0;
        for (int i = 0; i < N; i++) expected[j] += dy[i * B + j];
    }
    expect_close("backward_params, bias", dbias, expected, B, 1e-5);
}

static float *copy(const float *values) {
    return memcpy(zeros(SIZE), values, SIZE * sizeof(float));
}

static void check_sgd(void) {
    const float *grads = uniform(SIZE), *before = uniform(SIZE), *moving = uniform(SIZE);
    float *params = copy(before), *velocity = copy(moving);
    double *expected = zeros_double(SIZE), squares = 0;
    for (int i = 0; i < SIZE; i++) {
        double gradient = grads[i];
        if (i < D * B) {
            gradient += 0.01 * before[i];
            squares += (double)before[i] * before[i];
        }
        const double v = 0.9 * moving[i] - 0.1 * gradient;
        expected[i] = before[i] + 0.9 * v - 0.1 * gradient;
    }
    const double sum =
        fernet_sgd_update(params, velocity, grads, SIZE, D * B, 0.1f, 0.9f, 0.01f, 1);
    expect_close("sgd", params, expected, SIZE, 1e-5);
    expect_value("sgd, squares", sum, squares, 1e-6);
}

static void check_adam(void) {
    const float *grads = uniform(SIZE), *before = uniform(SIZE), *first = uniform(SIZE);
    float *second = zeros(SIZE), *params = copy(before), *m = copy(first), *v = copy(second);
    double *expected = zeros_double(SIZE);
    for (int i = 0; i < SIZE; i++) {
        const double g = grads[i];
        const double mean = 0.9 * first[i] + 0.1 * g, square = 0.001 * g * g;
        expected[i] = before[i] - 0.01 * mean / (sqrt(square) + 1e-3);
    }
    fernet_adam_update(params, m, v, grads, SIZE, D * B, 0.01f, 0.9, 0.999, 1e-3f, 0.0f);
    expect_close("adam", params, expected, SIZE, 1e-5);
}

/* The update of a linear layer gives what its gradients and the update give one after the other. */
static void check_fused_update(void) {
    const struct fernet_linear shape = {N, D, B, 0, D * B};
    const float *x = uniform(N * D), *dy = uniform(N * B), *before = uniform(SIZE);
    float *params = copy(before), *velocity = zeros(SIZE), *grads = zeros(SIZE);
    float *apart = copy(before), *apart_velocity = zeros(SIZE);
    double *expected = zeros_double(SIZE), squares = 0;
    expect("params", fernet_linear_backward_params(grads, grads + D * B, x, dy, N, D, B) == 0);
    fernet_sgd_update(apart, apart_velocity, grads, SIZE, D * B, 0.1f, 0.9f, 0.01f, 0);
    for (int i = 0; i < SIZE; i++) expected[i] = apart[i];
    expect("sgd in the layer", fernet_linear_backward_sgd(params, velocity, &squares, x, dy, &shape,
                                                          0.1f, 0.9f, 0.01f, 0) == 0);
    expect_close("sgd in the layer", params, expected, SIZE, 1e-6);

    params = copy(before), apart = copy(before);
    float *m = zeros(SIZE), *v = zeros(SIZE), *apart_m = zeros(SIZE), *apart_v = zeros(SIZE);
    fernet_adam_update(apart, apart_m, apart_v, grads, SIZE, D * B, 0.01f, 0.9, 0.999, 1e-3f, 0);
    for (int i = 0; i < SIZE; i++) expected[i] = apart[i];
    expect("adam in the layer", fernet_linear_backward_adam(params, m, v, &squares, x, dy, &shape,
                                                            0.01f, 0.9, 0.999, 1e-3f, 0) == 0);
    expect_close("adam in the layer", params, expected, SIZE, 1e-6);
}

static void check_sums(void) {
    float *x = uniform(SIZE), *average = uniform(SIZE);
    double *expected = zeros_double(SIZE), squares = 0;
    for (int i = 0; i < SIZE; i++) {
        squares += (double)x[i] * x[i];
        expected[i] = 0.75 * average[i] + 0.25 * x[i];
    }
    expect_value("sum_of_squares", fernet_sum_of_squares(x, SIZE), squares, 1e-6);
    fernet_ema_update(average, x, SIZE, 0.75f);
    expect_close("ema", average, expected, SIZE, 1e-6);
    for (int i = 0; i < SIZE; i++) expected[i] = 0.5 * x[i];
    fernet_scale_inplace(x, SIZE, 0.5f);
    expect_close("scale", x, expected, SIZE, 0);
}

static void check_mirror(void) {
    enum { WIDE = 3, IN = 2, OUT = 8, COUNT = WIDE * IN * OUT };
    float weight[COUNT];
    double expected[COUNT];
    for (int i = 0; i < COUNT; i++) weight[i] = (float)(i * i % 17);
    for (int k = 0; k < WIDE; k++)
        for (int c = 0; c < IN; c++)
            for (int o = 0; o < OUT; o++) {
                const int i = (k * IN + c) * OUT + o;
                const int mirrored = ((WIDE - 1 - k) * IN + 1 - c) * OUT + (o + OUT / 2) % OUT;
                expected[i] = 0.5 * (weight[i] + weight[mirrored]);
            }
    fernet_mirror_mean(weight, 1, WIDE, IN, OUT, 1, 1);
    expect_close("mirror_mean", weight, expected, COUNT, 0);
}

void check_dense(void) {
    check_linear();
    family("updates");
    check_sgd();
    check_adam();
    check_fused_update();
    check_sums();
    check_mirror();
}
