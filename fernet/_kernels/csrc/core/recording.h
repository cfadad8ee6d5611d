/* A record of what the pool is asked for: for each job of the calling thread, how long each of its
 * tasks takes. From it follows what more threads than a machine has could do; benchmarks/scaling.py
 * says how.
 *
 * While a thread records, it runs all its tasks itself, one after another. Other threads go on as
 * ever. Times are in nanoseconds, and without those in which the thread had no core, where the
 * system can tell. */
#ifndef FERNET_RECORDING_H
#define FERNET_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/threads.h"
#include "core/visibility.h"

struct fernet_job {
    const char *name; /* the task's, as the kernel's source has it */
    int64_t start;    /* by a clock that only grows */
    int64_t gap;      /* since the job before it, or the beginning */
    int64_t n_tasks;
    const int64_t *tasks; /* (n_tasks): how long each took */
};

/* 0, or -1 when memory is out. A record that the thread still has is emptied. */
FERNET_API int fernet_start_recording(void);
/* End it. Returns the time since the last job; -1 when memory did not suffice for all jobs, or
 * nothing was recorded. What is recorded stays until it is freed. */
FERNET_API int64_t fernet_end_recording(void);
FERNET_API void fernet_free_recording(void);
/* Job number `index` of the calling thread's record; false beyond the last. */
FERNET_API bool fernet_recorded_job(int64_t index, struct fernet_job *job);

FERNET_LOCAL bool fernet_is_recording(void);
FERNET_LOCAL void fernet_record_job(int64_t n_tasks, fernet_task task, void *context,
                                    const char *name);

#endif
