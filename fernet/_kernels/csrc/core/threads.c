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
#include "core/threads.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/recording.h"
#include "core/system.h"

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
    atomic_int n_threads; /* the caller's included; 0 before the first look at the environment */
    int n_workers;        /* started so far; guarded by `taken` */
    bool minds_forks;     /* guarded by `taken` */
} pool = {.taken = ATOMIC_FLAG_INIT};

static _Thread_local bool in_task;

/* -- how many threads ---------------------------------------------------------------------- */

static int clamp_threads(long n) { return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (int)n; }

static int default_threads(void) {
    const char *text = getenv("OMP_NUM_THREADS"); /* may be a list, of which the first counts */
    if (text != NULL && *text != '\0') {
        char *end;
        long n = strtol(text, &end, 10);
        if (end != text && n > 0) return clamp_threads(n);
    }
    return clamp_threads(system_usable_cpus());
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
    int64_t deadline = system_nanoseconds() + SPIN_NANOSECONDS;
    do {
        for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
            unsigned generation = atomic_load(&pool.generation);
            if (generation != seen) return generation;
            cpu_relax();
        }
    } while (system_nanoseconds() < deadline);
    system_sleep_while(&pool.generation, seen);
    return atomic_load(&pool.generation);
}

/* The caller is 0, workers are 1 and up. */
static void worker_main(int id) {
    unsigned seen = 0;
    for (;;) {
        seen = await_job(seen);
        if (id >= atomic_load(&pool.n_threads)) continue;
        atomic_fetch_add(&pool.inside, 1);
        if (atomic_load(&pool.open)) take_tasks(id);
        atomic_fetch_sub(&pool.inside, 1);
    }
}

/* A child of fork has none of its parent's workers, and starts its own when it needs them. */
static void after_fork_in_child(void) {
    atomic_flag_clear(&pool.taken);
    atomic_store(&pool.open, false);
    atomic_store(&pool.inside, 0);
    pool.n_workers = 0;
    in_task = false;
}

static void start_workers(int wanted) {
    if (!pool.minds_forks) system_after_fork(after_fork_in_child);
    pool.minds_forks = true;
    while (pool.n_workers < wanted && system_start_thread(worker_main, pool.n_workers + 1))
        pool.n_workers++;
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
    system_wake_all(&pool.generation);
}

static void await_workers(void) {
    for (int spins = 0; atomic_load(&pool.inside) > 0; spins++) {
        if (spins < 20000)
            cpu_relax();
        else
            system_yield(); /* more threads than cores: let the others finish */
    }
}

static void record(int64_t n_tasks, fernet_task task, void *context, const char *name) {
    in_task = true;
    fernet_record_job(n_tasks, task, context, name);
    in_task = false;
}

void fernet_run_tasks(int64_t n_tasks, fernet_task task, void *context, const char *name) {
    if (fernet_is_recording() && !in_task) {
        record(n_tasks, task, context, name);
        return;
    }
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

_Static_assert((int)FERNET_SCRATCH_SLOTS == (int)SYSTEM_MEMORY_SLOTS, "a slot of memory each");

static void *aligned(void *memory) {
    const uintptr_t address = (uintptr_t)memory + SCRATCH_ALIGNMENT - 1;
    return (void *)(address - address % SCRATCH_ALIGNMENT);
}

/* The old memory is freed first, and no aligned_alloc leaves crumbs around it: so the larger one
 * can take its place, and a thread holds its largest work space only. */
void *fernet_scratch(int slot, size_t bytes) {
    struct system_memory *slots = system_thread_memory();
    if (slots == NULL) return NULL;
    struct system_memory *own = &slots[slot];
    if (own->memory == NULL || own->bytes < bytes) {
        free(own->memory);
        own->memory = malloc(bytes + SCRATCH_ALIGNMENT - 1);
        if (own->memory == NULL) return NULL;
        own->bytes = bytes;
    }
    return aligned(own->memory);
}
