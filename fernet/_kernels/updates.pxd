# What other modules' updates share with those of flat arrays.

from libc.stdint cimport int64_t

cdef double adam_rate(double learning_rate, double beta_1, double beta_2, int64_t step) except? -1
