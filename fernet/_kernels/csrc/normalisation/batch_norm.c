/* Batch normalisation of each channel (Ioffe & Szegedy 2015), the ReLU behind it included.
 *
 * Sums are taken in float32 over blocks of 64 rows, and added in float64 in the rows' order. The
 * variance is that of each block about the block's own mean, while the block is in the cache, and
 * the blocks' are joined by the distances of their means (Chan et al. 1983): x is read once, and a
 * mean far from zero costs no digits. The second pass of a kernel runs from the end of x, which the
 * first has left in the cache. */
#include <math.h>
#include <stddef.h>

#include "core/kernels.h"
#include "simd/simd.h"
#include "simd/stream.h"

/* A sum has four running parts, rows in turn: less rounding, and no wait for the last addition. */
enum { BLOCK = 64, PARTS = 4, TASK_FLOATS = 32768 };

struct batch_norm {
    float *out; /* y or dx */
    const float *x, *dy, *mean, *beta;
    int64_t m, c, rows_a_task, n_tasks; /* x is (m, c) */
    int relu, stream;
    double *first, *second; /* (n_tasks, c): the two sums over each task's rows */
    float *scale;           /* (c) gamma / sqrt(var + eps) */
    float *slope, *shift;   /* (c) of dx: what x - mean is multiplied by, and what is added */
};

static void cut(struct batch_norm *b) {
    const int64_t rows = b->c > 0 ? TASK_FLOATS / b->c / BLOCK * BLOCK : 0;
    b->rows_a_task = rows > BLOCK ? rows : BLOCK;
    b->n_tasks = (b->m + b->rows_a_task - 1) / b->rows_a_task;
    b->stream = b->out != b->x && b->out != b->dy && should_stream(b->out, b->m * b->c, b->c);
}

static int64_t end_row(const struct batch_norm *b, int64_t task) {
    const int64_t end = (task + 1) * b->rows_a_task;
    return end < b->m ? end : b->m;
}

static int allocate(struct batch_norm *b) {
    const size_t sums = (size_t)(b->n_tasks * b->c), c = (size_t)b->c;
    const size_t bytes = 2 * sums * sizeof(double) + (3 * c + 1) * sizeof(float);
    b->first = fernet_scratch(FERNET_SCRATCH_CALLER, bytes);
    if (b->first == NULL) return -1;
    b->second = b->first + sums;
    b->scale = (float *)(b->second + sums);
    b->slope = b->scale + c;
    b->shift = b->slope + c;
    return 0;
}

static double inverse_deviation(float var, double eps) { return 1.0 / sqrt((double)var + eps); }

/* The same floats in forward and backward, so that both see the same outputs positive. */
static void set_scale(struct batch_norm *b, const float *gamma, const float *var, double eps) {
    for (int64_t k = 0; k < b->c; k++)
        b->scale[k] = (float)(gamma[k] * inverse_deviation(var[k], eps));
}

FERNET_INLINE vf total(const vf parts[PARTS]) {
    return vf_add(vf_add(parts[0], parts[1]), vf_add(parts[2], parts[3]));
}

/* -- mean and variance --------------------------------------------------------------------- */

struct moments {
    float mean[VL];            /* of the block, rounded */
    float sum[VL], square[VL]; /* of x - mean, and of its square */
};

FERNET_INLINE void add_centred(vf *sum, vf *square, const float *x, vf mean, int left) {
    const vf centred = vf_sub(vf_load_up_to(x, left), mean);
    *sum = vf_add(*sum, centred);
    *square = vf_fma(centred, centred, *square);
}

FERNET_INLINE void block_moments(struct moments *moments, const float *x, int64_t c, int n_rows,
                                 int left) {
    vf sum[PARTS] = {vf_zero(), vf_zero(), vf_zero(), vf_zero()};
    vf square[PARTS] = {vf_zero(), vf_zero(), vf_zero(), vf_zero()};
    int i = 0;
    for (; i + PARTS <= n_rows; i += PARTS)
        for (int p = 0; p < PARTS; p++)
            sum[p] = vf_add(sum[p], vf_load_up_to(x + (i + p) * c, left));
    for (; i < n_rows; i++) sum[0] = vf_add(sum[0], vf_load_up_to(x + i * c, left));
    const vf mean = vf_div(total(sum), vf_set1((float)n_rows));
    for (int p = 0; p < PARTS; p++) sum[p] = vf_zero();
    for (i = 0; i + PARTS <= n_rows; i += PARTS)
        for (int p = 0; p < PARTS; p++)
            add_centred(&sum[p], &square[p], x + (i + p) * c, mean, left);
    for (; i < n_rows; i++) add_centred(&sum[0], &square[0], x + i * c, mean, left);
    vf_store(moments->mean, mean);
    vf_store(moments->sum, total(sum));
    vf_store(moments->square, total(square));
}

