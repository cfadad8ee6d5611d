/* What JPEG loses of a plane: blocks of 8x8 in steps of their cosine coefficients.
 *
 * ITU-T T.81, annex A.3 (transform and quantisation) and table K.1 (luminance). The steps of a
 * quality q are those of the table times 50 / q below 50, 2 - q / 50 above: the Independent JPEG
 * Group's scale. Decoded pixels are not rounded. */
#ifndef FERNET_BATCH_JPEG_H
#define FERNET_BATCH_JPEG_H

#include <math.h>
#include <stdint.h>

#include "core/sizes.h"

enum { JPEG_SIDE = 8, JPEG_BLOCK = 64 };

static const float jpeg_steps[JPEG_BLOCK] = {
    16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
    14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
    18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};

/* The matrix of the transform: row u the cosine of u half-turns over the block. */
static inline void jpeg_cosines(float cosines[JPEG_BLOCK]) {
    const double pi = 3.14159265358979323846;
    for (int u = 0; u < JPEG_SIDE; u++)
        for (int x = 0; x < JPEG_SIDE; x++)
            cosines[u * JPEG_SIDE + x] =
                (float)((u == 0 ? sqrt(0.125) : 0.5) * cos((2 * x + 1) * u * pi / 16));
}

/* y = a b, or a transposed times b; all of them 8x8 */
static inline void jpeg_product(float *restrict y, const float *restrict a, const float *restrict b,
                                int a_row, int a_column) {
    for (int i = 0; i < JPEG_SIDE; i++) {
        float row[JPEG_SIDE] = {0};
        for (int k = 0; k < JPEG_SIDE; k++)
            for (int j = 0; j < JPEG_SIDE; j++)
                row[j] += a[i * a_row + k * a_column] * b[k * JPEG_SIDE + j];
        for (int j = 0; j < JPEG_SIDE; j++) y[i * JPEG_SIDE + j] = row[j];
    }
}

static inline void jpeg_transpose(float *block) {
    for (int i = 0; i < JPEG_SIDE; i++)
        for (int j = 0; j < i; j++) {
            const float other = block[j * JPEG_SIDE + i];
            block[j * JPEG_SIDE + i] = block[i * JPEG_SIDE + j];
            block[i * JPEG_SIDE + j] = other;
        }
}

/* The table's steps times `coarseness`, whole and within a byte. */
static inline void jpeg_scaled_steps(float steps[JPEG_BLOCK], float coarseness) {
    for (int k = 0; k < JPEG_BLOCK; k++) {
        const float step = floorf(jpeg_steps[k] * coarseness + 0.5f);
        steps[k] = step < 1.0f ? 1.0f : step > 255.0f ? 255.0f : step;
    }
}

/* block: levels about 128 on the way in and out. Rows are transformed as columns, transposed. */
static inline void jpeg_quantise(float *block, const float *cosines, const float *steps) {
    float other[JPEG_BLOCK];
    jpeg_product(other, cosines, block, JPEG_SIDE, 1);
    jpeg_transpose(other);
    jpeg_product(block, cosines, other, JPEG_SIDE, 1);
    jpeg_transpose(block);
    for (int k = 0; k < JPEG_BLOCK; k++) block[k] = floorf(block[k] / steps[k] + 0.5f) * steps[k];
    jpeg_product(other, cosines, block, 1, JPEG_SIDE);
    jpeg_transpose(other);
    jpeg_product(block, cosines, other, 1, JPEG_SIDE);
    jpeg_transpose(block);
}

/* Blocks that the border cuts are filled up with its pixels. */
static inline void jpeg_plane(float *x, int64_t h, int64_t w, const float *cosines,
                              float coarseness) {
    float block[JPEG_BLOCK], steps[JPEG_BLOCK];
    jpeg_scaled_steps(steps, coarseness);
    for (int64_t top = 0; top < h; top += JPEG_SIDE)
        for (int64_t left = 0; left < w; left += JPEG_SIDE) {
            for (int k = 0; k < JPEG_BLOCK; k++) {
                const int64_t i = min64(top + k / JPEG_SIDE, h - 1);
                const int64_t j = min64(left + k % JPEG_SIDE, w - 1);
                block[k] = x[i * w + j] - 128.0f;
            }
            jpeg_quantise(block, cosines, steps);
            for (int64_t i = top; i < min64(top + JPEG_SIDE, h); i++)
                for (int64_t j = left; j < min64(left + JPEG_SIDE, w); j++)
                    x[i * w + j] = block[(i - top) * JPEG_SIDE + j - left] + 128.0f;
        }
}

#endif
