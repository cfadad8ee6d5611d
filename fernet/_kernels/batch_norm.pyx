"""Batch normalisation over the last axis, with the ReLU behind it."""

from libc.stdint cimport int64_t
cimport numpy as cnp

cimport fernet._kernels.c_api as c_api
from fernet._kernels.arrays cimport floats, memory, output, same_shape

cnp.import_array()


cdef int64_t channels(cnp.ndarray x) except -1:
    if cnp.PyArray_NDIM(x) < 1:
        raise ValueError("x has shape (), expected channels along its last axis")
    return cnp.PyArray_DIM(x, cnp.PyArray_NDIM(x) - 1)


cdef int64_t rows(cnp.ndarray x, int64_t c):
    return cnp.PyArray_SIZE(x) // c if c > 0 else 0


cdef float *per_channel(cnp.ndarray array, str name, int64_t c, bint written) except? NULL:
    cdef float *address = output(array, name, 1) if written else floats(array, name, 1)
    if cnp.PyArray_SIZE(array) != c:
        raise ValueError(
            f"{name} has {cnp.PyArray_SIZE(array)} elements, expected one for each of the {c} "
            "channels of x"
        )
    return address


cdef int check_eps(double eps) except -1:
    if not eps >= 0:
        raise ValueError(f"eps is {eps}, expected eps >= 0")
    return 0


def batch_norm_forward(cnp.ndarray x, cnp.ndarray gamma, cnp.ndarray beta, cnp.ndarray mean,
                       cnp.ndarray var, cnp.ndarray y, double eps, bint relu=False):
    cdef const float *x_ = floats(x, "x", -1)
    cdef int64_t c = channels(x)
    cdef int64_t m = rows(x, c)
    cdef const float *gamma_ = per_channel(gamma, "gamma", c, False)
    cdef const float *beta_ = per_channel(beta, "beta", c, False)
    cdef float *mean_ = per_channel(mean, "mean", c, True)
    cdef float *var_ = per_channel(var, "var", c, True)
    cdef float *y_ = output(y, "y", -1)
    same_shape(x, "x", y, "y")
    check_eps(eps)
    cdef int status
    with nogil:
        status = c_api.fernet_batch_norm_forward(y_, mean_, var_, x_, gamma_, beta_, eps, m, c,
                                                 relu)
    memory(status)


def batch_norm_inference(cnp.ndarray x, cnp.ndarray gamma, cnp.ndarray beta, cnp.ndarray mean,
                         cnp.ndarray var, cnp.ndarray y, double eps, bint relu=False):
    cdef const float *x_ = floats(x, "x", -1)
    cdef int64_t c = channels(x)
    cdef int64_t m = rows(x, c)
    cdef const float *gamma_ = per_channel(gamma, "gamma", c, False)
    cdef const float *beta_ = per_channel(beta, "beta", c, False)
    cdef const float *mean_ = per_channel(mean, "mean", c, False)
    cdef const float *var_ = per_channel(var, "var", c, False)
    cdef float *y_ = output(y, "y", -1)
    same_shape(x, "x", y, "y")
    check_eps(eps)
    cdef int status
    with nogil:
        status = c_api.fernet_batch_norm_inference(y_, x_, gamma_, beta_, mean_, var_, eps, m, c,
                                                   relu)
    memory(status)


def batch_norm_backward(cnp.ndarray dy, cnp.ndarray x, cnp.ndarray gamma, cnp.ndarray beta,
                        cnp.ndarray mean, cnp.ndarray var, cnp.ndarray dx, cnp.ndarray dgamma,
                        cnp.ndarray dbeta, double eps, bint relu=False):
    cdef const float *dy_ = floats(dy, "dy", -1)
    cdef const float *x_ = floats(x, "x", -1)
    cdef int64_t c = channels(x)
    cdef int64_t m = rows(x, c)
    cdef const float *gamma_ = per_channel(gamma, "gamma", c, False)
    cdef const float *beta_ = per_channel(beta, "beta", c, False)
    cdef const float *mean_ = per_channel(mean, "mean", c, False)
    cdef const float *var_ = per_channel(var, "var", c, False)
    cdef float *dx_ = output(dx, "dx", -1)
    cdef float *dgamma_ = per_channel(dgamma, "dgamma", c, True)
    cdef float *dbeta_ = per_channel(dbeta, "dbeta", c, True)
    same_shape(x, "x", dy, "dy")
    same_shape(x, "x", dx, "dx")
    check_eps(eps)
    cdef int status
    with nogil:
        status = c_api.fernet_batch_norm_backward(dx_, dgamma_, dbeta_, dy_, x_, gamma_, beta_,
                                                  mean_, var_, eps, m, c, relu)
    memory(status)
