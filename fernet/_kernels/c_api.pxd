# The shared library's functions: csrc/core/kernel_list.h says what each does and the shapes.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

cdef extern from "core/kernels.h" nogil:
    int FERNET_CONV_AUTO, FERNET_CONV_DIRECT, FERNET_CONV_WINOGRAD
    struct fernet_conv2d:
        int64_t n, h, w, c, oc, kh, kw, oh, ow, stride_h, stride_w, pad_h, pad_w
        int algorithm, training
        const float *packed
    struct fernet_degradation:
        int64_t n, h, w, c, n_filters
        const float *row_filters
        const float *column_filters
        const int32_t *filters
        const float *gamma
        const float *noise
        const float *coarseness
        float black, grey_level
        uint64_t seed, step
    struct fernet_linear:
        int64_t n, d, b, weight, bias

    int fernet_linear_forward(float *y, const float *x, const float *weight, const float *bias,
                              int64_t n, int64_t d, int64_t b, int relu)
    int fernet_linear_backward_input(float *dx, const float *dy, const float *weight,
                                     int64_t n, int64_t d, int64_t b)
    int fernet_linear_backward_params(float *dweight, float *dbias, const float *x,
                                      const float *dy, int64_t n, int64_t d, int64_t b)
    int fernet_linear_backward_sgd(float *params, float *velocity, double *squares, const float *x,
                                   const float *dy, const fernet_linear *shape,
                                   float learning_rate, float momentum, float weight_decay,
                                   int nesterov)
    int fernet_linear_backward_adam(float *params, float *first_moment, float *second_moment,
                                    double *squares, const float *x, const float *dy,
                                    const fernet_linear *shape, float learning_rate,
                                    double beta_1, double beta_2, float epsilon,
                                    float weight_decay)
    int fernet_conv2d_forward(float *y, const float *x, const float *weight, const float *bias,
                              const fernet_conv2d *shape, int relu)
    int fernet_conv2d_pools(const fernet_conv2d *shape)
    int fernet_conv2d_pool_forward(float *y, uint8_t *argmax, const float *x, const float *weight,
                                   const float *bias, const fernet_conv2d *shape, int relu)
    int64_t fernet_conv2d_packed_size(const fernet_conv2d *shape)
    void fernet_conv2d_pack(float *packed, const float *weight, const fernet_conv2d *shape)
    int fernet_conv2d_backward_input(float *dx, const float *dy, const float *weight,
                                     const float *relu_x, const fernet_conv2d *shape)
    int fernet_conv2d_backward_params(float *dweight, float *dbias, const float *x,
                                      const float *dy, const fernet_conv2d *shape)
    int fernet_conv2d_backward(float *dx, float *dweight, float *dbias, const float *x,
                               const float *dy, const float *weight, const float *relu_x,
                               const fernet_conv2d *shape)
    uint64_t fernet_checksum(const uint32_t *x, int64_t size)
    void fernet_relu_forward(float *y, const float *x, int64_t size)
    void fernet_relu_backward(float *dx, const float *dy, const float *y, int64_t size)
    void fernet_dropout_forward(float *y, uint8_t *mask, const float *x, int64_t size, double rate,
                                uint64_t seed, uint64_t step, uint32_t layer)
    void fernet_dropout_backward(float *dx, const float *dy, const uint8_t *mask,
                                 const float *y, int64_t size, double rate)
    void fernet_softmax_forward(float *proba, const float *logits, int64_t n, int64_t c)
    void fernet_log_softmax_forward(float *log_proba, const float *logits, int64_t n, int64_t c)
    void fernet_softmax_cross_entropy(float *loss, float *dlogits, const float *logits,
                                      const int32_t *target, const float *weight, double scale,
                                      double label_smoothing, int64_t n, int64_t c)
    void fernet_soft_target_cross_entropy(float *loss, float *dlogits, const float *logits,
                                          const float *target, const float *weight, double scale,
                                          double label_smoothing, int64_t n, int64_t c)
    int64_t fernet_count_right(const float *logits, const int32_t *target, int64_t n, int64_t c)
    int fernet_batch_figures(double *figures, const float *loss, const float *logits,
                             const int32_t *target, int64_t n, int64_t c)
    double fernet_sgd_update(float *params, float *velocity, const float *grads, int64_t size,
                             int64_t n_decayed, float learning_rate, float momentum,
                             float weight_decay, int nesterov)
    double fernet_adam_update(float *params, float *first_moment, float *second_moment,
                              const float *grads, int64_t size, int64_t n_decayed,
                              float learning_rate, double beta_1, double beta_2, float epsilon,
                              float weight_decay)
    void fernet_ema_update(float *average, const float *params, int64_t size, float decay)
    void fernet_scale_inplace(float *x, int64_t size, float factor)
    void fernet_mirror_mean(float *weight, int64_t kh, int64_t kw, int64_t c, int64_t oc,
                            int input_pairs, int output_pairs)
    double fernet_sum_of_squares(const float *x, int64_t size)
    void fernet_gather_rows_u8(float *out, const uint8_t *X, const int64_t *indices,
                               const float *offset, const float *scale, int64_t b, int64_t d)
    void fernet_gather_rows_f32(float *out, const float *X, const int64_t *indices,
                                const float *offset, const float *scale, int64_t b, int64_t d)
    void fernet_gather_rows_f64(float *out, const double *X, const int64_t *indices,
                                const float *offset, const float *scale, int64_t b, int64_t d)
    void fernet_affine_gather_u8(float *out, const uint8_t *X, const int64_t *indices,
                                 const float *matrices, const float *gain, const float *bias,
                                 const int32_t *boxes, const float *fill,
                                 const float *offset, const float *scale, float low, float high,
                                 int64_t b, int64_t h, int64_t w, int64_t c)
    void fernet_affine_gather_f32(float *out, const float *X, const int64_t *indices,
                                  const float *matrices, const float *gain, const float *bias,
                                  const int32_t *boxes, const float *fill,
                                  const float *offset, const float *scale, float low, float high,
                                  int64_t b, int64_t h, int64_t w, int64_t c)
    int fernet_degrade_images(float *x, const float *offset, const float *scale,
                              const fernet_degradation *how)
    void fernet_mix_pairs(float *x, const float *share, const int32_t *boxes, int64_t n, int64_t h,
                          int64_t w, int64_t c)
    void fernet_max_pool_forward(float *y, uint8_t *argmax, const float *x, int64_t n, int64_t h,
                                 int64_t w, int64_t c, int64_t size_h, int64_t size_w)
    void fernet_max_pool_backward(float *dx, const float *dy, const float *y,
                                  const uint8_t *argmax, int64_t n, int64_t h, int64_t w,
                                  int64_t c, int64_t size_h, int64_t size_w)
    void fernet_global_avg_pool_forward(float *y, const float *x, int64_t n, int64_t positions,
                                        int64_t c)
    void fernet_global_avg_pool_backward(float *dx, const float *dy, int64_t n, int64_t positions,
                                         int64_t c)
    int fernet_batch_norm_forward(float *y, float *mean, float *var, const float *x,
                                  const float *gamma, const float *beta, double eps, int64_t m,
                                  int64_t c, int relu)
    int fernet_batch_norm_inference(float *y, const float *x, const float *gamma,
                                    const float *beta, const float *mean, const float *var,
                                    double eps, int64_t m, int64_t c, int relu)
    int fernet_batch_norm_backward(float *dx, float *dgamma, float *dbeta, const float *dy,
                                   const float *x, const float *gamma, const float *beta,
                                   const float *mean, const float *var, double eps, int64_t m,
                                   int64_t c, int relu)
    void fernet_add_forward(float *y, const float *a, const float *b, int64_t size, int relu)

    int fernet_get_num_threads()
    void fernet_set_num_threads(int n)
    const char *fernet_available_isa(int index)
    int fernet_select_isa(const char *isa)
    const char *fernet_selected_isa()

cdef extern from "core/caches.h" nogil:
    int64_t FERNET_LEAST_L2, FERNET_LARGEST_L2
    int64_t fernet_l2_bytes()
    int64_t fernet_cpuid_l2_bytes()
    int fernet_set_l2_bytes(int64_t bytes)

cdef extern from "core/cpus.h" nogil:
    int fernet_count_cpus(const char *root, const int *cpus, int n)

cdef extern from "core/recording.h" nogil:
    struct fernet_job:
        const char *name
        int64_t start, gap, n_tasks
        const int64_t *tasks

    int fernet_start_recording()
    int64_t fernet_end_recording()
    void fernet_free_recording()
    bint fernet_recorded_job(int64_t index, fernet_job *job)

cdef extern from "core/tape.h" nogil:
    struct fernet_varying:
        uint64_t seed, step
        float learning_rate
    struct fernet_tape:
        pass

    fernet_tape *fernet_new_tape()
    void fernet_free_tape(fernet_tape *tape)
    int64_t fernet_tape_length(const fernet_tape *tape)
    void fernet_begin_writing(fernet_tape *tape, void *keeper)
    void *fernet_keeper()
    int fernet_end_writing()
    int fernet_play(fernet_tape *tape, const fernet_varying *values, double *squares)
