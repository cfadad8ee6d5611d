/* What the pool of threads asks of the operating system. It has two bodies: system_posix.c, and
 * system_windows.c. */
#ifndef FERNET_SYSTEM_H
#define FERNET_SYSTEM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/visibility.h"

/* What two processors can't write to at once: two lines of most caches, one of Apple's. */
enum { SYSTEM_LINE = 128 };

/* Threads that this process had better have at most, at least 1: by the processors that it may run
 * on; on Linux cpus.h says more. */
FERNET_LOCAL int system_usable_cpus(void);

/* Bytes of a core's second-level cache; 0 where the system does not tell. */
FERNET_LOCAL int64_t system_l2_bytes(void);

/* Nanoseconds of a clock that never steps back. */
FERNET_LOCAL int64_t system_nanoseconds(void);

/* Nanoseconds that the calling thread has had a processor; those of the other clock where the
 * system does not count them so finely. */
FERNET_LOCAL int64_t system_thread_nanoseconds(void);

/* Let another thread run that waits for this processor. */
FERNET_LOCAL void system_yield(void);

/* A thread's stack. Systems' own sizes go from 128 KiB (musl) to 8 MiB. */
enum { SYSTEM_STACK_BYTES = 2 << 20 };

/* Run body(id) in a thread of its own, which nobody waits for and which hears of its own faults
 * alone: other signals are the caller's, as Python hears of Ctrl-C in its own thread. False where
 * no thread can be had. */
FERNET_LOCAL bool system_start_thread(void (*body)(int id), int id);

/* From now on, call `reset` in each child of fork before anything else of ours runs there. One
 * function only; nothing to do where processes do not fork. */
FERNET_LOCAL void system_after_fork(void (*reset)(void));

/* Sleep while the word has that value. Who writes another one calls system_wake_all. */
FERNET_LOCAL void system_sleep_while(atomic_uint *word, unsigned value);
FERNET_LOCAL void system_wake_all(atomic_uint *word);

/* As malloc, to be freed by free, but on large pages where much is wanted and the system has some
 * to give: in pages of 4 KiB a core looks up an address for each few lines of transformed weights.
 */
FERNET_LOCAL void *system_allocate(size_t bytes);

/* Memory of the calling thread's own, kept until it ends: what system_allocate gave for `memory`,
 * NULL at first, is then freed. */
enum { SYSTEM_MEMORY_SLOTS = 2 };
struct system_memory {
    void *memory;
    size_t bytes;
};
/* The thread's slots. NULL when memory is out. */
FERNET_LOCAL struct system_memory *system_thread_memory(void);

#endif
