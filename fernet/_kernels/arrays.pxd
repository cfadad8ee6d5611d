# Checks that every kernel makes before it takes an array's address.
#
# The array API is asked directly: typed memoryviews would cost a microsecond an argument, which
# the MLP's step of a dozen kernels would feel.

cimport numpy as cnp

cdef float *floats(cnp.ndarray array, str name, int ndim) except? NULL
cdef float *output(cnp.ndarray array, str name, int ndim) except? NULL
cdef float *optional_floats(object array, str name, cnp.npy_intp size) except? NULL
cdef void *typed(cnp.ndarray array, str name, int ndim, int typenum) except? NULL
cdef void *typed_output(cnp.ndarray array, str name, int ndim, int typenum) except? NULL
cdef int type_of(cnp.ndarray array, str name) except -1
cdef int same_shape(cnp.ndarray a, str name_a, cnp.ndarray b, str name_b) except -1
cdef int same_size(cnp.ndarray a, str name_a, cnp.ndarray b, str name_b) except -1
cdef int has_length(cnp.ndarray array, str name, int axis, cnp.npy_intp length) except -1
cdef int memory(int status) except -1
cdef int finished(int status) except -1
