/* system.h for Linux, macOS and other systems of POSIX. */
#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "core/system.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int system_usable_cpus(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

int64_t system_nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t system_thread_nanoseconds(void) {
#ifdef CLOCK_THREAD_CPUTIME_ID
    struct timespec t;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0)
        return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
#endif
    return system_nanoseconds();
}

void system_yield(void) { sched_yield(); }

/* -- threads ------------------------------------------------------------------------------- */

struct start {
    void (*body)(int id);
    int id;
};

static void *run_start(void *argument) {
    const struct start start = *(struct start *)argument;
    free(argument);
    start.body(start.id);
    return NULL;
}

static bool start_detached(struct start *start) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, SYSTEM_STACK_BYTES);
    sigset_t all, before; /* a thread inherits what its creator blocks */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    const bool started = pthread_create(&thread, &attributes, run_start, start) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return started;
}

bool system_start_thread(void (*body)(int id), int id) {
    struct start *start = malloc(sizeof *start);
    if (start == NULL) return false;
    *start = (struct start){body, id};
    if (start_detached(start)) return true;
    free(start);
    return false;
}

/* -- sleep --------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    atomic_int sleepers;
    void (*reset)(void);
} resting = {.mutex = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

void system_sleep_while(atomic_uint *word, unsigned value) {
    pthread_mutex_lock(&resting.mutex);
    atomic_fetch_add(&resting.sleepers, 1);
    while (atomic_load(word) == value) pthread_cond_wait(&resting.wake, &resting.mutex);
    atomic_fetch_sub(&resting.sleepers, 1);
    pthread_mutex_unlock(&resting.mutex);
}

/* A sleeper counts itself before it looks at the word, so none is missed here. */
void system_wake_all(atomic_uint *word) {
    (void)word;
    if (atomic_load(&resting.sleepers) == 0) return;
    pthread_mutex_lock(&resting.mutex);
    pthread_cond_broadcast(&resting.wake);
    pthread_mutex_unlock(&resting.mutex);
}

/* Sleepers stay in the parent, and one of them may have held the mutex. */
static void after_fork_in_child(void) {
    pthread_mutex_init(&resting.mutex, NULL);
    pthread_cond_init(&resting.wake, NULL);
    atomic_store(&resting.sleepers, 0);
    resting.reset();
}

void system_after_fork(void (*reset)(void)) {
    resting.reset = reset;
    pthread_atfork(NULL, NULL, after_fork_in_child);
}

/* -- a thread's memory --------------------------------------------------------------------- */

static pthread_key_t memory_key;
static bool has_memory_key;
static pthread_once_t memory_once = PTHREAD_ONCE_INIT;

static void free_memory(void *pointer) {
    struct system_memory *slots = pointer;
    for (int slot = 0; slot < SYSTEM_MEMORY_SLOTS; slot++) free(slots[slot].memory);
    free(slots);
}

static void create_memory_key(void) {
    has_memory_key = pthread_key_create(&memory_key, free_memory) == 0;
}

struct system_memory *system_thread_memory(void) {
    pthread_once(&memory_once, create_memory_key);
    if (!has_memory_key) return NULL;
    struct system_memory *slots = pthread_getspecific(memory_key);
    if (slots != NULL) return slots;
    slots = calloc(SYSTEM_MEMORY_SLOTS, sizeof *slots);
    if (slots != NULL && pthread_setspecific(memory_key, slots) != 0) {
        free(slots);
        return NULL;
    }
    return slots;
}
