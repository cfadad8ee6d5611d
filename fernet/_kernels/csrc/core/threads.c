/* The pool of threads: see threads.h.
 *
 * A training step of the MLP is a dozen kernels of 0.01 to 1 ms, so handing work over must cost
 * about a microsecond: a worker spins for a short while before it sleeps, and the caller never
 * waits for a worker that has not begun.
 *
 * The caller publishes a job, calls as many workers as have a share of it, and takes tasks itself.
 * A worker that hears the call begins; the caller withdraws the call from those that have not begun
 * by the end, and waits for the others. So a job's fields are never rewritten while someone reads
 * them.
 *
 * Each thread has a share of the tasks, the same part of each job, and helps with others' when its
 * own is done: who computes what depends on chance, the results don't. What a thread waits for or
 * counts with has a line of the cache of its own. */
#include "core/threads.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/arithmetic.h"
#include "core/recording.h"
#include "core/system.h"

#if defined(__x86_64__) || defined(__i386__)
#define cpu_relax() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define cpu_relax() __asm__ volatile("yield")
#else
#define cpu_relax() ((void)0)
#endif

enum {
    MAX_THREADS = 256,
    SPIN_NANOSECONDS = 200 * 1000,   /* that a worker waits awake */
    PATIENT_NANOSECONDS = 50 * 1000, /* that the caller waits for workers before it yields */
    SPINS_PER_CLOCK_READ = 16,       /* a pause takes up to 140 cycles */
    NEIGHBOURS = 8                   /* whose shares a worker helps with */
};

/* A thread's share of a job's tasks, which others help with when they are through with theirs. */
struct share {
    _Alignas(SYSTEM_LINE) atomic_int_fast64_t next; /* first task that nobody has taken */
    int64_t end;
};

/* What a worker is told and tells. Only the caller calls, only the worker begins and ends. */
enum { RESTS, CALLED, BUSY };
struct worker {
    _Alignas(SYSTEM_LINE) atomic_uint state;
};

static struct {
    /* the job: written only while no worker is called or busy */
    fernet_task task;
    void *context;
    uint64_t arithmetic; /* the caller's: see arithmetic.h */
    int n_shares;
    struct share shares[MAX_THREADS];
    struct worker workers[MAX_THREADS];         /* the caller is 0, who has no worker */
    _Alignas(SYSTEM_LINE) atomic_flag taken;    /* held by the thread that the pool serves */
    _Alignas(SYSTEM_LINE) atomic_int n_threads; /* the caller's included; 0 before the first look at
                                                   the environment */
    int n_workers;                              /* started so far; guarded by `taken` */
    bool minds_forks;                           /* guarded by `taken` */
} pool = {.taken = ATOMIC_FLAG_INIT};

static FERNET_THREAD_LOCAL bool in_task;

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
 * in its own caches: between cores that share none, data move slower than from memory. The caller
 * looks at all shares, so none is forgotten; a worker at few, as each look takes a line from
 * another core. */
static void take_tasks(int id) {
    const int n = pool.n_shares, looks = id == 0 || n < NEIGHBOURS ? n : NEIGHBOURS;
    in_task = true;
    for (int k = 0; k < looks; k++) take_share(&pool.shares[(id + k) % n]);
    in_task = false;
}

/* Wait for a call: spin for a while, then sleep. */
static void await_call(atomic_uint *state) {
    const int64_t deadline = system_nanoseconds() + SPIN_NANOSECONDS;
    do {
        for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
            if (atomic_load(state) != RESTS) return;
            cpu_relax();
        }
    } while (system_nanoseconds() < deadline);
    system_sleep_while(state, RESTS);
}

static void worker_main(int id) {
    atomic_uint *state = &pool.workers[id].state;
    for (;;) {
        unsigned called = CALLED;
        await_call(state);
        if (!atomic_compare_exchange_strong(state, &called, BUSY)) continue;
        take_arithmetic_mode(pool.arithmetic);
        take_tasks(id);
        atomic_store(state, RESTS);
    }
}

