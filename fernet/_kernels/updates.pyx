"""Updates of the flat parameter array: SGD with momentum, Adam, averages, norms."""

from libc.math cimport pow, sqrt
from libc.stdint cimport int64_t
cimport numpy as cnp

cimport fernet._kernels.c_api as c_api
from fernet._kernels.arrays cimport floats, output, same_size

cnp.import_array()


cdef int check_decayed(int64_t n_decayed, int64_t size) except -1:
    if not 0 <= n_decayed <= size:
        raise ValueError(f"n_decayed is {n_decayed}, expected 0 to {size}")
    return 0


cdef double adam_rate(double learning_rate, double beta_1, double beta_2,
                      int64_t step) except? -1:
    """The learning rate with which Adam's moments, as they are, make step number `step`."""
    if step < 1:
        raise ValueError(f"step is {step}, expected 1 or more")
    return learning_rate * sqrt(1 - pow(beta_2, step)) / (1 - pow(beta_1, step))


def sgd_update(cnp.ndarray params, cnp.ndarray grads, cnp.ndarray velocity, double learning_rate,
               double momentum, double weight_decay, int64_t n_decayed,
               bint nesterov=False) -> float:
    cdef float *params_ = output(params, "params", 1)
    cdef const float *grads_ = floats(grads, "grads", 1)
    cdef float *velocity_ = output(velocity, "velocity", 1)
    cdef int64_t size = cnp.PyArray_SIZE(params)
    cdef double squares
    same_size(params, "params", grads, "grads")
    same_size(params, "params", velocity, "velocity")
    check_decayed(n_decayed, size)
    with nogil:
        squares = c_api.fernet_sgd_update(
            params_, velocity_, grads_, size, n_decayed, <float>learning_rate, <float>momentum,
            <float>weight_decay, nesterov)
    return squares


def adam_update(cnp.ndarray params, cnp.ndarray grads, cnp.ndarray first_moment,
                cnp.ndarray second_moment, int64_t step, double learning_rate, double beta_1,
                double beta_2, double epsilon, double weight_decay, int64_t n_decayed) -> float:
    cdef float *params_ = output(params, "params", 1)
    cdef const float *grads_ = floats(grads, "grads", 1)
    cdef float *first_ = output(first_moment, "first_moment", 1)
    cdef float *second_ = output(second_moment, "second_moment", 1)
    cdef int64_t size = cnp.PyArray_SIZE(params)
    cdef double squares
    cdef double rate = adam_rate(learning_rate, beta_1, beta_2, step)
    same_size(params, "params", grads, "grads")
    same_size(params, "params", first_moment, "first_moment")
    same_size(params, "params", second_moment, "second_moment")
    check_decayed(n_decayed, size)
    with nogil:
        squares = c_api.fernet_adam_update(
            params_, first_, second_, grads_, size, n_decayed, <float>rate, beta_1,
            beta_2, <float>epsilon, <float>weight_decay)
    return squares


def ema_update(cnp.ndarray average, cnp.ndarray params, double decay):
    cdef float *average_ = output(average, "average", 1)
    cdef const float *params_ = floats(params, "params", 1)
    cdef int64_t size = cnp.PyArray_SIZE(params)
    same_size(average, "average", params, "params")
    with nogil:
        c_api.fernet_ema_update(average_, params_, size, <float>decay)


def scale_inplace(cnp.ndarray x, double factor):
    cdef float *x_ = output(x, "x", -1)
    cdef int64_t size = cnp.PyArray_SIZE(x)
    with nogil:
        c_api.fernet_scale_inplace(x_, size, <float>factor)


def mirror_mean(cnp.ndarray weight, bint input_pairs, bint output_pairs):
    cdef float *weight_ = output(weight, "weight", 4)
    cdef cnp.npy_intp *shape = cnp.PyArray_DIMS(weight)
    cdef int64_t kh = shape[0], kw = shape[1], c = shape[2], oc = shape[3]
    if input_pairs and c % 2 or output_pairs and oc % 2:
        raise ValueError(f"weight has shape {(<object>weight).shape}, expected channels in pairs")
    with nogil:
        c_api.fernet_mirror_mean(weight_, kh, kw, c, oc, input_pairs, output_pairs)


def sum_of_squares(cnp.ndarray x) -> float:
    cdef const float *x_ = floats(x, "x", -1)
    cdef int64_t size = cnp.PyArray_SIZE(x)
    cdef double squares
    with nogil:
        squares = c_api.fernet_sum_of_squares(x_, size)
    return squares
