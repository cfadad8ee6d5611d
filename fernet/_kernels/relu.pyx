"""ReLU and its gradient."""

from libc.stdint cimport int64_t
cimport numpy as cnp

cimport fernet._kernels.c_api as c_api
from fernet._kernels.arrays cimport floats, output, same_size

cnp.import_array()


def relu_forward(cnp.ndarray x, cnp.ndarray y):
    cdef const float *x_ = floats(x, "x", -1)
    cdef float *y_ = output(y, "y", -1)
    cdef int64_t size = cnp.PyArray_SIZE(x)
    same_size(x, "x", y, "y")
    with nogil:
        c_api.fernet_relu_forward(y_, x_, size)


def relu_backward(cnp.ndarray dy, cnp.ndarray y, cnp.ndarray dx):
    cdef const float *dy_ = floats(dy, "dy", -1)
    cdef const float *y_ = floats(y, "y", -1)
    cdef float *dx_ = output(dx, "dx", -1)
    cdef int64_t size = cnp.PyArray_SIZE(dy)
    same_size(dy, "dy", y, "y")
    same_size(dy, "dy", dx, "dx")
    with nogil:
        c_api.fernet_relu_backward(dx_, dy_, y_, size)
