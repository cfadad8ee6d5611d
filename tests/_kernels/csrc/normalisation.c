/* Batch normalisation, forward, in inference, and its gradients. */
#include "core/kernels.h"

#include <math.h>

#include "check.h"

enum { M = 1500, C = 37 };
static const double EPS = 1e-5;

struct column {
    double mean, var, sum_dy, sum_dy_hat;
};

static struct column look_at(const float *x, const float *dy, int c) {
    struct column column = {0, 0, 0, 0};
    for (int i = 0; i < M; i++) column.mean += (double)x[i * C + c] / M;
    for (int i = 0; i < M; i++) {
        const double d = x[i * C + c] - column.mean;
        column.var += d * d / M;
        column.sum_dy += dy[i * C + c];
        column.sum_dy_hat += dy[i * C + c] * d;
    }
    column.sum_dy_hat /= sqrt(column.var + EPS);
    return column;
}

void check_normalisation(void) {
    family("batch normalisation");
    const float *x = uniform(M * C), *dy = uniform(M * C), *gamma = uniform(C), *beta = uniform(C);
    float *y = zeros(M * C), *mean = zeros(C), *var = zeros(C);
    float *dx = zeros(M * C), *dgamma = zeros(C), *dbeta = zeros(C);
    double *y_expected = zeros_double(M * C), *dx_expected = zeros_double(M * C);
    double *dgamma_expected = zeros_double(C), *dbeta_expected = zeros_double(C);
    for (int c = 0; c < C; c++) {
        const struct column column = look_at(x, dy, c);
        const double factor = 1 / sqrt(column.var + EPS);
        for (int i = c; i < M * C; i += C) {
            const double hat = (x[i] - column.mean) * factor;
            y_expected[i] = hat * gamma[c] + beta[c];
            dx_expected[i] =
                gamma[c] * factor * (dy[i] - column.sum_dy / M - hat * column.sum_dy_hat / M);
        }
        dgamma_expected[c] = column.sum_dy_hat;
        dbeta_expected[c] = column.sum_dy;
    }
    expect("forward", fernet_batch_norm_forward(y, mean, var, x, gamma, beta, EPS, M, C, 0) == 0);
    expect_close("forward", y, y_expected, M * C, 1e-5);
    expect("inference",
           fernet_batch_norm_inference(y, x, gamma, beta, mean, var, EPS, M, C, 0) == 0);
    expect_close("inference", y, y_expected, M * C, 1e-5);
    expect("backward", fernet_batch_norm_backward(dx, dgamma, dbeta, dy, x, gamma, beta, mean, var,
                                                  EPS, M, C, 0) == 0);
    expect_close("backward, dx", dx, dx_expected, M * C, 1e-4);
    expect_close("backward, dgamma", dgamma, dgamma_expected, C, 1e-4);
    expect_close("backward, dbeta", dbeta, dbeta_expected, C, 1e-4);
}
