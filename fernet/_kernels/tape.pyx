"""Kernels' calls, written down once and made again in one go."""

from libc.stdint cimport uint64_t

cimport fernet._kernels.c_api as c_api
from fernet._kernels.arrays cimport finished, memory


cdef class Tape:
    """Calls of kernels with all their arguments, in order; at first none.

    It keeps the arrays that they read and write. It is for one thread at a time.
    """

    cdef c_api.fernet_tape *tape
    cdef list arrays

    def __cinit__(self):
        self.arrays = []
        self.tape = c_api.fernet_new_tape()
        if self.tape == NULL:
            raise MemoryError("no memory for a tape of kernels' calls")

    def __dealloc__(self):
        c_api.fernet_free_tape(self.tape)

    def __len__(self) -> int:
        return c_api.fernet_tape_length(self.tape)

    def write(self, object function, object arguments):
        """Call ``function(*arguments)``: what it asks of kernels is added to the tape, not done."""
        if c_api.fernet_keeper() != NULL:
            raise RuntimeError("this thread is writing a tape already")
        cdef int status = 0
        c_api.fernet_begin_writing(self.tape, <void *>self.arrays)
        try:
            function(*arguments)
        finally:
            status = c_api.fernet_end_writing()
        memory(status)

    def play(self, uint64_t seed, uint64_t step, double learning_rate, double squares) -> float:
        """Make the calls, with these values for the arguments of their names.

        Returns `squares` and the sums of squares that updates returned, added one by one. A sum of
        losses that is not finite raises FloatingPointError, and no call behind it is made.
        """
        cdef c_api.fernet_varying values
        cdef int status
        if c_api.fernet_keeper() != NULL:
            raise RuntimeError("this thread is writing a tape")
        values.seed, values.step, values.learning_rate = seed, step, <float>learning_rate
        with nogil:
            status = c_api.fernet_play(self.tape, &values, &squares)
        finished(status)
        return squares
