"""Matrix products by the BLAS that SciPy brings: float64 layers, and a peer to measure against.

BLAS counts columns first, so a row-major ``C = A B`` is asked for as ``C' = B' A'``.
"""

from libc.limits cimport INT_MAX
cimport numpy as cnp
from scipy.linalg.cython_blas cimport dgemm, sgemm

import numpy as np

from fernet._kernels.arrays cimport has_length, type_of, typed, typed_output

cnp.import_array()


cdef int check_lengths(cnp.ndarray matrix, str name) except -1:
    """Raise for what BLAS would cut off: it counts in int."""
    cdef int axis
    for axis in range(2):
        if cnp.PyArray_DIM(matrix, axis) > INT_MAX:
            raise ValueError(
                f"{name} has length {cnp.PyArray_DIM(matrix, axis)} along axis {axis}, expected at "
                f"most {INT_MAX}"
            )
    return 0


cdef int check_product(cnp.ndarray a, cnp.ndarray b, cnp.ndarray out, bint transpose_a,
                       bint transpose_b, tuple names) except -1:
    """The operands' common type, if ``out = op(a) @ op(b)`` makes sense."""
    cdef int typenum = type_of(a, names[0])
    if typenum != cnp.NPY_FLOAT32 and typenum != cnp.NPY_FLOAT64:
        raise TypeError(f"{names[0]} has dtype {a.dtype}, expected float32 or float64")
    typed(a, names[0], 2, typenum)
    typed(b, names[1], 2, typenum)
    typed_output(out, names[2], 2, typenum)
    check_lengths(a, names[0])
    check_lengths(b, names[1])
    cdef cnp.npy_intp k = cnp.PyArray_DIM(a, 0 if transpose_a else 1)
    has_length(b, names[1], 1 if transpose_b else 0, k)
    has_length(out, names[2], 0, cnp.PyArray_DIM(a, 1 if transpose_a else 0))
    has_length(out, names[2], 1, cnp.PyArray_DIM(b, 0 if transpose_b else 1))
    return typenum


cdef int check_vector(object vector, str name, int typenum, cnp.npy_intp size) except -1:
    if vector is None:
        return 0
    if not isinstance(vector, cnp.ndarray):
        raise TypeError(f"{name} is a {type(vector).__name__}, expected an array or None")
    typed(vector, name, 1, typenum)
    return has_length(vector, name, 0, size)


cdef int product(cnp.ndarray a, cnp.ndarray b, cnp.ndarray out, bint transpose_a,
                 bint transpose_b) except -1:
    cdef int m = <int>cnp.PyArray_DIM(out, 0)
    cdef int n = <int>cnp.PyArray_DIM(out, 1)
    cdef int k = <int>cnp.PyArray_DIM(a, 0 if transpose_a else 1)
    if m == 0 or n == 0:
        return 0
    if k == 0:
        out.fill(0)
        return 0
    cdef int lda = <int>cnp.PyArray_DIM(a, 1)
    cdef int ldb = <int>cnp.PyArray_DIM(b, 1)
    cdef void *a_ = cnp.PyArray_DATA(a)
    cdef void *b_ = cnp.PyArray_DATA(b)
    cdef void *out_ = cnp.PyArray_DATA(out)
    cdef bint is_float = cnp.PyArray_TYPE(a) == cnp.NPY_FLOAT32
    cdef char op_a = b"T" if transpose_a else b"N"
    cdef char op_b = b"T" if transpose_b else b"N"
    cdef float one_f = 1, zero_f = 0
    cdef double one = 1, zero = 0
    with nogil:
        if is_float:
            sgemm(&op_b, &op_a, &n, &m, &k, &one_f, <float *>b_, &ldb, <float *>a_, &lda,
                  &zero_f, <float *>out_, &n)
        else:
            dgemm(&op_b, &op_a, &n, &m, &k, &one, <double *>b_, &ldb, <double *>a_, &lda,
                  &zero, <double *>out_, &n)
    return 0


def matmul(cnp.ndarray a, cnp.ndarray b, cnp.ndarray out, bint transpose_a=False,
           bint transpose_b=False):
    """``out = op(a) @ op(b)`` for C-contiguous float32 or float64 matrices."""
    check_product(a, b, out, transpose_a, transpose_b, ("a", "b", "out"))
    product(a, b, out, transpose_a, transpose_b)


def linear_forward(cnp.ndarray x, cnp.ndarray weight, bias, cnp.ndarray y, bint relu=False):
    cdef int typenum = check_product(x, weight, y, False, False, ("x", "weight", "y"))
    check_vector(bias, "bias", typenum, cnp.PyArray_DIM(weight, 1))
    product(x, weight, y, False, False)
    if bias is not None:
        np.add(y, bias, out=y)
    if relu:
        np.maximum(y, 0, out=y)


def linear_backward_input(cnp.ndarray dy, cnp.ndarray weight, cnp.ndarray dx):
    check_product(dy, weight, dx, False, True, ("dy", "weight", "dx"))
    product(dy, weight, dx, False, True)


def linear_backward_params(cnp.ndarray x, cnp.ndarray dy, cnp.ndarray dweight, dbias):
    cdef int typenum = check_product(x, dy, dweight, True, False, ("x", "dy", "dweight"))
    check_vector(dbias, "dbias", typenum, cnp.PyArray_DIM(dy, 1))
    if dbias is not None:
        typed_output(dbias, "dbias", 1, typenum)
    product(x, dy, dweight, True, False)
    if dbias is not None:
        np.sum(dy, axis=0, out=dbias)
