/* Updates of the flat parameter array, each in one pass over it.
 *
 * SGD reads params, velocity and grads and writes two of them: 20 bytes a parameter, 26 MB for the
 * report's MLP. Memory sets the pace, so chunks go to all cores and nothing is read twice: the sum
 * of squares that the L2 term of the loss needs is taken on the way. */
#include "chunks.h"
#include "fernet_kernels.h"
#include "simd.h"

struct update {
    float *params, *first, *second;
    const float *grads;
    int64_t size, n_decayed;
    float learning_rate, momentum, weight_decay;
    float beta_1, beta_2, rest_1, rest_2, epsilon; /* rest = 1 - beta */
    float factor; /* of the EMA and of plain scaling */
    int nesterov;
    double *squares; /* one sum a chunk, or NULL */
};

/* -- sums of squares ----------------------------------------------------------------------- */

/* In float64 and in eight running sums, added in a fixed order. */
static double squares_of(const float *x, int64_t size) {
    double sums[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= size; i += 8)
        for (int l = 0; l < 8; l++) sums[l] += (double)x[i + l] * (double)x[i + l];
    for (int l = 0; i + l < size; l++) sums[l] += (double)x[i + l] * (double)x[i + l];
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

/* Of the chunk's decayed parameters, which the update is about to read anyway: the chunk is in the
 * first-level cache from here on. */
static void note_squares(const struct update *u, int64_t chunk) {
    if (u->squares == NULL) return;
    const int64_t begin = chunk * CHUNK, end = chunk_end(chunk, u->n_decayed);
    u->squares[chunk] = end > begin ? squares_of(u->params + begin, end - begin) : 0.0;
}

static double total(const double *squares, int64_t n) {
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) sum += squares[i];
    return sum;
}

/* Run the update; with `squares`, return the decayed parameters' sum of squares before it. */
static double run_update(struct update *u, fernet_task task) {
    const int64_t n = n_chunks(u->size);
    if (u->weight_decay != 0.0f)
        u->squares = fernet_scratch(FERNET_SCRATCH_CALLER, (size_t)(n + 1) * sizeof(double));
    double sum = 0.0;
    if (u->weight_decay != 0.0f && u->squares == NULL) sum = squares_of(u->params, u->n_decayed);
    fernet_parallel_for(n, task, u);
    return u->squares != NULL ? total(u->squares, n) : sum;
}

/* -- one vector ---------------------------------------------------------------------------- */

FERNET_INLINE vf decayed_gradient(const struct update *u, int64_t i, int left, vf params) {
    const vf grads = vf_load_up_to(u->grads + i, left);
    if (i + left <= u->n_decayed) return vf_fma(vf_set1(u->weight_decay), params, grads);
    if (i >= u->n_decayed) return grads;
    float decay[VL];
    for (int l = 0; l < VL; l++) decay[l] = i + l < u->n_decayed ? u->weight_decay : 0.0f;
    return vf_fma(vf_load(decay), params, grads);
}

FERNET_INLINE void sgd_vector(const struct update *u, int64_t i, int left) {
    const vf params = vf_load_up_to(u->params + i, left);
    const vf momentum = vf_set1(u->momentum);
    const vf step = vf_mul(vf_set1(u->learning_rate), decayed_gradient(u, i, left, params));
    const vf velocity = vf_sub(vf_mul(momentum, vf_load_up_to(u->first + i, left)), step);
    const vf move = u->nesterov ? vf_sub(vf_mul(momentum, velocity), step) : velocity;
    vf_store_up_to(u->first + i, velocity, left);
    vf_store_up_to(u->params + i, vf_add(params, move), left);
}

FERNET_INLINE void adam_vector(const struct update *u, int64_t i, int left) {
    const vf params = vf_load_up_to(u->params + i, left);
    const vf grads = decayed_gradient(u, i, left, params);
    const vf first = vf_fma(vf_set1(u->rest_1), grads,
                            vf_mul(vf_set1(u->beta_1), vf_load_up_to(u->first + i, left)));
    const vf second = vf_fma(vf_mul(vf_set1(u->rest_2), grads), grads,
                             vf_mul(vf_set1(u->beta_2), vf_load_up_to(u->second + i, left)));
    const vf move = vf_div(vf_mul(vf_set1(u->learning_rate), first),
                           vf_add(vf_sqrt(second), vf_set1(u->epsilon)));
    vf_store_up_to(u->first + i, first, left);
    vf_store_up_to(u->second + i, second, left);
    vf_store_up_to(u->params + i, vf_sub(params, move), left);
}

