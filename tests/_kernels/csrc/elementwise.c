/* Activations, dropout, softmax and the losses. */
#include "core/kernels.h"

#include <math.h>

#include "check.h"

enum { SIZE = 1003, N = 29, C = 7 };

static void check_relu_and_add(void) {
    const float *x = uniform(SIZE), *other = uniform(SIZE);
    float *y = zeros(SIZE), *dx = zeros(SIZE);
    double *expected = zeros_double(SIZE);
    for (int i = 0; i < SIZE; i++) expected[i] = fmax(x[i], 0);
    fernet_relu_forward(y, x, SIZE);
    expect_close("relu_forward", y, expected, SIZE, 0);
    for (int i = 0; i < SIZE; i++) expected[i] = x[i] > 0 ? other[i] : 0;
    fernet_relu_backward(dx, other, y, SIZE);
    expect_close("relu_backward", dx, expected, SIZE, 0);
    for (int i = 0; i < SIZE; i++) expected[i] = fmax((double)(x[i] + other[i]), 0);
    fernet_add_forward(y, x, other, SIZE, 1);
    expect_close("add_forward", y, expected, SIZE, 0);
}

static void check_dropout(void) {
    float *ones = zeros(SIZE), *y = zeros(SIZE), *dx = zeros(SIZE);
    uint8_t *mask = zeros_bytes((SIZE + 7) / 8);
    double *expected = zeros_double(SIZE);
    int kept = 0;
    for (int i = 0; i < SIZE; i++) ones[i] = 1;
    fernet_dropout_forward(y, mask, ones, SIZE, 0.25, 1, 2, 3);
    for (int i = 0; i < SIZE; i++) {
        const int bit = mask[i / 8] >> (i % 8) & 1;
        kept += bit;
        expected[i] = bit / 0.75;
    }
    expect("dropout keeps about three of four", kept > SIZE * 7 / 10 && kept < SIZE * 8 / 10);
    expect_close("dropout_forward", y, expected, SIZE, 1e-6);
    fernet_dropout_backward(dx, ones, mask, NULL, SIZE, 0.25);
    expect_close("dropout_backward", dx, expected, SIZE, 1e-6);
    for (int i = 0; i < SIZE; i += 3) y[i] = -1, expected[i] = 0;
    fernet_dropout_backward(dx, ones, mask, y, SIZE, 0.25);
    expect_close("dropout_backward, and of a ReLU", dx, expected, SIZE, 1e-6);
}

static void softmax_row(double *proba, const float *logits) {
    double sum = 0;
    for (int j = 0; j < C; j++) sum += exp(logits[j]);
    for (int j = 0; j < C; j++) proba[j] = exp(logits[j]) / sum;
}

static void check_softmax(void) {
    const float *logits = uniform(N * C);
    float *proba = zeros(N * C), *loss = zeros(N), *dlogits = zeros(N * C);
    int32_t target[N];
    double *expected = zeros_double(N * C), *losses = zeros_double(N);
    double *gradient = zeros_double(N * C), *logarithm = zeros_double(N * C);
    for (int i = 0; i < N; i++) {
        target[i] = (int32_t)whole(C);
        softmax_row(expected + i * C, logits + i * C);
        losses[i] = -log(expected[i * C + target[i]]);
        for (int j = 0; j < C; j++) {
            logarithm[i * C + j] = log(expected[i * C + j]);
            gradient[i * C + j] = (expected[i * C + j] - (j == target[i])) / N;
        }
    }
    fernet_softmax_forward(proba, logits, N, C);
    expect_close("softmax_forward", proba, expected, N * C, 1e-5);
    fernet_softmax_cross_entropy(loss, dlogits, logits, target, NULL, 1.0 / N, 0, N, C);
    expect_close("cross_entropy, loss", loss, losses, N, 1e-5);
    expect_close("cross_entropy, gradient", dlogits, gradient, N * C, 1e-5);
    double figures[2], sum = 0;
    int64_t n_right = 0;
    for (int i = 0; i < N; i++) sum += losses[i];
    expect("batch_figures", fernet_batch_figures(figures, loss, logits, target, N, C) == 0);
    expect("batch_figures, sum", fabs(figures[0] - sum) < 1e-5 * sum);
    for (int i = 0; i < N; i++) {
        int best = 0;
        for (int j = 1; j < C; j++)
            if (logits[i * C + j] > logits[i * C + best]) best = j;
        n_right += best == target[i];
    }
    expect("count_right", fernet_count_right(logits, target, N, C) == n_right);
    expect("batch_figures, right", figures[1] == (double)n_right);
    float *one_hot = zeros(N * C);
    for (int i = 0; i < N; i++) one_hot[i * C + target[i]] = 1;
    fernet_soft_target_cross_entropy(loss, dlogits, logits, one_hot, NULL, 1.0 / N, 0, N, C);
    expect_close("soft targets, loss", loss, losses, N, 1e-5);
    expect_close("soft targets, gradient", dlogits, gradient, N * C, 1e-5);
    fernet_log_softmax_forward(proba, logits, N, C);
    expect_close("log_softmax_forward", proba, logarithm, N * C, 1e-5);
}

void check_elementwise(void) {
    family("activations");
    check_relu_and_add();
    check_dropout();
    family("softmax");
    check_softmax();
}
