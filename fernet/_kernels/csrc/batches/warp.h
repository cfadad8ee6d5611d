/* Augmented images: one affine warp, brightness and contrast, an erased box.
 *
 * Output pixel (r, c) takes the input's value at M (r - cr, c - cc, 1) + (cr, cc), with (cr, cc)
 * the centre: bilinear between pixels, mirrored beyond the border. A matrix of whole numbers
 * (flips, shifts) so copies pixels exactly. */
#ifndef FERNET_BATCH_WARP_H
#define FERNET_BATCH_WARP_H

#include <math.h>
#include <stdint.h>

#include "batches/rows.h"
#include "core/names.h"

struct warp {
    float *out;
    const void *X;
    const int64_t *indices;
    const float *matrices, *gain, *bias;
    const int32_t *boxes;
    const float *fill, *offset, *scale;
    float low, high; /* black and white, beyond which nothing is */
    int64_t h, w, c;
};

/* `position` reflected about the centres of the pixels 0 and size-1 */
static inline float mirror(float position, float size) {
    if (size == 1.0f) return 0.0f;
    const float period = 2.0f * (size - 1.0f);
    position = fabsf(position);
    position -= floorf(position / period) * period;
    const float back = period - position;
    const float inside = position < back ? position : back;
    if (!(inside > 0.0f)) return 0.0f; /* NaN, of a matrix that is not finite, too */
    return inside > size - 1.0f ? size - 1.0f : inside;
}

/* The pixel at or before a position, the next one (itself at the border), and how far between. */
struct between {
    int64_t low, high;
    float part;
};

static inline struct between between_pixels(float position, int64_t size) {
    const int64_t low = (int64_t)position;
    return (struct between){low, low + 1 < size ? low + 1 : low, position - (float)low};
}

FERNET_INLINE void warp_row(const struct warp *w, const float *m, const void *image,
                            float (*const at)(const void *, int64_t), int64_t r, float *out) {
    const float centre_r = (float)(w->h - 1) / 2, centre_c = (float)(w->w - 1) / 2;
    const float y = (float)r - centre_r;
    for (int64_t c = 0; c < w->w; c++) {
        const float x = (float)c - centre_c;
        const float row = m[0] * y + m[1] * x + m[2] + centre_r;
        const float column = m[3] * y + m[4] * x + m[5] + centre_c;
        const struct between i = between_pixels(mirror(row, (float)w->h), w->h);
        const struct between j = between_pixels(mirror(column, (float)w->w), w->w);
        const int64_t above = i.low * w->w, below = i.high * w->w;
        for (int64_t channel = 0; channel < w->c; channel++) {
            const float a = at(image, (above + j.low) * w->c + channel);
            const float b = at(image, (above + j.high) * w->c + channel);
            const float d = at(image, (below + j.low) * w->c + channel);
            const float e = at(image, (below + j.high) * w->c + channel);
            const float top = a + j.part * (b - a), bottom = d + j.part * (e - d);
            *out++ = top + i.part * (bottom - top);
        }
    }
}

static inline int64_t clamp(int64_t value, int64_t high) {
    return value < 0 ? 0 : value > high ? high : value;
}

static inline void erase_box(const struct warp *w, const int32_t *box, float fill, float *out) {
    const int64_t r1 = clamp(box[1], w->h), c1 = clamp(box[3], w->w);
    for (int64_t r = clamp(box[0], w->h); r < r1; r++)
        for (int64_t i = clamp(box[2], w->w) * w->c; i < c1 * w->c; i++)
            out[r * w->w * w->c + i] = fill;
}

FERNET_INLINE void warp_image(const struct warp *w, int64_t b, const void *image,
                              float (*const at)(const void *, int64_t)) {
    const int64_t row = w->w * w->c, size = w->h * row;
    float *out = w->out + b * size;
    for (int64_t r = 0; r < w->h; r++)
        warp_row(w, w->matrices + 6 * b, image, at, r, out + r * row);
    for (int64_t i = 0; i < size; i++) {
        const float value = out[i] * w->gain[b] + w->bias[b];
        out[i] = value < w->low ? w->low : value > w->high ? w->high : value;
    }
    erase_box(w, w->boxes + 4 * b, w->fill[b], out);
    standardise(out, w->offset, w->scale, size);
}

#endif
