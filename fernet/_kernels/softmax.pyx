"""Softmax, its logarithm, cross-entropy with its gradient, and who was right."""

from libc.stdint cimport int32_t, int64_t
cimport numpy as cnp

cimport fernet._kernels.c_api as c_api
from fernet._kernels.arrays cimport (
    finished, floats, has_length, optional_floats, output, same_shape, typed, typed_output)

cnp.import_array()


def softmax_forward(cnp.ndarray logits, cnp.ndarray proba):
    cdef const float *logits_ = floats(logits, "logits", 2)
    cdef float *proba_ = output(proba, "proba", 2)
    cdef int64_t n = cnp.PyArray_DIM(logits, 0)
    cdef int64_t c = cnp.PyArray_DIM(logits, 1)
    same_shape(logits, "logits", proba, "proba")
    with nogil:
        c_api.fernet_softmax_forward(proba_, logits_, n, c)


def log_softmax_forward(cnp.ndarray logits, cnp.ndarray log_proba):
    cdef const float *logits_ = floats(logits, "logits", 2)
    cdef float *log_proba_ = output(log_proba, "log_proba", 2)
    cdef int64_t n = cnp.PyArray_DIM(logits, 0)
    cdef int64_t c = cnp.PyArray_DIM(logits, 1)
    same_shape(logits, "logits", log_proba, "log_proba")
    with nogil:
        c_api.fernet_log_softmax_forward(log_proba_, logits_, n, c)


cdef int check_targets(const int32_t *target, int64_t n, int64_t n_classes) except -1:
    cdef int64_t i
    for i in range(n):
        if not 0 <= target[i] < n_classes:
            raise ValueError(
                f"target[{i}] is {target[i]}, expected a class from 0 to {n_classes - 1}"
            )
    return 0


cdef int check_smoothing(double label_smoothing) except -1:
    if not 0 <= label_smoothing < 1:
        raise ValueError(f"label_smoothing is {label_smoothing}, expected 0 <= label_smoothing < 1")
    return 0


def softmax_cross_entropy(cnp.ndarray logits, cnp.ndarray target, weight, double scale,
                          double label_smoothing, cnp.ndarray loss, cnp.ndarray dlogits):
    cdef const float *logits_ = floats(logits, "logits", 2)
    cdef const int32_t *target_ = <const int32_t *>typed(target, "target", 1, cnp.NPY_INT32)
    cdef float *loss_ = output(loss, "loss", 1)
    cdef float *dlogits_ = output(dlogits, "dlogits", 2)
    cdef int64_t n = cnp.PyArray_DIM(logits, 0)
    cdef int64_t c = cnp.PyArray_DIM(logits, 1)
    cdef const float *weight_ = optional_floats(weight, "weight", n)
    has_length(target, "target", 0, n)
    has_length(loss, "loss", 0, n)
    same_shape(logits, "logits", dlogits, "dlogits")
    check_smoothing(label_smoothing)
    check_targets(target_, n, c)
    with nogil:
        c_api.fernet_softmax_cross_entropy(loss_, dlogits_, logits_, target_, weight_, scale,
                                           label_smoothing, n, c)


def soft_target_cross_entropy(cnp.ndarray logits, cnp.ndarray target, weight, double scale,
                              double label_smoothing, cnp.ndarray loss, cnp.ndarray dlogits):
    cdef const float *logits_ = floats(logits, "logits", 2)
    cdef const float *target_ = floats(target, "target", 2)
    cdef float *loss_ = output(loss, "loss", 1)
    cdef float *dlogits_ = output(dlogits, "dlogits", 2)
    cdef int64_t n = cnp.PyArray_DIM(logits, 0)
    cdef int64_t c = cnp.PyArray_DIM(logits, 1)
    cdef const float *weight_ = optional_floats(weight, "weight", n)
    has_length(loss, "loss", 0, n)
    same_shape(logits, "logits", target, "target")
    same_shape(logits, "logits", dlogits, "dlogits")
    check_smoothing(label_smoothing)
    with nogil:
        c_api.fernet_soft_target_cross_entropy(loss_, dlogits_, logits_, target_, weight_, scale,
                                               label_smoothing, n, c)


cdef int64_t has_columns(cnp.ndarray logits) except -1:
    if cnp.PyArray_DIM(logits, 1) == 0:
        raise ValueError("logits has no columns, expected at least 1")
    return cnp.PyArray_DIM(logits, 1)


def count_right(cnp.ndarray logits, cnp.ndarray target) -> int:
    cdef const float *logits_ = floats(logits, "logits", 2)
    cdef const int32_t *target_ = <const int32_t *>typed(target, "target", 1, cnp.NPY_INT32)
    cdef int64_t n = cnp.PyArray_DIM(logits, 0)
    cdef int64_t c = has_columns(logits)
    cdef int64_t n_right
    has_length(target, "target", 0, n)
    with nogil:
        n_right = c_api.fernet_count_right(logits_, target_, n, c)
    return n_right


def batch_figures(cnp.ndarray loss, cnp.ndarray logits, cnp.ndarray target, cnp.ndarray figures):
    cdef const float *loss_ = floats(loss, "loss", 1)
    cdef const float *logits_ = floats(logits, "logits", 2)
    cdef const int32_t *target_ = <const int32_t *>typed(target, "target", 1, cnp.NPY_INT32)
    cdef double *figures_ = <double *>typed_output(figures, "figures", 1, cnp.NPY_FLOAT64)
    cdef int64_t n = cnp.PyArray_DIM(logits, 0)
    cdef int64_t c = has_columns(logits)
    cdef int status
    has_length(loss, "loss", 0, n)
    has_length(target, "target", 0, n)
    has_length(figures, "figures", 0, 2)
    with nogil:
        status = c_api.fernet_batch_figures(figures_, loss_, logits_, target_, n, c)
    finished(status)
