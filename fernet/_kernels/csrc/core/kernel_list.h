/* The kernels, named once: header, tables and the dispatching functions are made from this list.
 *
 * KERNEL(result, name, (parameters), (arguments)). Outputs first, then const inputs, then sizes.
 * Matrices are row-major. A kernel that needs work space returns 0, or -1 when memory is out. QUERY
 * is the same for what writes no array and answers its caller: no tape (tape.h) holds it. */
#ifndef QUERY
#define QUERY KERNEL
#define FERNET_QUERIES_ARE_KERNELS
#endif

/* y (N, B) = x (N, D) weight (D, B) + bias (B) [or no bias: NULL], then max(., 0) if relu */
KERNEL(int, linear_forward,
       (float *y, const float *x, const float *weight, const float *bias, int64_t n, int64_t d,
        int64_t b, int relu),
       (y, x, weight, bias, n, d, b, relu))

/* dx (N, D) = dy (N, B) weight (D, B)^T */
KERNEL(int, linear_backward_input,
       (float *dx, const float *dy, const float *weight, int64_t n, int64_t d, int64_t b),
       (dx, dy, weight, n, d, b))

/* dweight (D, B) = x (N, D)^T dy (N, B); dbias (B) = column sums of dy [or NULL] */
KERNEL(int, linear_backward_params,
       (float *dweight, float *dbias, const float *x, const float *dy, int64_t n, int64_t d,
        int64_t b),
       (dweight, dbias, x, dy, n, d, b))

/* update of the layer's parameters by the gradients that linear_backward_params would give, as
 * sgd_update and adam_update do; *squares: sum of the weights' squares before (0 without
 * weight_decay) */
KERNEL(int, linear_backward_sgd,
       (float *params, float *velocity, double *squares, const float *x, const float *dy,
        const struct fernet_linear *shape, float learning_rate, float momentum, float weight_decay,
        int nesterov),
       (params, velocity, squares, x, dy, shape, learning_rate, momentum, weight_decay, nesterov))
KERNEL(int, linear_backward_adam,
       (float *params, float *first_moment, float *second_moment, double *squares, const float *x,
        const float *dy, const struct fernet_linear *shape, float learning_rate, double beta_1,
        double beta_2, float epsilon, float weight_decay),
       (params, first_moment, second_moment, squares, x, dy, shape, learning_rate, beta_1, beta_2,
        epsilon, weight_decay))

/* y (N, OH, OW, OC) = x (N, H, W, C) convolved with weight (KH, KW, C, OC), + bias (OC) [or NULL],
 * then max(., 0) if relu */
KERNEL(int, conv2d_forward,
       (float *y, const float *x, const float *weight, const float *bias,
        const struct fernet_conv2d *shape, int relu),
       (y, x, weight, bias, shape, relu))

/* The same with y (n, oh / 2, ow / 2, oc) and argmax [or NULL] as max_pool_forward writes them for
 * windows of 2x2; only for shapes for which conv2d_pools is 1 */
QUERY(int, conv2d_pools, (const struct fernet_conv2d *shape), (shape))
KERNEL(int, conv2d_pool_forward,
       (float *y, uint8_t *argmax, const float *x, const float *weight, const float *bias,
        const struct fernet_conv2d *shape, int relu),
       (y, argmax, x, weight, bias, shape, relu))

/* Weights laid out once for many predictions: packed (conv2d_packed_size floats; 0: they are best
 * as they are), for any n, for the set of instructions that serves now */
QUERY(int64_t, conv2d_packed_size, (const struct fernet_conv2d *shape), (shape))
KERNEL(void, conv2d_pack, (float *packed, const float *weight, const struct fernet_conv2d *shape),
       (packed, weight, shape))

/* dx (N, H, W, C) from dy (N, OH, OW, OC); 0 where not relu_x (N, H, W, C) > 0 [or NULL] */
KERNEL(int, conv2d_backward_input,
       (float *dx, const float *dy, const float *weight, const float *relu_x,
        const struct fernet_conv2d *shape),
       (dx, dy, weight, relu_x, shape))

/* dweight (KH, KW, C, OC); dbias (OC) = sums of dy [or NULL] */
KERNEL(int, conv2d_backward_params,
       (float *dweight, float *dbias, const float *x, const float *dy,
        const struct fernet_conv2d *shape),
       (dweight, dbias, x, dy, shape))

/* Both, which may take less time together */
KERNEL(int, conv2d_backward,
       (float *dx, float *dweight, float *dbias, const float *x, const float *dy,
        const float *weight, const float *relu_x, const struct fernet_conv2d *shape),
       (dx, dweight, dbias, x, dy, weight, relu_x, shape))

