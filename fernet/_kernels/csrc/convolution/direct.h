/* Convolutions of any shape as products of patches and weights: convolution.c chooses them. */
#ifndef FERNET_CONVOLUTION_DIRECT_H
#define FERNET_CONVOLUTION_DIRECT_H

#include "core/conv2d_shape.h"
#include "core/names.h"
#include "core/visibility.h"

/* As the kernels of the same names in kernel_list.h. */
FERNET_LOCAL int FERNET_FN(direct_forward)(float *y, const float *x, const float *weight,
                                           const float *bias, const struct fernet_conv2d *s,
                                           int relu);
FERNET_LOCAL int64_t FERNET_FN(direct_packed_size)(const struct fernet_conv2d *s);
FERNET_LOCAL void FERNET_FN(direct_pack)(float *packed, const float *weight,
                                         const struct fernet_conv2d *s);
FERNET_LOCAL int FERNET_FN(direct_backward_input)(float *dx, const float *dy, const float *weight,
                                                  const float *relu_x,
                                                  const struct fernet_conv2d *s);
FERNET_LOCAL int FERNET_FN(direct_backward_params)(float *dweight, float *dbias, const float *x,
                                                   const float *dy, const struct fernet_conv2d *s);

#endif
