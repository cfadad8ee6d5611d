/* Convolutions, directly and by Winograd's algorithms, forward and both gradients. */
#include "core/kernels.h"

#include <math.h>
#include <stdio.h>

#include "check.h"

typedef struct fernet_conv2d shape_t;

struct convolution {
    const shape_t *s;
    const float *x, *weight, *bias, *dy;
    double *y, *dx, *dweight, *dbias;
};

/* One product of the sum that an output is, and its share in both gradients. */
static void add_product(const struct convolution *c, int64_t in, int64_t out, int64_t tap) {
    const shape_t *s = c->s;
    for (int64_t i = 0; i < s->c; i++)
        for (int64_t o = 0; o < s->oc; o++) {
            const int64_t w = (tap * s->c + i) * s->oc + o;
            c->y[out + o] += (double)c->x[in + i] * c->weight[w];
            c->dx[in + i] += (double)c->dy[out + o] * c->weight[w];
            c->dweight[w] += (double)c->dy[out + o] * c->x[in + i];
        }
}

static void convolve_output(const struct convolution *c, int64_t n, int64_t oy, int64_t ox) {
    const shape_t *s = c->s;
    const int64_t out = ((n * s->oh + oy) * s->ow + ox) * s->oc;
    for (int64_t o = 0; o < s->oc; o++) {
        c->y[out + o] += c->bias[o];
        c->dbias[o] += c->dy[out + o];
    }
    for (int64_t ky = 0; ky < s->kh; ky++)
        for (int64_t kx = 0; kx < s->kw; kx++) {
            const int64_t iy = oy * s->stride_h + ky - s->pad_h;
            const int64_t ix = ox * s->stride_w + kx - s->pad_w;
            if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->w) continue;
            add_product(c, ((n * s->h + iy) * s->w + ix) * s->c, out, ky * s->kw + kx);
        }
}

static void check_shape(const shape_t *s, double tolerance) {
    const int64_t x_size = s->n * s->h * s->w * s->c, y_size = s->n * s->oh * s->ow * s->oc;
    const int64_t w_size = s->kh * s->kw * s->c * s->oc;
    const float *x = uniform(x_size), *weight = uniform(w_size), *bias = uniform(s->oc);
    const float *dy = uniform(y_size);
    const struct convolution c = {s,
                                  x,
                                  weight,
                                  bias,
                                  dy,
                                  zeros_double(y_size),
                                  zeros_double(x_size),
                                  zeros_double(w_size),
                                  zeros_double(s->oc)};
    for (int64_t n = 0; n < s->n; n++)
        for (int64_t oy = 0; oy < s->oh; oy++)
            for (int64_t ox = 0; ox < s->ow; ox++) convolve_output(&c, n, oy, ox);

    float *y = zeros(y_size), *dx = zeros(x_size), *dweight = zeros(w_size), *dbias = zeros(s->oc);
    expect("forward", fernet_conv2d_forward(y, x, weight, bias, s, 0) == 0);
    expect_close("forward", y, c.y, y_size, tolerance);
    expect("backward_input", fernet_conv2d_backward_input(dx, dy, weight, NULL, s) == 0);
    expect_close("backward_input", dx, c.dx, x_size, tolerance);
    expect("backward_params", fernet_conv2d_backward_params(dweight, dbias, x, dy, s) == 0);
    expect_close("backward_params, weight", dweight, c.dweight, w_size, tolerance);
    expect_close("backward_params, bias", dbias, c.dbias, s->oc, tolerance);
    float *dx2 = zeros(x_size), *dw2 = zeros(w_size), *db2 = zeros(s->oc);
    expect("backward", fernet_conv2d_backward(dx2, dw2, db2, x, dy, weight, NULL, s) == 0);
    expect_close("backward, input", dx2, c.dx, x_size, tolerance);
    expect_close("backward, weight", dw2, c.dweight, w_size, tolerance);
    check_free_all();
}

/* With the maxima of 2x2 windows taken in passing, as apart. */
static void check_with_pooling(const shape_t *s) {
    const int64_t size = s->n * s->oh * s->ow * s->oc, pooled = size / 4;
    const float *x = uniform(s->n * s->h * s->w * s->c), *bias = uniform(s->oc);
    const float *weight = uniform(s->kh * s->kw * s->c * s->oc);
    float *y = zeros(size), *apart = zeros(pooled), *together = zeros(pooled);
    uint8_t *argmax = zeros_bytes(pooled), *argmax_apart = zeros_bytes(pooled);
    double *expected = zeros_double(pooled);
    if (!fernet_conv2d_pools(s)) return;
    expect("forward", fernet_conv2d_forward(y, x, weight, bias, s, 1) == 0);
    fernet_max_pool_forward(apart, argmax_apart, y, s->n, s->oh, s->ow, s->oc, 2, 2);
    for (int64_t i = 0; i < pooled; i++) expected[i] = apart[i];
    expect("pool_forward",
           fernet_conv2d_pool_forward(together, argmax, x, weight, bias, s, 1) == 0);
    expect_close("pool_forward", together, expected, pooled, 1e-4);
    check_free_all();
}

static shape_t same(int64_t n, int64_t side, int64_t c, int64_t oc, int algorithm, int training) {
    return (shape_t){.n = n,
                     .h = side,
                     .w = side,
                     .c = c,
                     .oc = oc,
                     .kh = 3,
                     .kw = 3,
                     .oh = side,
                     .ow = side,
                     .stride_h = 1,
                     .stride_w = 1,
                     .pad_h = 1,
                     .pad_w = 1,
                     .algorithm = algorithm,
                     .training = training};
}

/* The same of stride 2. */
static shape_t halve(shape_t s) {
    s.stride_h = s.stride_w = 2;
    s.oh = s.ow = (s.h + 1) / 2;
    return s;
}

void check_convolution(void) {
    family("convolution, direct");
    const shape_t strided = {.n = 3,
                             .h = 11,
                             .w = 9,
                             .c = 5,
                             .oc = 18,
                             .kh = 5,
                             .kw = 3,
                             .oh = 5,
                             .ow = 8,
                             .stride_h = 2,
                             .stride_w = 1,
                             .pad_h = 1,
                             .pad_w = 0,
                             .algorithm = FERNET_CONV_DIRECT,
                             .training = 1};
    check_shape(&strided, 1e-5);
    const shape_t direct = same(2, 12, 16, 32, FERNET_CONV_DIRECT, 1);
    check_shape(&direct, 1e-5);
    const shape_t one_channel = same(2, 48, 1, 20, FERNET_CONV_AUTO, 0);
    check_shape(&one_channel, 1e-4);

    family("convolution, Winograd");
    const int64_t sides[] = {4, 6, 12, 13, 24};
    for (int i = 0; i < 5; i++)
        for (int training = 0; training < 2; training++) {
            const shape_t s = same(i < 3 ? 5 : 2, sides[i], 20, 36, FERNET_CONV_WINOGRAD, training);
            check_shape(&s, 1e-4);
            check_with_pooling(&s);
            const shape_t halved = halve(s);
            check_shape(&halved, 1e-4);
        }
}