/* y = max(x, 0), NaN kept; dx = dy where y > 0, else 0. size elements each; in place is allowed */
KERNEL(void, relu_forward, (float *y, const float *x, int64_t size), (y, x, size))
KERNEL(void, relu_backward, (float *dx, const float *dy, const float *y, int64_t size),
       (dx, dy, y, size))

/* y = x / (1 - rate) where kept, else 0; mask: one bit an element, ceil(size / 8) bytes. Backward
 * drops the gradient also where not y > 0 [or NULL] */
KERNEL(void, dropout_forward,
       (float *y, uint8_t *mask, const float *x, int64_t size, double rate, uint64_t seed,
        uint64_t step, uint32_t layer),
       (y, mask, x, size, rate, seed, step, layer))
KERNEL(void, dropout_backward,
       (float *dx, const float *dy, const uint8_t *mask, const float *y, int64_t size, double rate),
       (dx, dy, mask, y, size, rate))

/* proba (N, C) = softmax of the rows of logits (N, C); log_proba its logarithm */
KERNEL(void, softmax_forward, (float *proba, const float *logits, int64_t n, int64_t c),
       (proba, logits, n, c))
KERNEL(void, log_softmax_forward, (float *log_proba, const float *logits, int64_t n, int64_t c),
       (log_proba, logits, n, c))

/* loss (N), dlogits (N, C) of weighted, label-smoothed cross-entropy; target (N),
 * weight (N) or NULL */
KERNEL(void, softmax_cross_entropy,
       (float *loss, float *dlogits, const float *logits, const int32_t *target,
        const float *weight, double scale, double label_smoothing, int64_t n, int64_t c),
       (loss, dlogits, logits, target, weight, scale, label_smoothing, n, c))

/* The same with a distribution over the classes for each row, target (N, C), of which each sums to
 * 1 */
KERNEL(void, soft_target_cross_entropy,
       (float *loss, float *dlogits, const float *logits, const float *target, const float *weight,
        double scale, double label_smoothing, int64_t n, int64_t c),
       (loss, dlogits, logits, target, weight, scale, label_smoothing, n, c))

/* How many rows of logits (N, C) are largest at their target (N) */
QUERY(int64_t, count_right, (const float *logits, const int32_t *target, int64_t n, int64_t c),
      (logits, target, n, c))

/* figures (2): the sum of loss (N), and what count_right says. Returns 1 if that sum is not
 * finite: a tape then ends */
KERNEL(int, batch_figures,
       (double *figures, const float *loss, const float *logits, const int32_t *target, int64_t n,
        int64_t c),
       (figures, loss, logits, target, n, c))

/* updates of params (size) by grads (size); the first n_decayed carry the L2 term, and the sum of
 * their squares before the update is returned (0 without weight_decay) */
KERNEL(double, sgd_update,
       (float *params, float *velocity, const float *grads, int64_t size, int64_t n_decayed,
        float learning_rate, float momentum, float weight_decay, int nesterov),
       (params, velocity, grads, size, n_decayed, learning_rate, momentum, weight_decay, nesterov))
KERNEL(double, adam_update,
       (float *params, float *first_moment, float *second_moment, const float *grads, int64_t size,
        int64_t n_decayed, float learning_rate, double beta_1, double beta_2, float epsilon,
        float weight_decay),
       (params, first_moment, second_moment, grads, size, n_decayed, learning_rate, beta_1, beta_2,
        epsilon, weight_decay))
KERNEL(void, ema_update, (float *average, const float *params, int64_t size, float decay),
       (average, params, size, decay))
KERNEL(void, scale_inplace, (float *x, int64_t size, float factor), (x, size, factor))
/* each weight (kh, kw, c, oc) becomes the mean of it and its mirror image; pairs: halves of
 * channels */
KERNEL(void, mirror_mean,
       (float *weight, int64_t kh, int64_t kw, int64_t c, int64_t oc, int input_pairs,
        int output_pairs),
       (weight, kh, kw, c, oc, input_pairs, output_pairs))
QUERY(double, sum_of_squares, (const float *x, int64_t size), (x, size))

/* the sum of x[i] * f^i modulo 2^64 for an odd f: another one if a word changes */
QUERY(uint64_t, checksum, (const uint32_t *x, int64_t size), (x, size))

/* out (B, D) = (X[indices] - offset) * scale; X (n, D); offset, scale (D) or NULL */
KERNEL(void, gather_rows_u8,
       (float *out, const uint8_t *X, const int64_t *indices, const float *offset,
        const float *scale, int64_t b, int64_t d),
       (out, X, indices, offset, scale, b, d))
KERNEL(void, gather_rows_f32,
       (float *out, const float *X, const int64_t *indices, const float *offset, const float *scale,
        int64_t b, int64_t d),
       (out, X, indices, offset, scale, b, d))
