/* Filters along an axis of a plane: each output row a weighted sum of input rows.
 *
 * A blur, a coarser resolution and the way back, and a motion all have that form. A face is so
 * small that a full matrix, its zeros passed over, costs less than telling them apart. */
#ifndef FERNET_BATCH_FILTER_H
#define FERNET_BATCH_FILTER_H

#include <stdint.h>
#include <string.h>

/* y (h, w) = filter (h, h) x (h, w) */
static inline void filter_rows(float *restrict y, const float *restrict filter,
                               const float *restrict x, int64_t h, int64_t w) {
    memset(y, 0, (size_t)(h * w) * sizeof *y);
    for (int64_t i = 0; i < h; i++)
        for (int64_t k = 0; k < h; k++) {
            const float weight = filter[i * h + k];
            if (weight == 0.0f) continue;
            for (int64_t j = 0; j < w; j++) y[i * w + j] += weight * x[k * w + j];
        }
}

/* y (w, h) = x (h, w) transposed */
static inline void transpose_plane(float *restrict y, const float *restrict x, int64_t h,
                                   int64_t w) {
    for (int64_t i = 0; i < h; i++)
        for (int64_t j = 0; j < w; j++) y[j * h + i] = x[i * w + j];
}

#endif
