"""Convolution of channels-last images and its gradients: any kernel, stride and padding."""

from cpython.number cimport PyNumber_Index
from libc.stdint cimport int64_t, uint8_t
cimport numpy as cnp

cimport fernet._kernels.c_api as c_api
from fernet._kernels.arrays cimport (
    floats, has_length, memory, optional_floats, output, same_shape,
    typed_output,
)

cnp.import_array()

cdef dict ALGORITHMS = {
    "auto": c_api.FERNET_CONV_AUTO,
    "direct": c_api.FERNET_CONV_DIRECT,
    "winograd": c_api.FERNET_CONV_WINOGRAD,
}


cdef int read_pair(object pair, str name, int64_t *rows, int64_t *columns) except -1:
    try:
        first, second = pair
        rows[0], columns[0] = PyNumber_Index(first), PyNumber_Index(second)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {pair!r}, expected a pair of integers") from None
    return 0


cdef int read_algorithm(c_api.fernet_conv2d *s, object algorithm) except -1:
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm is {algorithm!r}, expected 'auto', 'direct' or 'winograd'")
    s.algorithm = ALGORITHMS[algorithm]
    if s.algorithm == c_api.FERNET_CONV_WINOGRAD and (
        s.kh != 3 or s.kw != 3 or s.stride_h != s.stride_w or s.stride_h > 2
    ):
        raise ValueError(
            "algorithm is 'winograd', which needs a kernel of 3 x 3 and a stride of 1 or 2: the "
            f"kernel is {s.kh} x {s.kw} and the stride {(s.stride_h, s.stride_w)}"
        )
    return 0


cdef int check_geometry(const c_api.fernet_conv2d *s, str x_name) except -1:
    if s.kh < 1 or s.kw < 1:
        raise ValueError(f"the kernel is {s.kh} x {s.kw}, expected at least 1 x 1")
    if s.stride_h < 1 or s.stride_w < 1:
        raise ValueError(f"stride is {(s.stride_h, s.stride_w)}, expected 1 or more each")
    if not (0 <= s.pad_h < s.kh and 0 <= s.pad_w < s.kw):
        raise ValueError(
            f"padding is {(s.pad_h, s.pad_w)}, expected 0 or more each and less than the kernel's "
            f"{s.kh} x {s.kw}"
        )
    if s.h + 2 * s.pad_h < s.kh or s.w + 2 * s.pad_w < s.kw:
        raise ValueError(
            f"{x_name}'s planes of {s.h} x {s.w}, padded by {(s.pad_h, s.pad_w)}, are smaller "
            f"than the kernel of {s.kh} x {s.kw}"
        )
    return 0


