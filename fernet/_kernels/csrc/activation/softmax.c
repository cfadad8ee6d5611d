/* Softmax, its logarithm, and cross-entropy with its gradient (report, section 3).
 *
 * A row's maximum is subtracted first, so that the largest term is exp(0) = 1 and no sum
 * overflows. Rows are few values long (one an emotion): plain loops, rows shared out. An output may
 * lie over the logits. */
#include <math.h>
#include <stddef.h>

#include "core/kernels.h"
#include "core/names.h"

enum { ROWS_A_TASK = 8, MOST_IN_A_SUM = 128 };

struct rows {
    float *out, *loss;
    const float *logits, *weight;
    const int32_t *target;
    const float *soft_target;
    double scale, label_smoothing;
    int64_t n, c;
    void (*row)(const struct rows *rows, int64_t i);
};

static void some_rows(void *context, int64_t task) {
    const struct rows *rows = context;
    const int64_t begin = task * ROWS_A_TASK;
    const int64_t end = begin + ROWS_A_TASK < rows->n ? begin + ROWS_A_TASK : rows->n;
    for (int64_t i = begin; i < end; i++) rows->row(rows, i);
}

static void each_row(struct rows *rows) {
    fernet_parallel_for((rows->n + ROWS_A_TASK - 1) / ROWS_A_TASK, some_rows, rows);
}

/* Of the numbers; a NaN beside them reaches the sum all the same. */
static float maximum(const float *x, int64_t c) {
    float top = -INFINITY;
    for (int64_t j = 0; j < c; j++)
        if (x[j] > top) top = x[j];
    return top;
}

static float sum_of_exponentials(const float *x, int64_t c, float top) {
    float sum = 0.0f;
    for (int64_t j = 0; j < c; j++) sum += expf(x[j] - top);
    return sum;
}

static void softmax_row(const struct rows *rows, int64_t i) {
    const float *x = rows->logits + i * rows->c;
    float *out = rows->out + i * rows->c;
    const float top = maximum(x, rows->c);
    const float sum = sum_of_exponentials(x, rows->c, top);
    for (int64_t j = 0; j < rows->c; j++) out[j] = expf(x[j] - top) / sum;
}

static void log_softmax_row(const struct rows *rows, int64_t i) {
    const float *x = rows->logits + i * rows->c;
    float *out = rows->out + i * rows->c;
    const float top = maximum(x, rows->c);
    const float log_sum = logf(sum_of_exponentials(x, rows->c, top));
    for (int64_t j = 0; j < rows->c; j++) out[j] = (x[j] - top) - log_sum;
}

static void cross_entropy_row(const struct rows *rows, int64_t i) {
    const int64_t c = rows->c;
    const float *x = rows->logits + i * c;
    float *d = rows->out + i * c;
    const float weight = rows->weight == NULL ? 1.0f : rows->weight[i];
    const float factor = (float)rows->scale * weight;
    const float *soft = rows->soft_target == NULL ? NULL : rows->soft_target + i * c;
    const float spread = (float)(rows->label_smoothing / (double)c);
    const float rest = (float)(1.0 - rows->label_smoothing);
    const float on_target = rest + spread;
    const float top = maximum(x, c);
    const float sum = sum_of_exponentials(x, c, top), log_sum = logf(sum);
    float loss = 0.0f;
    for (int64_t j = 0; j < c; j++) {
        const float wanted = soft != NULL           ? rest * soft[j] + spread
                             : j == rows->target[i] ? on_target
                                                    : spread;
        const float shifted = x[j] - top;
        if (wanted > 0.0f) loss -= wanted * (shifted - log_sum);
        d[j] = factor * (expf(shifted) / sum - wanted);
    }
    rows->loss[i] = weight * loss;
}

void FERNET_FN(softmax_forward)(float *proba, const float *logits, int64_t n, int64_t c) {
    struct rows rows = {.out = proba, .logits = logits, .n = n, .c = c, .row = softmax_row};
    each_row(&rows);
}

void FERNET_FN(log_softmax_forward)(float *log_proba, const float *logits, int64_t n, int64_t c) {
    struct rows rows = {.out = log_proba, .logits = logits, .n = n, .c = c, .row = log_softmax_row};
    each_row(&rows);
}

void FERNET_FN(softmax_cross_entropy)(float *loss, float *dlogits, const float *logits,
                                      const int32_t *target, const float *weight, double scale,
                                      double label_smoothing, int64_t n, int64_t c) {
    struct rows rows = {.out = dlogits,
                        .loss = loss,
                        .logits = logits,
                        .weight = weight,
                        .target = target,
                        .scale = scale,
                        .label_smoothing = label_smoothing,
                        .n = n,
                        .c = c,
                        .row = cross_entropy_row};
    each_row(&rows);
}

void FERNET_FN(soft_target_cross_entropy)(float *loss, float *dlogits, const float *logits,
                                          const float *target, const float *weight, double scale,
                                          double label_smoothing, int64_t n, int64_t c) {
    struct rows rows = {.out = dlogits,
                        .loss = loss,
                        .logits = logits,
                        .weight = weight,
                        .soft_target = target,
                        .scale = scale,
                        .label_smoothing = label_smoothing,
                        .n = n,
                        .c = c,
                        .row = cross_entropy_row};
    each_row(&rows);
}

/* -- figures of a batch -------------------------------------------------------------------- */

/* Where the largest number stands, the first of several; a NaN counts as larger than all. */
static int64_t largest(const float *x, int64_t c) {
    int64_t best = 0;
    for (int64_t j = 1; j < c; j++)
        if (x[j] > x[best] || (isnan(x[j]) && !isnan(x[best]))) best = j;
    return best;
}

int64_t FERNET_FN(count_right)(const float *logits, const int32_t *target, int64_t n, int64_t c) {
    int64_t n_right = 0;
    for (int64_t i = 0; i < n; i++) n_right += largest(logits + i * c, c) == target[i];
    return n_right;
}

/* Pairwise, as NumPy sums up an array: halves of many numbers, eight running sums over few. */
static float sum_of(const float *x, int64_t n) {
    if (n > MOST_IN_A_SUM) {
        const int64_t half = n / 16 * 8;
        return sum_of(x, half) + sum_of(x + half, n - half);
    }
    float sums[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int l = 0; l < 8; l++) sums[l] += x[i + l];
    float sum =
        ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    for (; i < n; i++) sum += x[i];
    return sum;
}

int FERNET_FN(batch_figures)(double *figures, const float *loss, const float *logits,
                             const int32_t *target, int64_t n, int64_t c) {
    figures[0] = sum_of(loss, n);
    figures[1] = (double)FERNET_FN(count_right)(logits, target, n, c);
    return isfinite(figures[0]) ? 0 : 1;
}
