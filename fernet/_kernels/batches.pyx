"""Batches in float32 out of a data set in any dtype: rows as they are, or images warped."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
cimport numpy as cnp

cimport fernet._kernels.c_api as c_api
from fernet._kernels.arrays cimport (
    floats, has_length, memory, optional_floats, output, type_of, typed, typed_output)

cnp.import_array()


cdef const int64_t *checked_indices(cnp.ndarray indices, int64_t n) except? NULL:
    cdef const int64_t *indices_ = <const int64_t *>typed(indices, "indices", 1, cnp.NPY_INT64)
    cdef int64_t i
    for i in range(cnp.PyArray_SIZE(indices)):
        if not 0 <= indices_[i] < n:
            raise IndexError(f"indices[{i}] is {indices_[i]}, expected 0 to {n - 1}")
    return indices_


def gather_rows(cnp.ndarray X, cnp.ndarray indices, offset, scale, cnp.ndarray out):
    cdef int kind = type_of(X, "X")
    if kind not in (cnp.NPY_UINT8, cnp.NPY_FLOAT32, cnp.NPY_FLOAT64):
        raise TypeError(f"X has dtype {X.dtype}, expected uint8, float32 or float64")
    cdef const void *X_ = typed(X, "X", 2, kind)
    cdef const int64_t *indices_ = checked_indices(indices, cnp.PyArray_DIM(X, 0))
    cdef int64_t d = cnp.PyArray_DIM(X, 1)
    cdef int64_t b = cnp.PyArray_SIZE(indices)
    cdef const float *offset_ = optional_floats(offset, "offset", d)
    cdef const float *scale_ = optional_floats(scale, "scale", d)
    cdef float *out_ = output(out, "out", 2)
    has_length(out, "out", 0, b)
    has_length(out, "out", 1, d)
    with nogil:
        if kind == cnp.NPY_UINT8:
            c_api.fernet_gather_rows_u8(out_, <const uint8_t *>X_, indices_, offset_, scale_, b, d)
        elif kind == cnp.NPY_FLOAT32:
            c_api.fernet_gather_rows_f32(out_, <const float *>X_, indices_, offset_, scale_, b, d)
        else:
            c_api.fernet_gather_rows_f64(out_, <const double *>X_, indices_, offset_, scale_, b, d)


def gather_targets(cnp.ndarray target, cnp.ndarray indices, cnp.ndarray out):
    cdef const int32_t *target_ = <const int32_t *>typed(target, "target", 1, cnp.NPY_INT32)
    cdef const int64_t *indices_ = checked_indices(indices, cnp.PyArray_DIM(target, 0))
    cdef int32_t *out_ = <int32_t *>typed_output(out, "out", 1, cnp.NPY_INT32)
    cdef int64_t b = cnp.PyArray_SIZE(indices), i
    has_length(out, "out", 0, b)
    for i in range(b):
        out_[i] = target_[indices_[i]]


cdef int check_shape(cnp.ndarray array, str name, tuple shape) except -1:
    found = tuple([cnp.PyArray_DIM(array, i) for i in range(cnp.PyArray_NDIM(array))])
    if found != shape:
        raise ValueError(f"{name} has shape {found}, expected {shape}")
    return 0


cdef enum:
    LONGEST_SIDE = 1 << 24  # float32, which positions are in, tells no more pixels apart


cdef int check_sides(cnp.ndarray X) except -1:
    if cnp.PyArray_DIM(X, 1) > LONGEST_SIDE or cnp.PyArray_DIM(X, 2) > LONGEST_SIDE:
        raise ValueError(
            f"X has shape {(<object>X).shape}, expected sides of at most {LONGEST_SIDE} pixels"
        )
    return 0


def affine_gather(cnp.ndarray X, cnp.ndarray indices, cnp.ndarray matrices, cnp.ndarray gain,
                  cnp.ndarray bias, cnp.ndarray boxes, cnp.ndarray fill, offset, scale,
                  double low, double high, cnp.ndarray out):
    cdef int kind = type_of(X, "X")
    if kind not in (cnp.NPY_UINT8, cnp.NPY_FLOAT32):
        raise TypeError(f"X has dtype {X.dtype}, expected uint8 or float32")
    cdef const void *X_ = typed(X, "X", 4, kind)
    check_sides(X)
    cdef const int64_t *indices_ = checked_indices(indices, cnp.PyArray_DIM(X, 0))
    cdef int64_t b = cnp.PyArray_SIZE(indices)
    cdef int64_t h = cnp.PyArray_DIM(X, 1)
    cdef int64_t w = cnp.PyArray_DIM(X, 2)
    cdef int64_t c = cnp.PyArray_DIM(X, 3)
    cdef const float *matrices_ = floats(matrices, "matrices", 3)
    cdef const float *gain_ = floats(gain, "gain", 1)
    cdef const float *bias_ = floats(bias, "bias", 1)
    cdef const int32_t *boxes_ = <const int32_t *>typed(boxes, "boxes", 2, cnp.NPY_INT32)
    cdef const float *fill_ = floats(fill, "fill", 1)
    cdef const float *offset_ = optional_floats(offset, "offset", h * w * c)
    cdef const float *scale_ = optional_floats(scale, "scale", h * w * c)
    cdef float *out_ = output(out, "out", 4)
    check_shape(matrices, "matrices", (b, 2, 3))
    check_shape(gain, "gain", (b,))
    check_shape(bias, "bias", (b,))
    check_shape(boxes, "boxes", (b, 4))
    check_shape(fill, "fill", (b,))
    check_shape(out, "out", (b, h, w, c))
    if not low <= high:
        raise ValueError(f"low is {low} and high {high}, expected no more than high")
    with nogil:
        if kind == cnp.NPY_UINT8:
            c_api.fernet_affine_gather_u8(
                out_, <const uint8_t *>X_, indices_, matrices_, gain_, bias_, boxes_, fill_,
                offset_, scale_, low, high, b, h, w, c)
        else:
            c_api.fernet_affine_gather_f32(
                out_, <const float *>X_, indices_, matrices_, gain_, bias_, boxes_, fill_,
                offset_, scale_, low, high, b, h, w, c)


cdef const int32_t *checked_filters(cnp.ndarray filters, int64_t b, int64_t n) except? NULL:
    cdef const int32_t *filters_ = <const int32_t *>typed(filters, "filters", 2, cnp.NPY_INT32)
    check_shape(filters, "filters", (b, 2))
    cdef int64_t i
    for i in range(2 * b):
        if not -1 <= filters_[i] < n:
            raise IndexError(f"filters.flat[{i}] is {filters_[i]}, expected -1 to {n - 1}")
    return filters_


def degrade_images(cnp.ndarray x, cnp.ndarray row_filters, cnp.ndarray column_filters,
                   cnp.ndarray filters, cnp.ndarray gamma, cnp.ndarray noise,
                   cnp.ndarray coarseness, double black, double grey_level, uint64_t seed,
                   uint64_t step, offset, scale):
    cdef c_api.fernet_degradation how
    cdef float *x_ = output(x, "x", 4)
    how.n = cnp.PyArray_DIM(x, 0)
    how.h = cnp.PyArray_DIM(x, 1)
    how.w = cnp.PyArray_DIM(x, 2)
    how.c = cnp.PyArray_DIM(x, 3)
    how.row_filters = floats(row_filters, "row_filters", 3)
    how.column_filters = floats(column_filters, "column_filters", 3)
    how.n_filters = cnp.PyArray_DIM(row_filters, 0)
    check_shape(row_filters, "row_filters", (how.n_filters, how.h, how.h))
    check_shape(column_filters, "column_filters", (how.n_filters, how.w, how.w))
    how.filters = checked_filters(filters, how.n, how.n_filters)
    how.gamma = floats(gamma, "gamma", 1)
    how.noise = floats(noise, "noise", 1)
    how.coarseness = floats(coarseness, "coarseness", 1)
    check_shape(gamma, "gamma", (how.n,))
    check_shape(noise, "noise", (how.n,))
    check_shape(coarseness, "coarseness", (how.n,))
    if not grey_level > 0:
        raise ValueError(f"grey_level is {grey_level}, expected above 0")
    how.black, how.grey_level = <float>black, <float>grey_level
    how.seed, how.step = seed, step
    cdef const float *offset_ = optional_floats(offset, "offset", how.h * how.w * how.c)
    cdef const float *scale_ = optional_floats(scale, "scale", how.h * how.w * how.c)
    cdef int status
    with nogil:
        status = c_api.fernet_degrade_images(x_, offset_, scale_, &how)
    memory(status)


def mix_pairs(cnp.ndarray x, cnp.ndarray share, cnp.ndarray boxes):
    cdef float *x_ = output(x, "x", 4)
    cdef int64_t n = cnp.PyArray_DIM(x, 0)
    cdef int64_t h = cnp.PyArray_DIM(x, 1)
    cdef int64_t w = cnp.PyArray_DIM(x, 2)
    cdef int64_t c = cnp.PyArray_DIM(x, 3)
    cdef const float *share_ = floats(share, "share", 1)
    cdef const int32_t *boxes_ = <const int32_t *>typed(boxes, "boxes", 2, cnp.NPY_INT32)
    check_shape(share, "share", (n // 2,))
    check_shape(boxes, "boxes", (n // 2, 4))
    with nogil:
        c_api.fernet_mix_pairs(x_, share_, boxes_, n, h, w, c)
