"""Max pooling and global average pooling of channels-last images."""

from libc.stdint cimport int64_t, uint8_t
cimport numpy as cnp

cimport fernet._kernels.c_api as c_api
from fernet._kernels.arrays cimport floats, optional_floats, output, typed, typed_output

cnp.import_array()


cdef int shape_is(cnp.ndarray array, str name, tuple shape) except -1:
    if (<object>array).shape != shape:
        raise ValueError(f"{name} has shape {(<object>array).shape}, expected {shape}")
    return 0


cdef tuple checked_size(object size):
    """The window's height and width; places in it are to fit in a byte."""
    if not isinstance(size, tuple) or len(size) != 2:
        raise TypeError(f"size is {size!r}, expected a pair of whole numbers")
    cdef int64_t height = size[0]
    cdef int64_t width = size[1]
    if height < 1 or width < 1 or height > 256 or width > 256 or height * width > 256:
        raise ValueError(
            f"size is {size!r}, expected whole numbers from 1 with a product of at most 256"
        )
    return height, width


def argmax_size(int64_t y_size, size=(2, 2)) -> int:
    height, width = checked_size(size)
    return (y_size + 3) // 4 if height == width == 2 else y_size


cdef int check_argmax(cnp.ndarray argmax, cnp.ndarray y_like, tuple size) except -1:
    expected = argmax_size(cnp.PyArray_SIZE(y_like), size)
    if cnp.PyArray_SIZE(argmax) != expected:
        raise ValueError(
            f"argmax has {cnp.PyArray_SIZE(argmax)} bytes, expected {expected} for "
            f"{cnp.PyArray_SIZE(y_like)} windows of {size[0]}x{size[1]}"
        )
    return 0


cdef int check_pooled(cnp.ndarray pooled, str name, cnp.ndarray x, tuple size) except -1:
    n, h, w, c = (<object>x).shape
    return shape_is(pooled, name, (n, h // size[0], w // size[1], c))


def max_pool_forward(cnp.ndarray x, cnp.ndarray y, argmax, size=(2, 2)):
    cdef const float *x_ = floats(x, "x", 4)
    cdef float *y_ = output(y, "y", 4)
    cdef uint8_t *argmax_ = NULL
    cdef tuple windows = checked_size(size)
    check_pooled(y, "y", x, windows)
    if argmax is not None:
        if not isinstance(argmax, cnp.ndarray):
            raise TypeError(f"argmax is a {type(argmax).__name__}, expected an array or None")
        argmax_ = <uint8_t *>typed_output(argmax, "argmax", 1, cnp.NPY_UINT8)
        check_argmax(argmax, y, windows)
    cdef int64_t n = cnp.PyArray_DIM(x, 0)
    cdef int64_t h = cnp.PyArray_DIM(x, 1)
    cdef int64_t w = cnp.PyArray_DIM(x, 2)
    cdef int64_t c = cnp.PyArray_DIM(x, 3)
    cdef int64_t size_h = windows[0]
    cdef int64_t size_w = windows[1]
    with nogil:
        c_api.fernet_max_pool_forward(y_, argmax_, x_, n, h, w, c, size_h, size_w)


def max_pool_backward(cnp.ndarray dy, y, cnp.ndarray argmax, cnp.ndarray dx, size=(2, 2),
                      bint relu=False):
    cdef const float *dy_ = floats(dy, "dy", 4)
    cdef const uint8_t *argmax_ = <const uint8_t *>typed(argmax, "argmax", 1, cnp.NPY_UINT8)
    cdef float *dx_ = output(dx, "dx", 4)
    cdef const float *y_ = optional_floats(y, "y", cnp.PyArray_SIZE(dy))
    cdef tuple windows = checked_size(size)
    check_pooled(dy, "dy", dx, windows)
    check_argmax(argmax, dy, windows)
    if y is not None:
        shape_is(y, "y", (<object>dy).shape)
    elif relu:
        raise ValueError("y is None, expected the pool's output for the mask of relu")
    cdef int64_t n = cnp.PyArray_DIM(dx, 0)
    cdef int64_t h = cnp.PyArray_DIM(dx, 1)
    cdef int64_t w = cnp.PyArray_DIM(dx, 2)
    cdef int64_t c = cnp.PyArray_DIM(dx, 3)
    cdef int64_t size_h = windows[0]
    cdef int64_t size_w = windows[1]
    if not relu:
        y_ = NULL
    with nogil:
        c_api.fernet_max_pool_backward(dx_, dy_, y_, argmax_, n, h, w, c, size_h, size_w)


def global_avg_pool_forward(cnp.ndarray x, cnp.ndarray y):
    cdef const float *x_ = floats(x, "x", 4)
    cdef float *y_ = output(y, "y", 2)
    cdef int64_t n = cnp.PyArray_DIM(x, 0)
    cdef int64_t positions = cnp.PyArray_DIM(x, 1) * cnp.PyArray_DIM(x, 2)
    cdef int64_t c = cnp.PyArray_DIM(x, 3)
    check_positions(x, "x")
    shape_is(y, "y", (n, c))
    with nogil:
        c_api.fernet_global_avg_pool_forward(y_, x_, n, positions, c)


def global_avg_pool_backward(cnp.ndarray dy, cnp.ndarray dx):
    cdef const float *dy_ = floats(dy, "dy", 2)
    cdef float *dx_ = output(dx, "dx", 4)
    cdef int64_t n = cnp.PyArray_DIM(dx, 0)
    cdef int64_t positions = cnp.PyArray_DIM(dx, 1) * cnp.PyArray_DIM(dx, 2)
    cdef int64_t c = cnp.PyArray_DIM(dx, 3)
    check_positions(dx, "dx")
    shape_is(dy, "dy", (n, c))
    with nogil:
        c_api.fernet_global_avg_pool_backward(dx_, dy_, n, positions, c)


cdef int check_positions(cnp.ndarray images, str name) except -1:
    if cnp.PyArray_DIM(images, 1) * cnp.PyArray_DIM(images, 2) == 0:
        raise ValueError(
            f"{name} has shape {(<object>images).shape}, expected at least one position an image"
        )
    return 0
