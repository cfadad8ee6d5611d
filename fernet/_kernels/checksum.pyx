"""A number that tells whether anything in an array has changed."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
cimport numpy as cnp

cimport fernet._kernels.c_api as c_api
from fernet._kernels.arrays cimport type_of, typed

cnp.import_array()


def checksum(cnp.ndarray x) -> int:
    cdef const uint32_t *words = <const uint32_t *>typed(x, "x", -1, type_of(x, "x"))
    if cnp.PyArray_ITEMSIZE(x) % sizeof(uint32_t):
        raise TypeError(f"x has elements of {cnp.PyArray_ITEMSIZE(x)} bytes, expected 4 or 8")
    cdef int64_t size = cnp.PyArray_NBYTES(x) // sizeof(uint32_t)
    cdef uint64_t result
    with nogil:
        result = c_api.fernet_checksum(words, size)
    return result