KERNEL(void, gather_rows_f64,
       (float *out, const double *X, const int64_t *indices, const float *offset,
        const float *scale, int64_t b, int64_t d),
       (out, X, indices, offset, scale, b, d))

/* out (B, H, W, C): warped images of X (n, H, W, C); matrices (B, 2, 3), gain, bias (B),
 * boxes (B, 4), fill (B); low, high: black and white */
KERNEL(void, affine_gather_u8,
       (float *out, const uint8_t *X, const int64_t *indices, const float *matrices,
        const float *gain, const float *bias, const int32_t *boxes, const float *fill,
        const float *offset, const float *scale, float low, float high, int64_t b, int64_t h,
        int64_t w, int64_t c),
       (out, X, indices, matrices, gain, bias, boxes, fill, offset, scale, low, high, b, h, w, c))
KERNEL(void, affine_gather_f32,
       (float *out, const float *X, const int64_t *indices, const float *matrices,
        const float *gain, const float *bias, const int32_t *boxes, const float *fill,
        const float *offset, const float *scale, float low, float high, int64_t b, int64_t h,
        int64_t w, int64_t c),
       (out, X, indices, matrices, gain, bias, boxes, fill, offset, scale, low, high, b, h, w, c))

/* x (N, H, W, C) made worse in place as core/degradation.h says, then (x - offset) * scale; offset,
 * scale (H W C) or NULL */
KERNEL(int, degrade_images,
       (float *x, const float *offset, const float *scale, const struct fernet_degradation *how),
       (x, offset, scale, how))

/* x (N, H, W, C): images p and N - 1 - p take share (N / 2) of each other and exchange what is in
 * boxes (N / 2, 4) */
KERNEL(void, mix_pairs,
       (float *x, const float *share, const int32_t *boxes, int64_t n, int64_t h, int64_t w,
        int64_t c),
       (x, share, boxes, n, h, w, c))

/* y (N, H / size_h, W / size_w, C): maxima of the windows of x (N, H, W, C), which do not overlap;
 * argmax: where they stood, 2 bits a window of 2x2, a byte a window of other sizes [or NULL] */
KERNEL(void, max_pool_forward,
       (float *y, uint8_t *argmax, const float *x, int64_t n, int64_t h, int64_t w, int64_t c,
        int64_t size_h, int64_t size_w),
       (y, argmax, x, n, h, w, c, size_h, size_w))

/* dx (N, H, W, C) from dy of y's shape; where not y > 0 the gradient is dropped [y or NULL] */
KERNEL(void, max_pool_backward,
       (float *dx, const float *dy, const float *y, const uint8_t *argmax, int64_t n, int64_t h,
        int64_t w, int64_t c, int64_t size_h, int64_t size_w),
       (dx, dy, y, argmax, n, h, w, c, size_h, size_w))

/* y (N, C) = means of x (N, positions, C); dx of x's shape from dy (N, C) */
KERNEL(void, global_avg_pool_forward,
       (float *y, const float *x, int64_t n, int64_t positions, int64_t c), (y, x, n, positions, c))
KERNEL(void, global_avg_pool_backward,
       (float *dx, const float *dy, int64_t n, int64_t positions, int64_t c),
       (dx, dy, n, positions, c))

/* y (M, C) = (x - mean) gamma / sqrt(var + eps) + beta, then max(., 0) if relu; forward takes mean
 * and var (C) from x and writes them, inference reads them. y may be x in inference */
KERNEL(int, batch_norm_forward,
       (float *y, float *mean, float *var, const float *x, const float *gamma, const float *beta,
        double eps, int64_t m, int64_t c, int relu),
       (y, mean, var, x, gamma, beta, eps, m, c, relu))
KERNEL(int, batch_norm_inference,
       (float *y, const float *x, const float *gamma, const float *beta, const float *mean,
        const float *var, double eps, int64_t m, int64_t c, int relu),
       (y, x, gamma, beta, mean, var, eps, m, c, relu))

/* dx (M, C), dgamma (C), dbeta (C) from dy (M, C), of which relu drops what forward set to 0;
 * dx may be dy */
KERNEL(int, batch_norm_backward,
       (float *dx, float *dgamma, float *dbeta, const float *dy, const float *x, const float *gamma,
        const float *beta, const float *mean, const float *var, double eps, int64_t m, int64_t c,
        int relu),
       (dx, dgamma, dbeta, dy, x, gamma, beta, mean, var, eps, m, c, relu))

/* y = a + b, then max(., 0) if relu. size elements each; y may be a or b */
KERNEL(void, add_forward, (float *y, const float *a, const float *b, int64_t size, int relu),
       (y, a, b, size, relu))

#ifdef FERNET_QUERIES_ARE_KERNELS
#undef QUERY
#undef FERNET_QUERIES_ARE_KERNELS
#endif
