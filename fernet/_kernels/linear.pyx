"""The linear layer ``y = x W + b`` and its gradients; float64 goes to BLAS."""

from libc.stdint cimport int64_t
cimport numpy as cnp

cimport fernet._kernels.c_api as c_api
from fernet._kernels.arrays cimport floats, has_length, memory, optional_floats, output

from fernet._kernels import blas

cnp.import_array()


cdef int is_double(cnp.ndarray array) except -1:
    """Whether the call is for BLAS, which no tape holds."""
    if array is None or cnp.PyArray_TYPE(array) != cnp.NPY_FLOAT64:
        return False
    if c_api.fernet_keeper() != NULL:
        raise TypeError("a tape holds calls on float32 alone, found float64")
    return True


def linear_forward(cnp.ndarray x, cnp.ndarray weight, bias, cnp.ndarray y, bint relu=False):
    if is_double(x):
        blas.linear_forward(x, weight, bias, y, relu)
        return
    cdef const float *x_ = floats(x, "x", 2)
    cdef const float *weight_ = floats(weight, "weight", 2)
    cdef float *y_ = output(y, "y", 2)
    cdef int64_t n = cnp.PyArray_DIM(x, 0)
    cdef int64_t d = cnp.PyArray_DIM(x, 1)
    cdef int64_t b = cnp.PyArray_DIM(weight, 1)
    cdef const float *bias_ = optional_floats(bias, "bias", b)
    has_length(weight, "weight", 0, d)
    has_length(y, "y", 0, n)
    has_length(y, "y", 1, b)
    cdef int status
    with nogil:
        status = c_api.fernet_linear_forward(y_, x_, weight_, bias_, n, d, b, relu)
    memory(status)


def linear_backward_input(cnp.ndarray dy, cnp.ndarray weight, cnp.ndarray dx):
    if is_double(dy):
        blas.linear_backward_input(dy, weight, dx)
        return
    cdef const float *dy_ = floats(dy, "dy", 2)
    cdef const float *weight_ = floats(weight, "weight", 2)
    cdef float *dx_ = output(dx, "dx", 2)
    cdef int64_t n = cnp.PyArray_DIM(dy, 0)
    cdef int64_t d = cnp.PyArray_DIM(weight, 0)
    cdef int64_t b = cnp.PyArray_DIM(dy, 1)
    has_length(weight, "weight", 1, b)
    has_length(dx, "dx", 0, n)
    has_length(dx, "dx", 1, d)
    cdef int status
    with nogil:
        status = c_api.fernet_linear_backward_input(dx_, dy_, weight_, n, d, b)
    memory(status)


def linear_backward_params(cnp.ndarray x, cnp.ndarray dy, cnp.ndarray dweight, dbias):
    if is_double(x):
        blas.linear_backward_params(x, dy, dweight, dbias)
        return
    cdef const float *x_ = floats(x, "x", 2)
    cdef const float *dy_ = floats(dy, "dy", 2)
    cdef float *dweight_ = output(dweight, "dweight", 2)
    cdef int64_t n = cnp.PyArray_DIM(x, 0)
    cdef int64_t d = cnp.PyArray_DIM(x, 1)
    cdef int64_t b = cnp.PyArray_DIM(dy, 1)
    cdef float *dbias_ = optional_floats(dbias, "dbias", b)
    if dbias is not None:
        output(dbias, "dbias", 1)
    has_length(dy, "dy", 0, n)
    has_length(dweight, "dweight", 0, d)
    has_length(dweight, "dweight", 1, b)
    cdef int status
    with nogil:
        status = c_api.fernet_linear_backward_params(dweight_, dbias_, x_, dy_, n, d, b)
    memory(status)
