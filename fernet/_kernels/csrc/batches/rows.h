/* Rows of a batch. */
#ifndef FERNET_BATCH_ROWS_H
#define FERNET_BATCH_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct gather {
    float *out;
    const void *X;
    const int64_t *indices;
    const float *offset, *scale;
    int64_t n, d; /* rows of the batch, values of a row */
};

/* x = (x - offset) * scale, either of them perhaps absent */
static inline void standardise(float *restrict x, const float *restrict offset,
                               const float *restrict scale, int64_t d) {
    if (offset != NULL)
        for (int64_t j = 0; j < d; j++) x[j] -= offset[j];
    if (scale != NULL)
        for (int64_t j = 0; j < d; j++) x[j] *= scale[j];
}

#endif
