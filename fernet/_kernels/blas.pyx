"""Matrix products by the BLAS that SciPy brings: float64 layers, and a peer to measure against.

BLAS counts columns first, so a row-major ``C = A B`` is asked for as ``C' = B' A'``.
"""

cimport numpy as cnp
from scipy.linalg.cython_blas cimport dgemm, sgemm

import numpy as np

from fernet._kernels.arrays cimport has_length, typed, typed_output

cnp.import_array()


def matmul(cnp.ndarray a, cnp.ndarray b, cnp.ndarray out, bint transpose_a=False,
           bint transpose_b=False):
    """``out = op(a) @ op(b)`` for C-contiguous float32 or float64 matrices."""
    cdef int typenum = cnp.PyArray_TYPE(a)
    if typenum != cnp.NPY_FLOAT32 and typenum != cnp.NPY_FLOAT64:
        raise TypeError(f"a has dtype {a.dtype}, expected float32 or float64")
    cdef void *a_ = typed(a, "a", 2, typenum)
    cdef void *b_ = typed(b, "b", 2, typenum)
    cdef void *out_ = typed_output(out, "out", 2, typenum)
    cdef int lda = <int>max(cnp.PyArray_DIM(a, 1), 1)
    cdef int ldb = <int>max(cnp.PyArray_DIM(b, 1), 1)
    cdef int m = <int>cnp.PyArray_DIM(a, 1 if transpose_a else 0)
    cdef int k = <int>cnp.PyArray_DIM(a, 0 if transpose_a else 1)
    cdef int n = <int>cnp.PyArray_DIM(b, 0 if transpose_b else 1)
    has_length(b, "b", 1 if transpose_b else 0, k)
    has_length(out, "out", 0, m)
    has_length(out, "out", 1, n)
    if m == 0 or n == 0:
        return
    if k == 0:
        out.fill(0)
        return
    cdef char op_a = b"T" if transpose_a else b"N"
    cdef char op_b = b"T" if transpose_b else b"N"
    cdef float one_f = 1, zero_f = 0
    cdef double one = 1, zero = 0
    with nogil:
        if typenum == cnp.NPY_FLOAT32:
            sgemm(&op_b, &op_a, &n, &m, &k, &one_f, <float *>b_, &ldb, <float *>a_, &lda,
                  &zero_f, <float *>out_, &n)
        else:
            dgemm(&op_b, &op_a, &n, &m, &k, &one, <double *>b_, &ldb, <double *>a_, &lda,
                  &zero, <double *>out_, &n)


def linear_forward(x, weight, bias, y, relu=False):
    matmul(x, weight, y)
    if bias is not None:
        y += bias
    if relu:
        np.maximum(y, 0, out=y)


def linear_backward_input(dy, weight, dx):
    matmul(dy, weight, dx, transpose_b=True)


def linear_backward_params(x, dy, dweight, dbias):
    matmul(x, dy, dweight, transpose_a=True)
    if dbias is not None:
        np.sum(dy, axis=0, out=dbias)
