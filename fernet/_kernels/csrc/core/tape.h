/* Tapes: kernels' calls, written down once and made again and again.
 *
 * A pass over a batch calls the same kernels each time, on the same arrays. While a thread writes a
 * tape, a kernel that it calls is not run; the call goes to the tape's end with its arguments.
 * Playing the tape makes all of its calls, with nothing in between. What does differ from pass to
 * pass is handed to fernet_play, and replaces the arguments of these names.
 *
 * Arrays are written down as addresses: whoever has a tape keeps them. What an argument of another
 * kind points to, such as sizes, is copied. A tape is for one thread at a time. */
#ifndef FERNET_TAPE_H
#define FERNET_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/visibility.h"

/* Values of the arguments of these names. */
struct fernet_varying {
    uint64_t seed, step;
    float learning_rate;
};

struct fernet_tape;

/* An empty one. NULL when memory is out. */
FERNET_API struct fernet_tape *fernet_new_tape(void);
FERNET_API void fernet_free_tape(struct fernet_tape *tape);
FERNET_API int64_t fernet_tape_length(const struct fernet_tape *tape);

/* Write what the calling thread's kernels are asked for to the end of a tape. `keeper`, which is
 * not NULL, is to hear of each array. */
FERNET_API void fernet_begin_writing(struct fernet_tape *tape, void *keeper);
/* That keeper; NULL while the thread does not write. */
FERNET_API void *fernet_keeper(void);
/* 0, or -1 when there was no memory for all calls. */
FERNET_API int fernet_end_writing(void);

/* Make the calls, in order. 0, or what a kernel returned instead, -1 when it had no memory: those
 * after it are not made.
 * *squares grows by the sums of squares that the calls return, one after the other. */
FERNET_API int fernet_play(struct fernet_tape *tape, const struct fernet_varying *values,
                           double *squares);

/* -- what calls.c tells of a kernel -------------------------------------------------------- */

/* An argument: where among them it lies, and the size of what it points to, if that is no array. */
struct fernet_argument {
    const char *name;
    size_t offset, size, pointed_size;
};

struct fernet_call {
    /* Make a call with such arguments. 0, or -1 when memory is out; *squares is what it returns. */
    int (*make)(const void *arguments, double *squares);
    const void *arguments; /* a struct of them */
    size_t size;
    const struct fernet_argument *about; /* (n_arguments) */
    int n_arguments;
};

/* For a thread that writes. */
FERNET_LOCAL void fernet_write_down(const struct fernet_call *call);

#endif