/* -- one chunk ----------------------------------------------------------------------------- */

static void sgd_chunk(void *context, int64_t chunk) {
    const struct update *u = context;
    note_squares(u, chunk);
    const int64_t end = chunk_end(chunk, u->size);
    int64_t i = chunk * CHUNK;
    for (; i + VL <= end; i += VL) sgd_vector(u, i, VL);
    if (i < end) sgd_vector(u, i, (int)(end - i));
}

static void adam_chunk(void *context, int64_t chunk) {
    const struct update *u = context;
    note_squares(u, chunk);
    const int64_t end = chunk_end(chunk, u->size);
    int64_t i = chunk * CHUNK;
    for (; i + VL <= end; i += VL) adam_vector(u, i, VL);
    if (i < end) adam_vector(u, i, (int)(end - i));
}

/* average = decay * average + (1 - decay) * params */
static void ema_chunk(void *context, int64_t chunk) {
    const struct update *u = context;
    const int64_t end = chunk_end(chunk, u->size);
    const vf decay = vf_set1(u->factor), rest = vf_set1(1.0f - u->factor);
    for (int64_t i = chunk * CHUNK; i < end; i += VL) {
        const int left = end - i < VL ? (int)(end - i) : VL;
        const vf average = vf_mul(decay, vf_load_up_to(u->params + i, left));
        vf_store_up_to(u->params + i, vf_fma(rest, vf_load_up_to(u->grads + i, left), average), left);
    }
}

static void scale_chunk(void *context, int64_t chunk) {
    const struct update *u = context;
    const int64_t end = chunk_end(chunk, u->size);
    for (int64_t i = chunk * CHUNK; i < end; i++) u->params[i] *= u->factor;
}

/* -- the kernels --------------------------------------------------------------------------- */

double FERNET_FN(sgd_update)(float *params, float *velocity, const float *grads, int64_t size,
                           int64_t n_decayed, float learning_rate, float momentum,
                           float weight_decay, int nesterov) {
    struct update u = {.params = params, .first = velocity, .grads = grads, .size = size,
                       .n_decayed = n_decayed, .learning_rate = learning_rate,
                       .momentum = momentum, .weight_decay = weight_decay, .nesterov = nesterov};
    return run_update(&u, sgd_chunk);
}

double FERNET_FN(adam_update)(float *params, float *first_moment, float *second_moment,
                            const float *grads, int64_t size, int64_t n_decayed,
                            float learning_rate, double beta_1, double beta_2, float epsilon,
                            float weight_decay) {
    struct update u = {.params = params, .first = first_moment, .second = second_moment,
                       .grads = grads, .size = size, .n_decayed = n_decayed,
                       .learning_rate = learning_rate, .beta_1 = (float)beta_1,
                       .beta_2 = (float)beta_2, .rest_1 = (float)(1.0 - beta_1),
                       .rest_2 = (float)(1.0 - beta_2), .epsilon = epsilon,
                       .weight_decay = weight_decay};
    return run_update(&u, adam_chunk);
}

void FERNET_FN(ema_update)(float *average, const float *params, int64_t size, float decay) {
    struct update u = {.params = average, .grads = params, .size = size, .factor = decay};
    fernet_parallel_for(n_chunks(size), ema_chunk, &u);
}

void FERNET_FN(scale_inplace)(float *x, int64_t size, float factor) {
    struct update u = {.params = x, .size = size, .factor = factor};
    fernet_parallel_for(n_chunks(size), scale_chunk, &u);
}

static void squares_chunk(void *context, int64_t chunk) { note_squares(context, chunk); }

double FERNET_FN(sum_of_squares)(const float *x, int64_t size) {
    struct update u = {.params = (float *)x, .size = size, .n_decayed = size, .weight_decay = 1.0f};
    return run_update(&u, squares_chunk);
}
