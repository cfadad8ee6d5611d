"""Inverted dropout, its masks drawn from a counter."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
cimport numpy as cnp

cimport fernet._kernels.c_api as c_api
from fernet._kernels.arrays cimport (
    floats, optional_floats, output, same_size, typed, typed_output)

cnp.import_array()


cdef int check_rate(double rate) except -1:
    if not 0 <= rate < 1:
        raise ValueError(f"rate is {rate}, expected 0 <= rate < 1")
    return 0


cdef int check_mask(cnp.ndarray mask, int64_t size) except -1:
    if cnp.PyArray_SIZE(mask) != (size + 7) // 8:
        raise ValueError(
            f"mask has {cnp.PyArray_SIZE(mask)} bytes, expected {(size + 7) // 8} for {size} bits"
        )
    return 0


def dropout_forward(cnp.ndarray x, cnp.ndarray y, cnp.ndarray mask, double rate, uint64_t seed,
                    uint64_t step, uint32_t layer):
    cdef const float *x_ = floats(x, "x", -1)
    cdef float *y_ = output(y, "y", -1)
    cdef uint8_t *mask_ = <uint8_t *>typed_output(mask, "mask", 1, cnp.NPY_UINT8)
    cdef int64_t size = cnp.PyArray_SIZE(x)
    same_size(x, "x", y, "y")
    check_mask(mask, size)
    check_rate(rate)
    with nogil:
        c_api.fernet_dropout_forward(y_, mask_, x_, size, rate, seed, step, layer)


def dropout_backward(cnp.ndarray dy, cnp.ndarray dx, cnp.ndarray mask, double rate, y=None):
    cdef const float *dy_ = floats(dy, "dy", -1)
    cdef float *dx_ = output(dx, "dx", -1)
    cdef const uint8_t *mask_ = <const uint8_t *>typed(mask, "mask", 1, cnp.NPY_UINT8)
    cdef int64_t size = cnp.PyArray_SIZE(dy)
    cdef const float *y_ = optional_floats(y, "y", size)
    same_size(dy, "dy", dx, "dx")
    check_mask(mask, size)
    check_rate(rate)
    with nogil:
        c_api.fernet_dropout_backward(dx_, dy_, mask_, y_, size, rate)
