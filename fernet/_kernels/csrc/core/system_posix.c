/* system.h for Linux, macOS and other systems of POSIX. */
#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity, madvise */
#endif
#include "core/system.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/cpus.h"

#ifdef __linux__
enum { MOST_CPUS = 1 << 16 };

/* By a mask with room for so many processors; 0 where memory is out or the machine has more. */
static int usable_of(int room) {
    const size_t bytes = CPU_ALLOC_SIZE(room);
    cpu_set_t *set = CPU_ALLOC(room);
    int *cpus = malloc((size_t)room * sizeof *cpus), usable = 0;
    if (set != NULL && cpus != NULL && sched_getaffinity(0, bytes, set) == 0) {
        int n = 0;
        for (int cpu = 0; cpu < room; cpu++)
            if (CPU_ISSET_S(cpu, bytes, set)) cpus[n++] = cpu;
        usable = fernet_count_cpus("", cpus, n);
    }
    free(cpus);
    CPU_FREE(set);
    return usable;
}
#endif

int system_usable_cpus(void) {
#ifdef __linux__
    for (int room = CPU_SETSIZE; room <= MOST_CPUS; room *= 2) {
        const int usable = usable_of(room);
        if (usable > 0) return usable;
    }
#endif
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

int64_t system_l2_bytes(void) {
#ifdef _SC_LEVEL2_CACHE_SIZE
    return sysconf(_SC_LEVEL2_CACHE_SIZE);
#else
    return 0;
#endif
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

/* What a worker hears: its own faults. Blocked, they would end the process before Python's
 * faulthandler has said where it was. */
static void only_faults_pass(sigset_t *blocked) {
    sigfillset(blocked);
    sigdelset(blocked, SIGSEGV);
    sigdelset(blocked, SIGBUS);
    sigdelset(blocked, SIGFPE);
    sigdelset(blocked, SIGILL);
}

static bool start_detached(struct start *start) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, SYSTEM_STACK_BYTES);
    sigset_t blocked, before; /* a thread inherits what its creator blocks */
    only_faults_pass(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
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

enum { BEDS = 64 }; /* who sleeps for one word is rarely woken for another */

struct bed {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    atomic_int sleepers;
};

static struct bed beds[BEDS];
static void (*reset_after_fork)(void);
static pthread_once_t beds_once = PTHREAD_ONCE_INIT;

static void make_beds(void) {
    for (int k = 0; k < BEDS; k++) {
        pthread_mutex_init(&beds[k].mutex, NULL);
        pthread_cond_init(&beds[k].wake, NULL);
        atomic_store(&beds[k].sleepers, 0);
    }
}

static struct bed *bed_of(const atomic_uint *word) {
    pthread_once(&beds_once, make_beds);
    return &beds[(uintptr_t)word / SYSTEM_LINE % BEDS];
}

void system_sleep_while(atomic_uint *word, unsigned value) {
    struct bed *bed = bed_of(word);
    pthread_mutex_lock(&bed->mutex);
    atomic_fetch_add(&bed->sleepers, 1);
    while (atomic_load(word) == value) pthread_cond_wait(&bed->wake, &bed->mutex);
    atomic_fetch_sub(&bed->sleepers, 1);
    pthread_mutex_unlock(&bed->mutex);
}

/* A sleeper counts itself before it looks at the word, so none is missed here. */
void system_wake_all(atomic_uint *word) {
    struct bed *bed = bed_of(word);
    if (atomic_load(&bed->sleepers) == 0) return;
    pthread_mutex_lock(&bed->mutex);
    pthread_cond_broadcast(&bed->wake);
    pthread_mutex_unlock(&bed->mutex);
}

/* Sleepers stay in the parent, and one of them may have held a mutex. */
static void after_fork_in_child(void) {
    make_beds();
    reset_after_fork();
}

void system_after_fork(void (*reset)(void)) {
    reset_after_fork = reset;
    pthread_atfork(NULL, NULL, after_fork_in_child);
}

/* -- a thread's memory --------------------------------------------------------------------- */

enum { LARGE_PAGE = 2 << 20 };

void *system_allocate(size_t bytes) {
#ifdef MADV_HUGEPAGE
    void *memory;
    if (bytes >= LARGE_PAGE) {
        if (posix_memalign(&memory, LARGE_PAGE, bytes) != 0) return NULL;
        madvise(memory, bytes, MADV_HUGEPAGE); /* where it's refused, small ones do */
        return memory;
    }
#endif
    return malloc(bytes);
}

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
