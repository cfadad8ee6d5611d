/* Inverted dropout (report, section 2): a bit an element remembers what was kept. */
#include "chunks.h"
#include "fernet_kernels.h"
#include "philox.h"
#include "simd.h"

struct dropout {
    float *out;
    uint8_t *mask_out;
    const float *in;
    const uint8_t *mask;
    int64_t size;
    float scale;
    uint32_t threshold; /* words below it drop their element */
    struct philox stream;
};

static float keep_scale(double rate) { return (float)(1.0 / (1.0 - rate)); }

/* PHILOX_WORDS elements from i on; the mask's bytes of these belong to no other call */
static void drop_some(const struct dropout *d, int64_t i, int count) {
    uint32_t words[PHILOX_WORDS];
    float values[PHILOX_WORDS] = {0};
    uint8_t kept[PHILOX_WORDS];
    philox_words(words, &d->stream, (uint64_t)i / 4);
    memcpy(values, d->in + i, (size_t)count * sizeof *values);
    for (int l = 0; l < PHILOX_WORDS; l++) {
        const int keep = words[l] >= d->threshold;
        kept[l] = (uint8_t)keep;
        values[l] = keep ? values[l] * d->scale : 0.0f;
    }
    memcpy(d->out + i, values, (size_t)count * sizeof *values);
    for (int l = count; l < PHILOX_WORDS; l++) kept[l] = 0; /* bits beyond the end are 0 */
    for (int byte = 0; byte < (count + 7) / 8; byte++) {
        unsigned bits = 0;
        for (int l = 0; l < 8; l++) bits |= (unsigned)kept[8 * byte + l] << l;
        d->mask_out[i / 8 + byte] = (uint8_t)bits;
    }
}

static void forward_chunk(void *context, int64_t chunk) {
    const struct dropout *d = context;
    const int64_t end = chunk_end(chunk, d->size);
    for (int64_t i = chunk * CHUNK; i < end; i += PHILOX_WORDS)
        drop_some(d, i, end - i < PHILOX_WORDS ? (int)(end - i) : PHILOX_WORDS);
}

static void backward_chunk(void *context, int64_t chunk) {
    const struct dropout *d = context;
    const int64_t begin = chunk * CHUNK, end = chunk_end(chunk, d->size);
    int64_t i = begin;
    for (; i + 8 <= end; i += 8) {
        const uint32_t bits = d->mask[i / 8];
        for (int l = 0; l < 8; l++)
            d->out[i + l] = (bits >> l) & 1u ? d->in[i + l] * d->scale : 0.0f;
    }
    for (; i < end; i++)
        d->out[i] = (d->mask[i / 8] >> (i % 8)) & 1u ? d->in[i] * d->scale : 0.0f;
}

void FERNET_FN(dropout_forward)(float *y, uint8_t *mask, const float *x, int64_t size, double rate,
                                uint64_t seed, uint64_t step, uint32_t layer) {
    struct dropout d = {.out = y,
                        .mask_out = mask,
                        .in = x,
                        .size = size,
                        .scale = keep_scale(rate),
                        .threshold = (uint32_t)(rate * 4294967296.0),
                        .stream = {.seed = seed, .step = step, .layer = layer}};
    fernet_parallel_for(n_chunks(size), forward_chunk, &d);
}

void FERNET_FN(dropout_backward)(float *dx, const float *dy, const uint8_t *mask, int64_t size,
                                 double rate) {
    struct dropout d = {.out = dx, .in = dy, .mask = mask, .size = size, .scale = keep_scale(rate)};
    fernet_parallel_for(n_chunks(size), backward_chunk, &d);
}