/* A child of fork has none of its parent's workers, and starts its own when it needs them. */
static void after_fork_in_child(void) {
    atomic_flag_clear(&pool.taken);
    for (int id = 0; id < MAX_THREADS; id++) atomic_store(&pool.workers[id].state, RESTS);
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
    const bool outer = in_task;
    in_task = true;
    for (int64_t i = 0; i < n_tasks; i++) task(context, i);
    in_task = outer;
}

static void record(int64_t n_tasks, fernet_task task, void *context, const char *name) {
    in_task = true;
    fernet_record_job(n_tasks, task, context, name);
    in_task = false;
}

static void publish(int64_t n_tasks, fernet_task task, void *context, int n_threads) {
    pool.task = task;
    pool.context = context;
    pool.arithmetic = arithmetic_mode();
    pool.n_shares = n_tasks < n_threads ? (int)n_tasks : n_threads;
    for (int k = 0; k < pool.n_shares; k++) {
        atomic_store(&pool.shares[k].next, n_tasks * k / pool.n_shares);
        pool.shares[k].end = n_tasks * (k + 1) / pool.n_shares;
    }
}

/* Call the workers 1 to n, and say how many there are. */
static int call_workers(int n) {
    if (n > pool.n_workers) n = pool.n_workers;
    for (int id = 1; id <= n; id++) {
        atomic_store(&pool.workers[id].state, CALLED);
        system_wake_all(&pool.workers[id].state);
    }
    return n;
}

/* Until nobody is at the job. */
static void await_workers(int n_called) {
    int64_t deadline = 0;
    for (int id = 1; id <= n_called; id++) {
        atomic_uint *state = &pool.workers[id].state;
        unsigned called = CALLED;
        if (atomic_compare_exchange_strong(state, &called, RESTS)) continue;
        for (unsigned spins = 1; atomic_load(state) == BUSY; spins++) {
            cpu_relax();
            if (spins % SPINS_PER_CLOCK_READ != 0) continue;
            if (deadline == 0) deadline = system_nanoseconds() + PATIENT_NANOSECONDS;
            /* more threads than cores: let the others finish */
            if (system_nanoseconds() > deadline) system_yield();
        }
    }
}

/* With workers, while the pool is the calling thread's. */
static void run_together(int64_t n_tasks, fernet_task task, void *context, int n_threads) {
    if (pool.n_workers < n_threads - 1) start_workers(n_threads - 1);
    publish(n_tasks, task, context, n_threads);
    const int n_called = call_workers(pool.n_shares - 1);
    take_tasks(0);
    await_workers(n_called);
}

void fernet_run_tasks(int64_t n_tasks, fernet_task task, void *context, const char *name) {
    const int n_threads = fernet_get_num_threads();
    if (fernet_is_recording() && !in_task) {
        record(n_tasks, task, context, name);
    } else if (n_tasks <= 1 || n_threads == 1 || in_task || atomic_flag_test_and_set(&pool.taken)) {
        run_alone(n_tasks, task, context);
    } else {
        run_together(n_tasks, task, context, n_threads);
        atomic_flag_clear(&pool.taken);
    }
}

/* -- work space ---------------------------------------------------------------------------- */

enum { SCRATCH_ALIGNMENT = 64 };

_Static_assert((int)FERNET_SCRATCH_SLOTS == (int)SYSTEM_MEMORY_SLOTS, "a slot of memory each");

static void *aligned(void *memory) {
    const uintptr_t address = (uintptr_t)memory + SCRATCH_ALIGNMENT - 1;
    return (void *)(address - address % SCRATCH_ALIGNMENT);
}

/* The old memory is freed first, and little of it is aligned by the allocator, which leaves crumbs:
 * so the larger one can take its place, and a thread holds its largest work space only. */
void *fernet_scratch(int slot, size_t bytes) {
    struct system_memory *slots = system_thread_memory();
    if (slots == NULL) return NULL;
    struct system_memory *own = &slots[slot];
    if (own->memory == NULL || own->bytes < bytes) {
        free(own->memory);
        own->memory = system_allocate(bytes + SCRATCH_ALIGNMENT - 1);
        if (own->memory == NULL) return NULL;
        own->bytes = bytes;
    }
    return aligned(own->memory);
}
