"""Updates of a linear layer's parameters straight from its input and the gradient to its output."""

from libc.stdint cimport int64_t
cimport numpy as cnp

cimport fernet._kernels.c_api as c_api
from fernet._kernels.arrays cimport floats, has_length, memory, output, same_size
from fernet._kernels.updates cimport adam_rate

cnp.import_array()


cdef int describe(c_api.fernet_linear *shape, cnp.ndarray x, cnp.ndarray dy, cnp.ndarray params,
                  int64_t weight_start, int64_t bias_start) except -1:
    """Sizes of the layer, if its parameters lie within `params`."""
    cdef int64_t size = cnp.PyArray_SIZE(params), weight_size, weight_stop
    shape.n, shape.d = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1)
    shape.b = cnp.PyArray_DIM(dy, 1)
    shape.weight, shape.bias = weight_start, bias_start
    has_length(dy, "dy", 0, shape.n)
    if shape.n == 0:
        raise ValueError("x has no rows, expected at least 1")
    weight_size = shape.d * shape.b
    if weight_start < 0 or weight_start > size - weight_size:  # a sum could overflow
        raise ValueError(
            f"weight_start is {weight_start}: the weight of {shape.d} x {shape.b} does not fit "
            f"into params of {size} elements"
        )
    weight_stop = weight_start + weight_size
    if bias_start != -1 and not weight_stop <= bias_start <= size - shape.b:
        raise ValueError(
            f"bias_start is {bias_start}, expected -1, or room for {shape.b} elements between the "
            f"weight's end at {weight_stop} and that of params at {size}"
        )
    return 0


def linear_backward_sgd(cnp.ndarray x, cnp.ndarray dy, cnp.ndarray params, cnp.ndarray velocity,
                        int64_t weight_start, int64_t bias_start, double learning_rate,
                        double momentum, double weight_decay, bint nesterov=False) -> float:
    cdef const float *x_ = floats(x, "x", 2)
    cdef const float *dy_ = floats(dy, "dy", 2)
    cdef float *params_ = output(params, "params", 1)
    cdef float *velocity_ = output(velocity, "velocity", 1)
    cdef c_api.fernet_linear shape
    cdef double squares = 0
    cdef int status
    same_size(params, "params", velocity, "velocity")
    describe(&shape, x, dy, params, weight_start, bias_start)
    with nogil:
        status = c_api.fernet_linear_backward_sgd(
            params_, velocity_, &squares, x_, dy_, &shape, <float>learning_rate, <float>momentum,
            <float>weight_decay, nesterov)
    memory(status)
    return squares


def linear_backward_adam(cnp.ndarray x, cnp.ndarray dy, cnp.ndarray params,
                         cnp.ndarray first_moment, cnp.ndarray second_moment,
                         int64_t weight_start, int64_t bias_start, int64_t step,
                         double learning_rate, double beta_1, double beta_2, double epsilon,
                         double weight_decay) -> float:
    cdef const float *x_ = floats(x, "x", 2)
    cdef const float *dy_ = floats(dy, "dy", 2)
    cdef float *params_ = output(params, "params", 1)
    cdef float *first_ = output(first_moment, "first_moment", 1)
    cdef float *second_ = output(second_moment, "second_moment", 1)
    cdef double rate = adam_rate(learning_rate, beta_1, beta_2, step)
    cdef c_api.fernet_linear shape
    cdef double squares = 0
    cdef int status
    same_size(params, "params", first_moment, "first_moment")
    same_size(params, "params", second_moment, "second_moment")
    describe(&shape, x, dy, params, weight_start, bias_start)
    with nogil:
        status = c_api.fernet_linear_backward_adam(
            params_, first_, second_, &squares, x_, dy_, &shape, <float>rate, beta_1, beta_2,
            <float>epsilon, <float>weight_decay)
    memory(status)
    return squares