cdef int describe(c_api.fernet_conv2d *s, tuple names, cnp.ndarray x, cnp.ndarray weight,
                  cnp.ndarray y, stride, padding, algorithm, int window=1) except -1:
    """Sizes of a convolution, if its four-dimensional arrays belong together.

    `y` holds one pixel for each `window` x `window` of the outputs.
    """
    s.n, s.h = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1)
    s.w, s.c = cnp.PyArray_DIM(x, 2), cnp.PyArray_DIM(x, 3)
    s.kh, s.kw = cnp.PyArray_DIM(weight, 0), cnp.PyArray_DIM(weight, 1)
    s.oc = cnp.PyArray_DIM(weight, 3)
    read_pair(stride, "stride", &s.stride_h, &s.stride_w)
    read_pair(padding, "padding", &s.pad_h, &s.pad_w)
    check_geometry(s, names[0])
    read_algorithm(s, algorithm)
    s.oh = (s.h + 2 * s.pad_h - s.kh) // s.stride_h + 1
    s.ow = (s.w + 2 * s.pad_w - s.kw) // s.stride_w + 1
    s.training = False
    s.packed = NULL
    has_length(weight, names[1], 2, s.c)
    has_length(y, names[2], 0, s.n)
    has_length(y, names[2], 1, s.oh // window)
    has_length(y, names[2], 2, s.ow // window)
    has_length(y, names[2], 3, s.oc)
    return 0


cdef int describe_shapes(c_api.fernet_conv2d *s, tuple x_shape, tuple weight_shape, stride,
                         padding, algorithm) except -1:
    """Sizes of a convolution of any arrays of these shapes."""
    s.n, s.h, s.w, s.c = x_shape
    s.kh, s.kw, _, s.oc = weight_shape
    read_pair(stride, "stride", &s.stride_h, &s.stride_w)
    read_pair(padding, "padding", &s.pad_h, &s.pad_w)
    check_geometry(s, "x")
    read_algorithm(s, algorithm)
    s.oh = (s.h + 2 * s.pad_h - s.kh) // s.stride_h + 1
    s.ow = (s.w + 2 * s.pad_w - s.kw) // s.stride_w + 1
    s.training = False
    s.packed = NULL
    return 0


cdef int read_packed(c_api.fernet_conv2d *s, object packed) except -1:
    """Take weights that `conv2d_pack` has laid out, if they are of this convolution's size."""
    if packed is None:
        return 0
    if s.training:
        raise ValueError("packed weights are for predictions, but training is True")
    s.packed = optional_floats(packed, "packed", c_api.fernet_conv2d_packed_size(s))
    if cnp.PyArray_SIZE(packed) == 0:
        s.packed = NULL
    return 0


def conv2d_packed_size(tuple x_shape, tuple weight_shape, stride=(1, 1), padding=(0, 0),
                       algorithm="auto") -> int:
    cdef c_api.fernet_conv2d shape
    describe_shapes(&shape, x_shape, weight_shape, stride, padding, algorithm)
    return c_api.fernet_conv2d_packed_size(&shape)


def conv2d_pack(tuple x_shape, cnp.ndarray weight, cnp.ndarray packed, stride=(1, 1),
                padding=(0, 0), algorithm="auto"):
    cdef const float *weight_ = floats(weight, "weight", 4)
    cdef float *packed_ = output(packed, "packed", 1)
    cdef c_api.fernet_conv2d shape
    describe_shapes(&shape, x_shape, (<object>weight).shape, stride, padding, algorithm)
    has_length(weight, "weight", 2, shape.c)
    has_length(packed, "packed", 0, c_api.fernet_conv2d_packed_size(&shape))
    with nogil:
        c_api.fernet_conv2d_pack(packed_, weight_, &shape)


def conv2d_forward(cnp.ndarray x, cnp.ndarray weight, bias, cnp.ndarray y, stride=(1, 1),
                   padding=(0, 0), bint relu=False, algorithm="auto", bint training=False,
                   packed=None):
    cdef const float *x_ = floats(x, "x", 4)
    cdef const float *weight_ = floats(weight, "weight", 4)
    cdef float *y_ = output(y, "y", 4)
    cdef c_api.fernet_conv2d shape
    describe(&shape, ("x", "weight", "y"), x, weight, y, stride, padding, algorithm)
    shape.training = training
    read_packed(&shape, packed)
    cdef const float *bias_ = optional_floats(bias, "bias", shape.oc)
    cdef int status
    with nogil:
        status = c_api.fernet_conv2d_forward(y_, x_, weight_, bias_, &shape, relu)
    memory(status)


def conv2d_pools(tuple x_shape, tuple weight_shape, stride=(1, 1), padding=(0, 0),
                 algorithm="auto") -> bool:
    cdef c_api.fernet_conv2d shape
    describe_shapes(&shape, x_shape, weight_shape, stride, padding, algorithm)
    return c_api.fernet_conv2d_pools(&shape) == 1


def conv2d_pool_forward(cnp.ndarray x, cnp.ndarray weight, bias, cnp.ndarray y, argmax,
                        stride=(1, 1), padding=(0, 0), bint relu=False, algorithm="auto",
                        bint training=False, packed=None):
    cdef const float *x_ = floats(x, "x", 4)
    cdef const float *weight_ = floats(weight, "weight", 4)
    cdef float *y_ = output(y, "y", 4)
    cdef uint8_t *argmax_ = NULL
    cdef c_api.fernet_conv2d shape
    describe(&shape, ("x", "weight", "y"), x, weight, y, stride, padding, algorithm, 2)
    shape.training = training
    if c_api.fernet_conv2d_pools(&shape) == 0:
        raise ValueError(
            f"a convolution of {(<object>x).shape} to planes of {shape.oh} x {shape.ow} with "
            f"{shape.oc} channels does not pool as it goes: see conv2d_pools"
        )
    read_packed(&shape, packed)
    cdef const float *bias_ = optional_floats(bias, "bias", shape.oc)
    if argmax is not None:
        if not isinstance(argmax, cnp.ndarray):
            raise TypeError(f"argmax is a {type(argmax).__name__}, expected an array or None")
        argmax_ = <uint8_t *>typed_output(argmax, "argmax", 1, cnp.NPY_UINT8)
        has_length(argmax, "argmax", 0, (cnp.PyArray_SIZE(y) + 3) // 4)
    cdef int status
    with nogil:
        status = c_api.fernet_conv2d_pool_forward(y_, argmax_, x_, weight_, bias_, &shape, relu)
    memory(status)


def conv2d_backward_input(cnp.ndarray dy, cnp.ndarray weight, cnp.ndarray dx, stride=(1, 1),
                          padding=(0, 0), relu_x=None, algorithm="auto"):
    cdef const float *dy_ = floats(dy, "dy", 4)
    cdef const float *weight_ = floats(weight, "weight", 4)
    cdef float *dx_ = output(dx, "dx", 4)
    cdef c_api.fernet_conv2d shape
    describe(&shape, ("dx", "weight", "dy"), dx, weight, dy, stride, padding, algorithm)
    cdef const float *relu_x_ = optional_floats(relu_x, "relu_x", cnp.PyArray_SIZE(dx))
    if relu_x is not None:
        same_shape(dx, "dx", relu_x, "relu_x")
    cdef int status
    with nogil:
        status = c_api.fernet_conv2d_backward_input(dx_, dy_, weight_, relu_x_, &shape)
    memory(status)


def conv2d_backward_params(cnp.ndarray x, cnp.ndarray dy, cnp.ndarray dweight, dbias,
                           stride=(1, 1), padding=(0, 0), algorithm="auto"):
    cdef const float *x_ = floats(x, "x", 4)
    cdef const float *dy_ = floats(dy, "dy", 4)
    cdef float *dweight_ = output(dweight, "dweight", 4)
    cdef c_api.fernet_conv2d shape
    describe(&shape, ("x", "dweight", "dy"), x, dweight, dy, stride, padding, algorithm)
    cdef float *dbias_ = optional_floats(dbias, "dbias", shape.oc)
    if dbias is not None:
        output(dbias, "dbias", 1)
    cdef int status
    with nogil:
        status = c_api.fernet_conv2d_backward_params(dweight_, dbias_, x_, dy_, &shape)
    memory(status)


def conv2d_backward(cnp.ndarray x, cnp.ndarray dy, cnp.ndarray weight, cnp.ndarray dx,
                    cnp.ndarray dweight, dbias, stride=(1, 1), padding=(0, 0), relu_x=None,
                    algorithm="auto"):
    cdef const float *x_ = floats(x, "x", 4)
    cdef const float *dy_ = floats(dy, "dy", 4)
    cdef const float *weight_ = floats(weight, "weight", 4)
    cdef float *dx_ = output(dx, "dx", 4)
    cdef float *dweight_ = output(dweight, "dweight", 4)
    cdef c_api.fernet_conv2d shape
    describe(&shape, ("x", "weight", "dy"), x, weight, dy, stride, padding, algorithm)
    same_shape(x, "x", dx, "dx")
    same_shape(weight, "weight", dweight, "dweight")
    cdef const float *relu_x_ = optional_floats(relu_x, "relu_x", cnp.PyArray_SIZE(dx))
    if relu_x is not None:
        same_shape(dx, "dx", relu_x, "relu_x")
    cdef float *dbias_ = optional_floats(dbias, "dbias", shape.oc)
    if dbias is not None:
        output(dbias, "dbias", 1)
    cdef int status
    with nogil:
        status = c_api.fernet_conv2d_backward(
            dx_, dweight_, dbias_, x_, dy_, weight_, relu_x_, &shape)
    memory(status)
