/* Inverted dropout (report, section 2): a bit an element remembers what was kept. */
#include <stddef.h>

#include "core/chunks.h"
#include "core/kernels.h"
#include "core/sizes.h"
#include "simd/philox.h"
#include "simd/simd.h"

enum { DRAWN_CHUNK = 1024 }; /* of the forward: random words take most of its time */

struct dropout {
    float *out;
    uint8_t *mask_out;
    const float *in;
    const uint8_t *mask;
    const float *y; /* whose ReLU drops as well, or NULL */
    int64_t size;
    float scale;
    uint32_t threshold; /* words below it drop their element */
    struct philox stream;
};

static float keep_scale(double rate) { return (float)(1.0 / (1.0 - rate)); }

/* out = in * scale where the bit is set and, if `rectifies`, y > 0, else 0; up to 64 of them */
FERNET_INLINE void keep_some(const struct dropout *d, int64_t i, uint64_t bits, int count,
                             const int rectifies) {
    const vf scale = vf_set1(d->scale);
    for (int l = 0; l < count; l += VL) {
        vf value = vf_mul(scale, vf_load_up_to(d->in + i + l, count - l));
        if (rectifies) value = vf_where_positive(vf_load_up_to(d->y + i + l, count - l), value);
        vf_store_up_to(d->out + i + l, vf_keep(vm_of_bits((uint32_t)(bits >> l)), value),
                       count - l);
    }
}

/* PHILOX_WORDS elements from i on; the mask's bytes of these belong to no other call */
static void drop_some(const struct dropout *d, int64_t i, int count) {
    uint32_t words[PHILOX_WORDS];
    uint64_t bits = 0;
    philox_words(words, &d->stream, (uint64_t)i / 4);
    for (int l = 0; l < PHILOX_WORDS; l += VL)
        bits |= (uint64_t)bits_at_least(words + l, d->threshold) << l;
    if (count < PHILOX_WORDS) bits &= (1ull << count) - 1; /* those beyond the end are 0 */
    keep_some(d, i, bits, count, 0);
    for (int byte = 0; byte < (count + 7) / 8; byte++)
        d->mask_out[i / 8 + byte] = (uint8_t)(bits >> 8 * byte);
}

static void forward_chunk(void *context, int64_t chunk) {
    const struct dropout *d = context;
    const int64_t begin = chunk * DRAWN_CHUNK, end = min64(begin + DRAWN_CHUNK, d->size);
    for (int64_t i = begin; i < end; i += PHILOX_WORDS)
        drop_some(d, i, end - i < PHILOX_WORDS ? (int)(end - i) : PHILOX_WORDS);
}

static void backward_chunk(void *context, int64_t chunk) {
    const struct dropout *d = context;
    const int64_t end = chunk_end(chunk, d->size);
    for (int64_t i = chunk * CHUNK; i < end; i += PHILOX_WORDS) {
        const int count = end - i < PHILOX_WORDS ? (int)(end - i) : PHILOX_WORDS;
        uint64_t bits = 0;
        for (int byte = 0; byte < (count + 7) / 8; byte++)
            bits |= (uint64_t)d->mask[i / 8 + byte] << 8 * byte;
        if (d->y != NULL)
            keep_some(d, i, bits, count, 1);
        else
            keep_some(d, i, bits, count, 0);
    }
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
    fernet_parallel_for(ceil_div(size, DRAWN_CHUNK), forward_chunk, &d);
}

void FERNET_FN(dropout_backward)(float *dx, const float *dy, const uint8_t *mask, const float *y,
                                 int64_t size, double rate) {
    struct dropout d =
        {.out = dx, .in = dy, .mask = mask, .y = y, .size = size, .scale = keep_scale(rate)};
    fernet_parallel_for(n_chunks(size), backward_chunk, &d);
}