/* Join n rows of the given sum and squared deviations to those before them. */
FERNET_INLINE void join(double *sum, double *square, double n_before, double n, double more_sum,
                        double more_square) {
    const double distance = more_sum * (1.0 / n) - *sum * (1.0 / n_before);
    const double between = distance * distance * (n_before * n / (n_before + n));
    *square += more_square + (n_before > 0 ? between : 0.0);
    *sum += more_sum;
}

/* Not inlined: once a block of 64 rows, and gcc takes the lanes beyond `left` for read. */
FERNET_NOINLINE void join_block(double *sum, double *square, int64_t n_before, int n,
                                const struct moments *block, int left) {
    for (int l = 0; l < left; l++) {
        const double rest = block->sum[l];
        /* inf - inf: the mean is infinite, and stays so */
        const double more = (double)block->mean[l] * n + (rest == rest ? rest : 0.0);
        const double squares = block->square[l] - rest * rest * (1.0 / n);
        join(&sum[l], &square[l], (double)n_before, n, more, squares < 0.0 ? 0.0 : squares);
    }
}

static void moments_of_rows(void *context, int64_t task) {
    const struct batch_norm *b = context;
    const int64_t c = b->c, begin = task * b->rows_a_task, end = end_row(b, task);
    double *sum = b->first + task * c, *square = b->second + task * c;
    for (int64_t k = 0; k < c; k++) sum[k] = square[k] = 0.0;
    struct moments block;
    for (int64_t row = begin; row < end; row += BLOCK) {
        const float *x = b->x + row * c;
        const int n = end - row < BLOCK ? (int)(end - row) : BLOCK;
        int64_t k = 0;
        for (; k + VL <= c; k += VL) {
            block_moments(&block, x + k, c, n, VL);
            join_block(sum + k, square + k, row - begin, n, &block, VL);
        }
        if (k < c) {
            block_moments(&block, x + k, c, n, (int)(c - k));
            join_block(sum + k, square + k, row - begin, n, &block, (int)(c - k));
        }
    }
}

/* The tasks' moments joined in their order, in the place of the first's. */
static void mean_and_variance(struct batch_norm *b, float *mean, float *var) {
    fernet_parallel_for(b->n_tasks, moments_of_rows, b);
    for (int64_t task = 1; task < b->n_tasks; task++) {
        const double before = (double)(task * b->rows_a_task),
                     n = (double)end_row(b, task) - before;
        const double *sum = b->first + task * b->c, *square = b->second + task * b->c;
        for (int64_t k = 0; k < b->c; k++)
            join(&b->first[k], &b->second[k], before, n, sum[k], square[k]);
    }
    for (int64_t k = 0; k < b->c; k++) {
        mean[k] = b->m > 0 ? (float)(b->first[k] / (double)b->m) : 0.0f;
        var[k] = b->m > 0 ? (float)(b->second[k] / (double)b->m) : 0.0f;
    }
}

/* -- y ------------------------------------------------------------------------------------- */

/* Centred first: x * scale + (beta - mean * scale) would cancel where the mean is large. */
FERNET_INLINE vf normalised(const struct batch_norm *b, vf centred, int64_t k, int left) {
    return vf_fma(centred, vf_load_up_to(b->scale + k, left), vf_load_up_to(b->beta + k, left));
}

FERNET_INLINE vf centred_x(const struct batch_norm *b, int64_t at, int64_t k, int left) {
    return vf_sub(vf_load_up_to(b->x + at, left), vf_load_up_to(b->mean + k, left));
}

FERNET_INLINE void normalise_vector(const struct batch_norm *b, int64_t at, int64_t k, int left,
                                    int relu) {
    const vf y = normalised(b, centred_x(b, at, k, left), k, left);
    vf_put(b->out + at, relu ? vf_relu(y) : y, left, b->stream);
}

