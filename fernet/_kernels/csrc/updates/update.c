/* Updates of the flat parameter array, each in one pass over it.
 *
 * SGD reads params, velocity and grads and writes two of them: 20 bytes a parameter, 26 MB for the
 * report's MLP (but see linear_update.c). Memory sets the pace, so chunks go to all cores and
 * nothing is read twice: the sum of squares for the L2 term of the loss is taken on the way. */
#include "updates/update.h"

#include "core/chunks.h"
#include "core/denormals.h"
#include "core/kernels.h"

struct flat {
    struct update update;
    const float *grads;
    int64_t size;
    int64_t n_decayed; /* the first so many parameters carry weight decay */
    float factor;      /* of the EMA and of plain scaling */
    double *squares;   /* one sum a chunk, or NULL */
};

/* -- sums of squares ----------------------------------------------------------------------- */

/* In float64 and in eight running sums, added in a fixed order. */
static double squares_of(const float *x, int64_t size) {
    double sums[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= size; i += 8)
        for (int l = 0; l < 8; l++) sums[l] += (double)x[i + l] * (double)x[i + l];
    for (int l = 0; i + l < size; l++) sums[l] += (double)x[i + l] * (double)x[i + l];
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
           ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

/* Of the chunk's decayed parameters, which the update is about to read anyway: the chunk is in the
 * first-level cache from here on. */
static void note_squares(const struct flat *flat, int64_t chunk) {
    if (flat->squares == NULL) return;
    const int64_t begin = chunk * CHUNK, end = chunk_end(chunk, flat->n_decayed);
    flat->squares[chunk] = end > begin ? squares_of(flat->update.params + begin, end - begin) : 0.0;
}

static double total(const double *squares, int64_t n) {
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) sum += squares[i];
    return sum;
}

/* Run the update; with weight decay, return the decayed parameters' sum of squares before it. */
static double run_update(struct flat *flat, fernet_task task) {
    const int64_t n = n_chunks(flat->size);
    const struct update *u = &flat->update;
    const int sums = u->weight_decay != 0.0f;
    if (sums)
        flat->squares = fernet_scratch(FERNET_SCRATCH_CALLER, (size_t)(n + 1) * sizeof(double));
    double sum = 0.0;
    if (sums && flat->squares == NULL) sum = squares_of(u->params, flat->n_decayed);
    fernet_parallel_for(n, task, flat);
    return flat->squares != NULL ? total(flat->squares, n) : sum;
}

/* -- one chunk ----------------------------------------------------------------------------- */

/* Weight decay of parameters i .. i + left - 1. */
FERNET_INLINE vf decay_at(const struct flat *flat, int64_t i, int left) {
    if (i + left <= flat->n_decayed) return vf_set1(flat->update.weight_decay);
    if (i >= flat->n_decayed) return vf_zero();
    float decay[VL] = {0};
    for (int l = 0; i + l < flat->n_decayed; l++) decay[l] = flat->update.weight_decay;
    return vf_load(decay);
}

FERNET_INLINE void update_chunk(const struct flat *flat, int64_t chunk,
                                vector_update *update_vector) {
    const struct update u = flat->update;
    note_squares(flat, chunk);
    const int64_t end = chunk_end(chunk, flat->size);
    int64_t i = chunk * CHUNK;
    for (; i + VL <= end; i += VL) update_vector(&u, i, VL, flat->grads + i, decay_at(flat, i, VL));
    const int left = (int)(end - i);
    if (left > 0) update_vector(&u, i, left, flat->grads + i, decay_at(flat, i, left));
}

static void sgd_chunk(void *context, int64_t chunk) {
    const uint64_t before = flush_denormals();
    update_chunk(context, chunk, sgd_vector);
    restore_denormals(before);
}

static void adam_chunk(void *context, int64_t chunk) {
    const uint64_t before = flush_denormals();
    update_chunk(context, chunk, adam_vector);
    restore_denormals(before);
}

/* average = decay * average + (1 - decay) * params */
static void ema_chunk(void *context, int64_t chunk) {
    const struct flat *flat = context;
    float *averages = flat->update.params;
    const int64_t end = chunk_end(chunk, flat->size);
    const vf decay = vf_set1(flat->factor), rest = vf_set1(1.0f - flat->factor);
    for (int64_t i = chunk * CHUNK; i < end; i += VL) {
        const int left = end - i < VL ? (int)(end - i) : VL;
        const vf average = vf_mul(decay, vf_load_up_to(averages + i, left));
        vf_store_up_to(averages + i, vf_fma(rest, vf_load_up_to(flat->grads + i, left), average),
                       left);
    }
}

static void scale_chunk(void *context, int64_t chunk) {
    const struct flat *flat = context;
    const int64_t end = chunk_end(chunk, flat->size);
    for (int64_t i = chunk * CHUNK; i < end; i++) flat->update.params[i] *= flat->factor;
}

static void squares_chunk(void *context, int64_t chunk) { note_squares(context, chunk); }

/* -- the kernels --------------------------------------------------------------------------- */

double FERNET_FN(sgd_update)(float *params, float *velocity, const float *grads, int64_t size,
                             int64_t n_decayed, float learning_rate, float momentum,
                             float weight_decay, int nesterov) {
    struct flat flat = {.grads = grads,
                        .size = size,
                        .n_decayed = n_decayed,
                        .update =
                            sgd(params, velocity, learning_rate, momentum, weight_decay, nesterov)};
    return run_update(&flat, sgd_chunk);
}

double FERNET_FN(adam_update)(float *params, float *first_moment, float *second_moment,
                              const float *grads, int64_t size, int64_t n_decayed,
                              float learning_rate, double beta_1, double beta_2, float epsilon,
                              float weight_decay) {
    struct flat flat = {.grads = grads,
                        .size = size,
                        .n_decayed = n_decayed,
                        .update = adam(params, first_moment, second_moment, learning_rate, beta_1,
                                       beta_2, epsilon, weight_decay)};
    return run_update(&flat, adam_chunk);
}

void FERNET_FN(ema_update)(float *average, const float *params, int64_t size, float decay) {
    struct flat flat = {.update.params = average, .grads = params, .size = size, .factor = decay};
    fernet_parallel_for(n_chunks(size), ema_chunk, &flat);
}

void FERNET_FN(scale_inplace)(float *x, int64_t size, float factor) {
    struct flat flat = {.update.params = x, .size = size, .factor = factor};
    fernet_parallel_for(n_chunks(size), scale_chunk, &flat);
}

double FERNET_FN(sum_of_squares)(const float *x, int64_t size) {
    struct flat flat = {.size = size,
                        .n_decayed = size,
                        .update = {.params = (float *)x, .weight_decay = 1.0f}};
    return run_update(&flat, squares_chunk);
}
