"""Checks that every kernel makes before it takes an array's address."""

cimport numpy as cnp

import numpy as np

cimport fernet._kernels.c_api as c_api

cnp.import_array()


cdef object complain(cnp.ndarray array, str name, int ndim, int typenum):
    wanted = np.dtype(cnp.PyArray_DescrFromType(typenum))
    if cnp.PyArray_TYPE(array) != typenum or not cnp.PyArray_ISNOTSWAPPED(array):
        raise TypeError(f"{name} has dtype {array.dtype}, expected {wanted}")
    if cnp.PyArray_NDIM(array) != ndim and ndim >= 0:
        shape = tuple(array.shape[i] for i in range(cnp.PyArray_NDIM(array)))
        raise ValueError(f"{name} has shape {shape}, expected {ndim} dimensions")
    if not cnp.PyArray_IS_C_CONTIGUOUS(array):
        raise ValueError(f"{name} is not C-contiguous")
    raise ValueError(f"{name} is not aligned to its elements of {array.itemsize} bytes")


cdef int type_of(cnp.ndarray array, str name) except -1:
    """NumPy's number for the array's dtype."""
    if array is None:
        raise TypeError(f"{name} is None, expected an array")
    return cnp.PyArray_TYPE(array)


cdef void *typed(cnp.ndarray array, str name, int ndim, int typenum) except? NULL:
    """Address of a C-contiguous array of the given type; any shape if `ndim` is -1.

    The tape that the thread may be writing keeps the array.
    """
    if array is None:
        raise TypeError(f"{name} is None, expected an array")
    if (
        cnp.PyArray_TYPE(array) != typenum
        or not cnp.PyArray_IS_C_CONTIGUOUS(array)
        or (ndim >= 0 and cnp.PyArray_NDIM(array) != ndim)
        or not cnp.PyArray_ISALIGNED(array)
        or not cnp.PyArray_ISNOTSWAPPED(array)
    ):
        complain(array, name, ndim, typenum)
    cdef void *keeper = c_api.fernet_keeper()
    if keeper != NULL:
        (<list>keeper).append(array)
    return cnp.PyArray_DATA(array)


cdef void *typed_output(cnp.ndarray array, str name, int ndim, int typenum) except? NULL:
    cdef void *address = typed(array, name, ndim, typenum)
    if not cnp.PyArray_ISWRITEABLE(array):
        raise ValueError(f"{name} is read-only, but is written to")
    return address


cdef float *floats(cnp.ndarray array, str name, int ndim) except? NULL:
    return <float *>typed(array, name, ndim, cnp.NPY_FLOAT32)


cdef float *output(cnp.ndarray array, str name, int ndim) except? NULL:
    return <float *>typed_output(array, name, ndim, cnp.NPY_FLOAT32)


cdef float *optional_floats(object array, str name, cnp.npy_intp size) except? NULL:
    """Address of `size` floats, or NULL for None."""
    if array is None:
        return NULL
    if not isinstance(array, cnp.ndarray):
        raise TypeError(f"{name} is a {type(array).__name__}, expected an array or None")
    cdef float *address = floats(array, name, -1)
    if cnp.PyArray_SIZE(array) != size:
        raise ValueError(f"{name} has {cnp.PyArray_SIZE(array)} elements, expected {size}")
    return address


cdef int same_size(cnp.ndarray a, str name_a, cnp.ndarray b, str name_b) except -1:
    if cnp.PyArray_SIZE(a) != cnp.PyArray_SIZE(b):
        raise ValueError(
            f"{name_a} has {cnp.PyArray_SIZE(a)} elements and {name_b} has "
            f"{cnp.PyArray_SIZE(b)}: expected the same number"
        )
    return 0


cdef int same_shape(cnp.ndarray a, str name_a, cnp.ndarray b, str name_b) except -1:
    if not cnp.PyArray_SAMESHAPE(a, b):
        raise ValueError(
            f"{name_b} has shape {(<object>b).shape}, "
            f"expected that of {name_a}: {(<object>a).shape}"
        )
    return 0


cdef int has_length(cnp.ndarray array, str name, int axis, cnp.npy_intp length) except -1:
    if cnp.PyArray_DIM(array, axis) != length:
        raise ValueError(
            f"{name} has length {cnp.PyArray_DIM(array, axis)} along axis {axis}, expected {length}"
        )
    return 0


cdef int memory(int status) except -1:
    """Raise when a kernel found no memory for its work space."""
    if status != 0:
        raise MemoryError("no memory for the kernel's work space")
    return 0


cdef int finished(int status) except -1:
    """Raise also when a kernel that sums up losses, or a tape with one, ended at the sum."""
    if status > 0:
        raise FloatingPointError("the sum of the losses is not finite")
    return memory(status)
