/* The pool of threads: see threads.h.
 *
 * A training step of the MLP is a dozen kernels of 0.01 to 1 ms, so handing work over must cost
 * about a microsecond: a worker spins for a short while before it sleeps, and the caller never
 * waits for a worker that has not begun.
 *
 * The caller publishes a job, opens it, takes tasks itself, closes it, and waits until no worker
 * is inside. A worker counts itself in before it looks whether a job is open, so a job's fields are
 * never rewritten while someone reads them.
 *
 * Each thread has a share of the tasks, the same part of each job, and helps with the others' when
 * its own is done: who computes what depends on chance, the results don't. */
#define _GNU_SOURCE
#include "core/threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#define cpu_relax() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define cpu_relax() __asm__ volatile("yield")
#else
#define cpu_relax() ((void)0)
#endif

enum { MAX_THREADS = 256, SPIN_NANOSECONDS = 200 * 1000, SPINS_PER_CLOCK_READ = 64 };

/* A thread's share of a job's tasks, which others help with when they are through with theirs. */
struct share {
    _Alignas(64) atomic_int_fast64_t next; /* first task that nobody has taken */
    int64_t end;
};

static struct {
    /* the job: written only while it is closed and nobody is inside */
    fernet_task task;
    void *context;
    int n_shares;
    struct share shares[MAX_THREADS];
    _Alignas(64) atomic_bool open;
    atomic_int inside;              /* workers that may be reading the job */
    atomic_uint generation;         /* grows with each job */
    _Alignas(64) atomic_flag taken; /* held by the thread that the pool serves */
    atomic_int sleepers;
    atomic_int n_threads; /* the caller's included; 0 before the first look at the environment */
    int n_workers;        /* started so far; guarded by `taken` */
    pthread_mutex_t mutex;
    pthread_cond_t wake;
} pool = {.taken = ATOMIC_FLAG_INIT,
          .mutex = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER};

static _Thread_local bool in_task;

/* -- how many threads ---------------------------------------------------------------------- */

static int usable_cpus(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

static int clamp_threads(long n) { return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (int)n; }

static int default_threads(void) {
    const char *text = getenv("OMP_NUM_THREADS"); /* may be a list, of which the first counts */
    if (text != NULL && *text != '\0') {
        char *end;
        long n = strtol(text, &end, 10);
        if (end != text && n > 0) return clamp_threads(n);
    }
    return clamp_threads(usable_cpus());
}

int fernet_get_num_threads(void) {
    int n = atomic_load(&pool.n_threads);
    if (n == 0) {
        int expected = 0;
        n = default_threads();
        if (!atomic_compare_exchange_strong(&pool.n_threads, &expected, n)) n = expected;
    }
    return n;
}

void fernet_set_num_threads(int n) { atomic_store(&pool.n_threads, clamp_threads(n)); }

/* -- workers ------------------------------------------------------------------------------- */

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void take_share(struct share *share) {
    while (atomic_load(&share->next) < share->end) {
        const int64_t i = atomic_fetch_add(&share->next, 1);
        if (i < share->end) pool.task(pool.context, i);
    }
}

/* A thread begins with the same part of each job, so that it finds what it wrote in the last one
 * in its own caches: between cores that share none, data move slower than from memory. */
static void take_tasks(int id) {
    in_task = true;
    for (int k = 0; k < pool.n_shares; k++) take_share(&pool.shares[(id + k) % pool.n_shares]);
    in_task = false;
}

/* Wait for a generation other than `seen`: spin for a while, then sleep. */
static unsigned await_job(unsigned seen) {
    int64_t deadline = now_ns() + SPIN_NANOSECONDS;
    do {
        for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
            unsigned generation = atomic_load(&pool.generation);
            if (generation != seen) return generation;
            cpu_relax();
        }
    } while (now_ns() < deadline);
    pthread_mutex_lock(&pool.mutex);
    atomic_fetch_add(&pool.sleepers, 1);
    while (atomic_load(&pool.generation) == seen) pthread_cond_wait(&pool.wake, &pool.mutex);
    atomic_fetch_sub(&pool.sleepers, 1);
    pthread_mutex_unlock(&pool.mutex);
    return atomic_load(&pool.generation);
}

static void *worker_main(void *argument) {
    const int id = (int)(intptr_t)argument; /* 1 and up; 0 is the caller */
    unsigned seen = 0;
    for (;;) {
        seen = await_job(seen);
        if (id >= atomic_load(&pool.n_threads)) continue;
        atomic_fetch_add(&pool.inside, 1);
        if (atomic_load(&pool.open)) take_tasks(id);
        atomic_fetch_sub(&pool.inside, 1);
    }
    return NULL;
}

