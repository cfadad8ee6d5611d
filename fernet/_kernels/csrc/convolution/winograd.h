/* 3x3 convolutions by Winograd's minimal filtering, of stride 1 and, forward alone, of stride 2:
 * convolution.c chooses them. */
#ifndef FERNET_WINOGRAD_H
#define FERNET_WINOGRAD_H

#include "core/conv2d_shape.h"
#include "core/names.h"
#include "core/visibility.h"

/* Whether this is faster than direct convolution for a 3x3 of stride 1 or 2. */
FERNET_LOCAL int FERNET_FN(winograd_profitable)(const struct fernet_conv2d *s);

/* Whether winograd_pool_forward can do it. */
FERNET_LOCAL int FERNET_FN(winograd_pools)(const struct fernet_conv2d *s);

/* As conv2d_packed_size and conv2d_pack. */
FERNET_LOCAL int64_t FERNET_FN(winograd_packed_size)(const struct fernet_conv2d *s);
FERNET_LOCAL void FERNET_FN(winograd_pack)(float *packed, const float *weight,
                                           const struct fernet_conv2d *s);

/* As the kernels of the same names without the prefix in kernel_list.h. */
FERNET_LOCAL int FERNET_FN(winograd_forward)(float *y, const float *x, const float *weight,
                                             const float *bias, const struct fernet_conv2d *s,
                                             int relu);
FERNET_LOCAL int FERNET_FN(winograd_pool_forward)(float *y, uint8_t *argmax, const float *x,
                                                  const float *weight, const float *bias,
                                                  const struct fernet_conv2d *s, int relu);
FERNET_LOCAL int FERNET_FN(winograd_backward_input)(float *dx, const float *dy, const float *weight,
                                                    const float *relu_x,
                                                    const struct fernet_conv2d *s);
FERNET_LOCAL int FERNET_FN(winograd_backward_params)(float *dweight, float *dbias, const float *x,
                                                     const float *dy,
                                                     const struct fernet_conv2d *s);
FERNET_LOCAL int FERNET_FN(winograd_backward)(float *dx, float *dweight, float *dbias,
                                              const float *x, const float *dy, const float *weight,
                                              const float *relu_x, const struct fernet_conv2d *s);

#endif
