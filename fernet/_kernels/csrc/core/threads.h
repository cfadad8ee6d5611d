/* One pool of threads for every kernel.
 *
 * A kernel cuts its work into tasks and hands them to fernet_parallel_for. Which thread runs a task
 * is left open, so a task writes only what is its own and no result may depend on the cut.
 */
#ifndef FERNET_THREADS_H
#define FERNET_THREADS_H

#include <stddef.h>
#include <stdint.h>

#include "core/visibility.h"

typedef void (*fernet_task)(void *context, int64_t index);

/* Run task(context, 0 .. n_tasks-1) and return when all are done. When the pool already serves
 * another thread, or is asked from within a task, the caller runs them all itself. */
#define fernet_parallel_for(n_tasks, task, context) fernet_run_tasks(n_tasks, task, context, #task)
FERNET_LOCAL void fernet_run_tasks(int64_t n_tasks, fernet_task task, void *context,
                                   const char *name);

/* Work space of the calling thread: 64-byte aligned, kept and grown between calls, freed when the
 * thread ends. Two slots, as a task may run on the thread whose caller holds the other one.
 * NULL when memory is out. */
enum { FERNET_SCRATCH_TASK, FERNET_SCRATCH_CALLER, FERNET_SCRATCH_SLOTS };
FERNET_LOCAL void *fernet_scratch(int slot, size_t bytes);

FERNET_API int fernet_get_num_threads(void);
FERNET_API void fernet_set_num_threads(int n);

#endif