/* A child of fork has none of its parent's workers, and starts its own when it needs them. */
static void after_fork_in_child(void) {
    pthread_mutex_init(&pool.mutex, NULL);
    pthread_cond_init(&pool.wake, NULL);
    atomic_flag_clear(&pool.taken);
    atomic_store(&pool.open, false);
    atomic_store(&pool.inside, 0);
    atomic_store(&pool.sleepers, 0);
    pool.n_workers = 0;
    in_task = false;
}

static void register_fork_handler(void) { pthread_atfork(NULL, NULL, after_fork_in_child); }

static void start_workers(int wanted) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_fork_handler);
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigset_t all, before; /* signals are the caller's: Python hears of Ctrl-C in its own thread */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool.n_workers < wanted) {
        pthread_t thread;
        void *id = (void *)(intptr_t)(pool.n_workers + 1);
        if (pthread_create(&thread, &attributes, worker_main, id) != 0) break;
        pool.n_workers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

/* -- jobs ---------------------------------------------------------------------------------- */

static void run_alone(int64_t n_tasks, fernet_task task, void *context) {
    bool outer = in_task;
    in_task = true;
    for (int64_t i = 0; i < n_tasks; i++) task(context, i);
    in_task = outer;
}

static void publish(int64_t n_tasks, fernet_task task, void *context, int n_threads) {
    pool.task = task;
    pool.context = context;
    pool.n_shares = n_tasks < n_threads ? (int)n_tasks : n_threads;
    for (int k = 0; k < pool.n_shares; k++) {
        atomic_store(&pool.shares[k].next, n_tasks * k / pool.n_shares);
        pool.shares[k].end = n_tasks * (k + 1) / pool.n_shares;
    }
    atomic_store(&pool.open, true);
    atomic_fetch_add(&pool.generation, 1);
    if (atomic_load(&pool.sleepers) > 0) {
        pthread_mutex_lock(&pool.mutex);
        pthread_cond_broadcast(&pool.wake);
        pthread_mutex_unlock(&pool.mutex);
    }
}

static void await_workers(void) {
    for (int spins = 0; atomic_load(&pool.inside) > 0; spins++) {
        if (spins < 20000)
            cpu_relax();
        else
            sched_yield(); /* more threads than cores: let the others finish */
    }
}

void fernet_parallel_for(int64_t n_tasks, fernet_task task, void *context) {
    const int n_threads = fernet_get_num_threads();
    if (n_tasks <= 1 || n_threads == 1 || in_task || atomic_flag_test_and_set(&pool.taken)) {
        run_alone(n_tasks, task, context);
        return;
    }
    if (pool.n_workers < n_threads - 1) start_workers(n_threads - 1);
    publish(n_tasks, task, context, n_threads);
    take_tasks(0);
    atomic_store(&pool.open, false);
    await_workers();
    atomic_flag_clear(&pool.taken);
}

/* -- work space ---------------------------------------------------------------------------- */

enum { SCRATCH_ALIGNMENT = 64 };

struct scratch {
    void *memory[FERNET_SCRATCH_SLOTS]; /* as malloc gave it */
    size_t bytes[FERNET_SCRATCH_SLOTS];
};

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void free_scratch(void *pointer) {
    struct scratch *scratch = pointer;
    for (int slot = 0; slot < FERNET_SCRATCH_SLOTS; slot++) free(scratch->memory[slot]);
    free(scratch);
}

static void create_scratch_key(void) { pthread_key_create(&scratch_key, free_scratch); }

static struct scratch *thread_scratch(void) {
    pthread_once(&scratch_once, create_scratch_key);
    struct scratch *scratch = pthread_getspecific(scratch_key);
    if (scratch == NULL) {
        scratch = calloc(1, sizeof *scratch);
        if (scratch != NULL) pthread_setspecific(scratch_key, scratch);
    }
    return scratch;
}

static void *aligned(void *memory) {
    const uintptr_t address = (uintptr_t)memory + SCRATCH_ALIGNMENT - 1;
    return (void *)(address - address % SCRATCH_ALIGNMENT);
}

/* The old memory is freed first, and no aligned_alloc leaves crumbs around it: so the larger one
 * can take its place, and a thread holds its largest work space only. */
void *fernet_scratch(int slot, size_t bytes) {
    struct scratch *scratch = thread_scratch();
    if (scratch == NULL) return NULL;
    if (scratch->memory[slot] == NULL || scratch->bytes[slot] < bytes) {
        free(scratch->memory[slot]);
        scratch->memory[slot] = malloc(bytes + SCRATCH_ALIGNMENT - 1);
        if (scratch->memory[slot] == NULL) return NULL;
        scratch->bytes[slot] = bytes;
    }
    return aligned(scratch->memory[slot]);
}