FERNET_INLINE void normalise_rows(const struct batch_norm *shared, int64_t task, int relu) {
    const struct batch_norm copy = *shared, *b = &copy; /* no store to floats can change it */
    const int64_t c = b->c, end = end_row(b, task) * c;
    for (int64_t at = task * b->rows_a_task * c; at < end; at += c) {
        int64_t k = 0;
        for (; k + VL <= c; k += VL) normalise_vector(b, at + k, k, VL, relu);
        if (k < c) normalise_vector(b, at + k, k, (int)(c - k), relu);
    }
}

static void normalise_task(void *context, int64_t task) {
    const struct batch_norm *b = context;
    if (b->relu)
        normalise_rows(b, b->n_tasks - 1 - task, 1);
    else
        normalise_rows(b, b->n_tasks - 1 - task, 0);
    if (b->stream) finish_stream();
}

/* -- dgamma, dbeta ------------------------------------------------------------------------- */

/* dy, or 0 where the ReLU gave 0. */
FERNET_INLINE vf gradient_of_y(const struct batch_norm *b, vf centred, int64_t at, int64_t k,
                               int left, int relu) {
    const vf dy = vf_load_up_to(b->dy + at, left);
    return relu ? vf_where_positive(normalised(b, centred, k, left), dy) : dy;
}

FERNET_INLINE void add_gradient(const struct batch_norm *b, vf *sum, vf *product, int64_t at,
                                int64_t k, int left, int relu) {
    const vf centred = centred_x(b, at, k, left);
    const vf dy = gradient_of_y(b, centred, at, k, left, relu);
    *sum = vf_add(*sum, dy);
    *product = vf_fma(dy, centred, *product);
}

/* Not inlined, so that the lanes go through memory, whence they are widened many at a time. */
FERNET_NOINLINE void add_lanes(double *sums, const float *lanes, int left) {
    for (int l = 0; l < left; l++) sums[l] += lanes[l];
}

/* Over a block's rows, of the channels k and on: dy, and dy (x - mean). */
FERNET_INLINE void sum_block(const struct batch_norm *b, double *sums, double *products,
                             int64_t row, int n_rows, int64_t k, int left, int relu) {
    vf sum[PARTS] = {vf_zero(), vf_zero(), vf_zero(), vf_zero()};
    vf product[PARTS] = {vf_zero(), vf_zero(), vf_zero(), vf_zero()};
    int64_t at = row * b->c + k;
    int i = 0;
    for (; i + PARTS <= n_rows; i += PARTS)
        for (int p = 0; p < PARTS; p++, at += b->c)
            add_gradient(b, &sum[p], &product[p], at, k, left, relu);
    for (; i < n_rows; i++, at += b->c) add_gradient(b, &sum[0], &product[0], at, k, left, relu);
    float block_sum[VL], block_product[VL];
    vf_store(block_sum, total(sum));
    vf_store(block_product, total(product));
    add_lanes(sums + k, block_sum, left);
    add_lanes(products + k, block_product, left);
}

FERNET_INLINE void sum_rows(const struct batch_norm *shared, int64_t task, int relu) {
    const struct batch_norm copy = *shared, *b = &copy; /* no store to floats can change it */
    const int64_t c = b->c, end = end_row(b, task);
    double *sums = b->first + task * c, *products = b->second + task * c;
    for (int64_t k = 0; k < c; k++) sums[k] = products[k] = 0.0;
    for (int64_t row = task * b->rows_a_task; row < end; row += BLOCK) {
        const int n = end - row < BLOCK ? (int)(end - row) : BLOCK;
        int64_t k = 0;
        for (; k + VL <= c; k += VL) sum_block(b, sums, products, row, n, k, VL, relu);
        if (k < c) sum_block(b, sums, products, row, n, k, (int)(c - k), relu);
    }
}

static void sum_task(void *context, int64_t task) {
    const struct batch_norm *b = context;
    if (b->relu)
        sum_rows(b, task, 1);
    else
        sum_rows(b, task, 0);
}

/* dgamma and dbeta, and from them the line that dx lies on:
 * dx = gamma r (dy - dbeta / m - (x - mean) r dgamma / m), with r = 1 / sqrt(var + eps). */
