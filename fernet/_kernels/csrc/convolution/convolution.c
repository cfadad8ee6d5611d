/* Convolution: which algorithm serves a shape. */
#include "convolution/direct.h"
#include "convolution/winograd.h"
#include "core/kernels.h"

/* Without channels there are no products to size Winograd's blocks by. */
static int by_winograd(const struct fernet_conv2d *s) {
    if (s->c == 0 || s->oc == 0) return 0;
    if (s->algorithm != FERNET_CONV_AUTO) return s->algorithm == FERNET_CONV_WINOGRAD;
    return s->kh == 3 && s->kw == 3 && s->stride_h == s->stride_w && s->stride_h <= 2 &&
           FERNET_FN(winograd_profitable)(s);
}

/* Stride 2 has transforms for the forward pass alone. */
static int gradients_by_winograd(const struct fernet_conv2d *s) {
    return s->stride_h == 1 && by_winograd(s);
}

int FERNET_FN(conv2d_forward)(float *y, const float *x, const float *weight, const float *bias,
                              const struct fernet_conv2d *shape, int relu) {
    if (by_winograd(shape)) return FERNET_FN(winograd_forward)(y, x, weight, bias, shape, relu);
    return FERNET_FN(direct_forward)(y, x, weight, bias, shape, relu);
}

int64_t FERNET_FN(conv2d_packed_size)(const struct fernet_conv2d *shape) {
    if (by_winograd(shape)) return FERNET_FN(winograd_packed_size)(shape);
    return FERNET_FN(direct_packed_size)(shape);
}

void FERNET_FN(conv2d_pack)(float *packed, const float *weight, const struct fernet_conv2d *shape) {
    if (by_winograd(shape))
        FERNET_FN(winograd_pack)(packed, weight, shape);
    else if (FERNET_FN(direct_packed_size)(shape) > 0)
        FERNET_FN(direct_pack)(packed, weight, shape);
}

int FERNET_FN(conv2d_backward_input)(float *dx, const float *dy, const float *weight,
                                     const float *relu_x, const struct fernet_conv2d *shape) {
    if (gradients_by_winograd(shape))
        return FERNET_FN(winograd_backward_input)(dx, dy, weight, relu_x, shape);
    return FERNET_FN(direct_backward_input)(dx, dy, weight, relu_x, shape);
}

int FERNET_FN(conv2d_backward_params)(float *dweight, float *dbias, const float *x, const float *dy,
                                      const struct fernet_conv2d *shape) {
    if (gradients_by_winograd(shape))
        return FERNET_FN(winograd_backward_params)(dweight, dbias, x, dy, shape);
    return FERNET_FN(direct_backward_params)(dweight, dbias, x, dy, shape);
}

int FERNET_FN(conv2d_backward)(float *dx, float *dweight, float *dbias, const float *x,
                               const float *dy, const float *weight, const float *relu_x,
                               const struct fernet_conv2d *shape) {
    if (gradients_by_winograd(shape))
        return FERNET_FN(winograd_backward)(dx, dweight, dbias, x, dy, weight, relu_x, shape);
    if (FERNET_FN(direct_backward_params)(dweight, dbias, x, dy, shape) != 0) return -1;
    return FERNET_FN(direct_backward_input)(dx, dy, weight, relu_x, shape);
}

int FERNET_FN(conv2d_pools)(const struct fernet_conv2d *shape) {
    return by_winograd(shape) && FERNET_FN(winograd_pools)(shape);
}

int FERNET_FN(conv2d_pool_forward)(float *y, uint8_t *argmax, const float *x, const float *weight,
                                   const float *bias, const struct fernet_conv2d *shape, int relu) {
    return FERNET_FN(winograd_pool_forward)(y, argmax, x, weight, bias, shape, relu);
}
