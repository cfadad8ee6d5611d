/* What makes the images of a batch worse, as a camera, a narrow line or a far face would. */
#ifndef FERNET_DEGRADATION_H
#define FERNET_DEGRADATION_H

#include <stdint.h>

struct fernet_degradation {
    int64_t n, h, w, c;
    int64_t n_filters;
    const float *row_filters;    /* (K, H, H): weights of the input's rows for each output row */
    const float *column_filters; /* (K, W, W): weights of the input's columns, likewise */
    const int32_t *filters;      /* (N, 2): which one along rows and along columns; -1: none */
    const float *gamma;          /* (N): exponent of light; 1: none */
    const float *noise;          /* (N): standard deviation in grey levels; 0: none */
    const float *coarseness;     /* (N): factor on JPEG's steps of quantisation; 0: none */
    float black, grey_level;     /* a value is black + grey_level * (0 to 255) */
    uint64_t seed, step;         /* key of the noise */
};

#endif