static void param_gradients(struct batch_norm *b, float *dgamma, float *dbeta, const float *gamma,
                            const float *var, double eps) {
    fernet_parallel_for(b->n_tasks, sum_task, b);
    for (int64_t k = 0; k < b->c; k++) {
        double sum = 0.0, product = 0.0;
        for (int64_t task = 0; task < b->n_tasks; task++) {
            sum += b->first[task * b->c + k];
            product += b->second[task * b->c + k];
        }
        const double r = inverse_deviation(var[k], eps), scale = gamma[k] * r;
        dgamma[k] = (float)(product * r);
        dbeta[k] = (float)sum;
        b->slope[k] = (float)(-scale * r * r * product / (double)b->m);
        b->shift[k] = (float)(-scale * sum / (double)b->m);
    }
}

/* -- dx ------------------------------------------------------------------------------------ */

FERNET_INLINE void dx_vector(const struct batch_norm *b, int64_t at, int64_t k, int left,
                             int relu) {
    const vf centred = centred_x(b, at, k, left);
    const vf dy = gradient_of_y(b, centred, at, k, left, relu);
    const vf line =
        vf_fma(centred, vf_load_up_to(b->slope + k, left), vf_load_up_to(b->shift + k, left));
    const vf dx = vf_fma(dy, vf_load_up_to(b->scale + k, left), line);
    vf_put(b->out + at, dx, left, b->stream);
}

FERNET_INLINE void dx_rows(const struct batch_norm *shared, int64_t task, int relu) {
    const struct batch_norm copy = *shared, *b = &copy; /* no store to floats can change it */
    const int64_t c = b->c, end = end_row(b, task) * c;
    for (int64_t at = task * b->rows_a_task * c; at < end; at += c) {
        int64_t k = 0;
        for (; k + VL <= c; k += VL) dx_vector(b, at + k, k, VL, relu);
        if (k < c) dx_vector(b, at + k, k, (int)(c - k), relu);
    }
}

static void dx_task(void *context, int64_t task) {
    const struct batch_norm *b = context;
    if (b->relu)
        dx_rows(b, b->n_tasks - 1 - task, 1);
    else
        dx_rows(b, b->n_tasks - 1 - task, 0);
    if (b->stream) finish_stream();
}

/* -- the kernels --------------------------------------------------------------------------- */

int FERNET_FN(batch_norm_forward)(float *y, float *mean, float *var, const float *x,
                                  const float *gamma, const float *beta, double eps, int64_t m,
                                  int64_t c, int relu) {
    struct batch_norm b =
        {.out = y, .x = x, .mean = mean, .beta = beta, .m = m, .c = c, .relu = relu};
    cut(&b);
    if (allocate(&b) != 0) return -1;
    mean_and_variance(&b, mean, var);
    set_scale(&b, gamma, var, eps);
    fernet_parallel_for(b.n_tasks, normalise_task, &b);
    return 0;
}

int FERNET_FN(batch_norm_inference)(float *y, const float *x, const float *gamma, const float *beta,
                                    const float *mean, const float *var, double eps, int64_t m,
                                    int64_t c, int relu) {
    struct batch_norm b =
        {.out = y, .x = x, .mean = mean, .beta = beta, .m = m, .c = c, .relu = relu};
    cut(&b);
    if (allocate(&b) != 0) return -1;
    set_scale(&b, gamma, var, eps);
    fernet_parallel_for(b.n_tasks, normalise_task, &b);
    return 0;
}

int FERNET_FN(batch_norm_backward)(float *dx, float *dgamma, float *dbeta, const float *dy,
                                   const float *x, const float *gamma, const float *beta,
                                   const float *mean, const float *var, double eps, int64_t m,
                                   int64_t c, int relu) {
    struct batch_norm b =
        {.out = dx, .x = x, .dy = dy, .mean = mean, .beta = beta, .m = m, .c = c, .relu = relu};
    cut(&b);
    if (allocate(&b) != 0) return -1;
    set_scale(&b, gamma, var, eps);
    param_gradients(&b, dgamma, dbeta, gamma, var, eps);
    fernet_parallel_for(b.n_tasks, dx_task, &b);
    return 0;
}
