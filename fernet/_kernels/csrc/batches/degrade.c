/* Images made worse in place, as a lens, a sensor and a compression do, in that order; then scaled.
 *
 * Work goes on in grey levels, 0 to 255, a channel at a time. */
#include <math.h>
#include <stdatomic.h>
#include <stddef.h>

#include "batches/filter.h"
#include "batches/jpeg.h"
#include "batches/rows.h"
#include "core/degradation.h"
#include "core/kernels.h"
#include "simd/philox.h"

enum { NOISE_STREAM = 0xFFFF, TONES = 64 };

struct degrade {
    float *x;
    const float *offset, *scale;
    const struct fernet_degradation *how;
    float cosines[JPEG_BLOCK];
    atomic_int out_of_memory;
};

static inline float clip_level(float level) {
    return level > 0.0f ? level < 255.0f ? level : 255.0f : 0.0f;
}

/* level <- 255 (level / 255)^gamma, read off a curve of TONES straight pieces */
static void change_tone(float *plane, int64_t size, float gamma) {
    float curve[TONES + 2];
    for (int k = 0; k <= TONES; k++) curve[k] = 255.0f * powf((float)k / TONES, gamma);
    curve[TONES + 1] = curve[TONES];
    for (int64_t i = 0; i < size; i++) {
        const float place = clip_level(plane[i]) * (TONES / 255.0f);
        const int k = (int)place;
        plane[i] = curve[k] + (place - (float)k) * (curve[k + 1] - curve[k]);
    }
}

/* Nearly normal: the sum of a random word's four bytes, of variance 4 (256^2 - 1) / 12. */
static inline float nearly_normal(uint32_t word) {
    const int32_t sum =
        (int32_t)((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24));
    return (float)(sum - 510) * 0.0067658507f;
}

/* `first` is the element of the batch at which the plane's numbers begin in the stream. */
static void add_noise(float *plane, int64_t size, float deviation,
                      const struct fernet_degradation *how, int64_t first) {
    const struct philox stream = {.seed = how->seed, .step = how->step, .layer = NOISE_STREAM};
    uint32_t words[PHILOX_WORDS];
    for (int64_t i = 0; i < size; i += PHILOX_WORDS) {
        const int64_t count = min64(PHILOX_WORDS, size - i);
        philox_words(words, &stream, (uint64_t)(first + i) / 4);
        for (int64_t l = 0; l < count; l++) plane[i + l] += deviation * nearly_normal(words[l]);
    }
}

static void filter_plane(float *plane, float *other, const struct fernet_degradation *how,
                         int64_t b) {
    const int64_t h = how->h, w = how->w, size = h * w;
    const int32_t row = how->filters[2 * b], column = how->filters[2 * b + 1];
    if (row >= 0) {
        filter_rows(other, how->row_filters + row * h * h, plane, h, w);
        memcpy(plane, other, (size_t)size * sizeof *plane);
    }
    if (column >= 0) {
        transpose_plane(other, plane, h, w);
        filter_rows(plane, how->column_filters + column * w * w, other, w, h);
        transpose_plane(other, plane, w, h);
        memcpy(plane, other, (size_t)size * sizeof *plane);
    }
}

static void degrade_plane(const struct degrade *d, float *plane, float *other, int64_t b,
                          int64_t channel) {
    const struct fernet_degradation *how = d->how;
    const int64_t size = how->h * how->w;
    filter_plane(plane, other, how, b);
    if (how->gamma[b] != 1.0f) change_tone(plane, size, how->gamma[b]);
    if (how->noise[b] > 0.0f)
        add_noise(plane, size, how->noise[b], how,
                  (b * how->c + channel) * round_up(size, PHILOX_WORDS));
    for (int64_t i = 0; i < size; i++) plane[i] = clip_level(plane[i]);
    if (how->coarseness[b] > 0.0f) {
        jpeg_plane(plane, how->h, how->w, d->cosines, how->coarseness[b]);
        for (int64_t i = 0; i < size; i++) plane[i] = clip_level(plane[i]);
    }
}

static void degrade_image(void *context, int64_t b) {
    struct degrade *d = context;
    const struct fernet_degradation *how = d->how;
    const int64_t size = how->h * how->w, c = how->c;
    float *x = d->x + b * size * c;
    float *plane = fernet_scratch(FERNET_SCRATCH_TASK, (size_t)(2 * size) * sizeof *plane);
    if (plane == NULL) {
        atomic_store(&d->out_of_memory, 1);
        return;
    }
    for (int64_t channel = 0; channel < c; channel++) {
        for (int64_t i = 0; i < size; i++)
            plane[i] = (x[i * c + channel] - how->black) / how->grey_level;
        degrade_plane(d, plane, plane + size, b, channel);
        for (int64_t i = 0; i < size; i++)
            x[i * c + channel] = how->black + how->grey_level * plane[i];
    }
    standardise(x, d->offset, d->scale, size * c);
}

int FERNET_FN(degrade_images)(float *x, const float *offset, const float *scale,
                              const struct fernet_degradation *how) {
    struct degrade d = {.x = x, .offset = offset, .scale = scale, .how = how};
    jpeg_cosines(d.cosines);
    fernet_parallel_for(how->n, degrade_image, &d);
    return atomic_load(&d.out_of_memory) ? -1 : 0;
}
