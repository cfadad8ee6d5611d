/* Sizes of a linear layer, and where its parameters lie among a network's. */
#ifndef FERNET_LINEAR_SHAPE_H
#define FERNET_LINEAR_SHAPE_H

#include <stdint.h>

/* x (n, d), y (n, b); the weight (d, b) and the bias (b) begin at these elements of the flat
 * parameters, the bias after the weight; `bias` is -1 where there is none. */
struct fernet_linear {
    int64_t n, d, b, weight, bias;
};

#endif
