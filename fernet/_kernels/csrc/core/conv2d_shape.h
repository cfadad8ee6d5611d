/* What a two-dimensional convolution is made of, and how it is to be computed. */
#ifndef FERNET_CONV2D_SHAPE_H
#define FERNET_CONV2D_SHAPE_H

#include <stdint.h>

enum fernet_conv_algorithm { FERNET_CONV_AUTO, FERNET_CONV_DIRECT, FERNET_CONV_WINOGRAD };

/* x (n, h, w, c), weight (kh, kw, c, oc), y (n, oh, ow, oc); zeros pad both sides alike, fewer than
 * the kernel is long. Winograd is asked for with kh = kw = 3 and both strides 1 or both 2 alone;
 * the gradients of stride 2 are direct even so. Forward, `training` takes what is fastest for
 * batches, else for one image, as the bits of a prediction are not to depend on its batch. `packed`
 * are the weights as conv2d_pack lays them out for predictions, which are then read in their stead,
 * or NULL. */
struct fernet_conv2d {
    int64_t n, h, w, c, oc, kh, kw, oh, ow, stride_h, stride_w, pad_h, pad_w;
    int algorithm, training;
    const float *packed;
};

#endif
