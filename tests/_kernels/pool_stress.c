/* Stress of the pool of threads and of its work space, to be run under ThreadSanitizer:
 *
 *     pool_stress SECONDS
 *
 * Several threads hand jobs to the pool at once while another changes its size; each job adds up
 * what its tasks wrote. .ci/sanitizers compiles it with the files of core/ that make the pool. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/threads.h"

enum { CALLERS = 4, MOST_TASKS = 200, MOST_BYTES = 1 << 16 };

static atomic_bool stopping;
static atomic_long jobs;

struct job {
    int64_t squares[MOST_TASKS];
    size_t bytes;
};

static void inner_task(void *context, int64_t i) { ((int64_t *)context)[i] = i; }

static void task(void *context, int64_t i) {
    struct job *job = context;
    unsigned char *scratch = fernet_scratch(FERNET_SCRATCH_TASK, job->bytes);
    if (scratch == NULL) abort();
    for (size_t k = 0; k < job->bytes; k++) scratch[k] = (unsigned char)i;
    int64_t sum = 0, inner[3];
    for (size_t k = 0; k < job->bytes; k++) sum += scratch[k] == (unsigned char)i;
    fernet_parallel_for(3, inner_task, inner); /* from within a task */
    job->squares[i] = i * i + (sum == (int64_t)job->bytes && inner[2] == 2 ? 0 : 1);
}

static void *call(void *argument) {
    unsigned seed = (unsigned)(intptr_t)argument;
    static _Thread_local struct job job;
    while (!atomic_load(&stopping)) {
        const int64_t n = rand_r(&seed) % MOST_TASKS;
        job.bytes = 1 + (size_t)rand_r(&seed) % MOST_BYTES;
        if (fernet_scratch(FERNET_SCRATCH_CALLER, job.bytes) == NULL) abort();
        fernet_parallel_for(n, task, &job);
        int64_t sum = 0;
        for (int64_t i = 0; i < n; i++) sum += job.squares[i];
        if (sum != (n - 1) * n * (2 * n - 1) / 6) {
            fprintf(stderr, "a job of %lld tasks went wrong\n", (long long)n);
            exit(1);
        }
        atomic_fetch_add(&jobs, 1);
    }
    return NULL;
}

int main(int argc, char **argv) {
    const int seconds = argc > 1 ? atoi(argv[1]) : 10;
    const time_t end = time(NULL) + seconds;
    pthread_t callers[CALLERS];
    while (time(NULL) < end) {
        atomic_store(&stopping, false);
        for (intptr_t i = 0; i < CALLERS; i++)
            if (pthread_create(&callers[i], NULL, call, (void *)(i + 1)) != 0) return 1;
        for (int round = 0; round < 50; round++) {
            fernet_set_num_threads(1 + round % 7);
            const struct timespec pause = {.tv_nsec = 10000000};
            nanosleep(&pause, NULL);
        }
        atomic_store(&stopping, true); /* callers end, and with them their work space */
        for (int i = 0; i < CALLERS; i++) pthread_join(callers[i], NULL);
    }
    printf("%ld jobs\n", atomic_load(&jobs));
    return 0;
}
