/* A record of jobs: see recording.h. */
#include "core/recording.h"

#include <stdlib.h>

#include "core/system.h"

/* A point in time, by the clock on the wall and by that of the thread's own work. */
struct instant {
    int64_t wall, work;
};

struct entry {
    const char *name;
    int64_t start, gap, n_tasks, first_task;
};

struct recording {
    struct entry *jobs;
    int64_t *tasks;
    int64_t n_jobs, jobs_room, n_tasks, tasks_room;
    struct instant last; /* when the last job ended */
    bool is_under_way, is_whole;
};

static FERNET_THREAD_LOCAL struct recording recording;

/* The slow clock is read outside what the quick one takes. */
static struct instant begin_time(void) {
    const int64_t work = system_thread_nanoseconds();
    return (struct instant){system_nanoseconds(), work};
}

static struct instant end_time(void) {
    const int64_t wall = system_nanoseconds();
    return (struct instant){wall, system_thread_nanoseconds()};
}

static int64_t elapsed(struct instant begin, struct instant end) {
    const int64_t wall = end.wall - begin.wall, work = end.work - begin.work;
    return wall < work ? wall : work;
}

void fernet_free_recording(void) {
    free(recording.jobs);
    free(recording.tasks);
    recording = (struct recording){0};
}

/* Room for `wanted` elements: doubled, so that it is rarely made. */
static bool make_room(void **memory, int64_t *room, int64_t wanted, size_t size) {
    if (wanted <= *room) return true;
    const int64_t larger = 2 * wanted + 4096;
    void *grown = realloc(*memory, (size_t)larger * size);
    if (grown == NULL) return false;
    *memory = grown;
    *room = larger;
    return true;
}

static bool make_room_for(int64_t n_tasks) {
    struct recording *r = &recording;
    void *jobs = r->jobs, *tasks = r->tasks;
    const bool enough = make_room(&jobs, &r->jobs_room, r->n_jobs + 1, sizeof *r->jobs) &&
                        make_room(&tasks, &r->tasks_room, r->n_tasks + n_tasks, sizeof *r->tasks);
    r->jobs = jobs;
    r->tasks = tasks;
    return enough;
}

int fernet_start_recording(void) {
    fernet_free_recording();
    if (!make_room_for(1)) return -1;
    recording.is_under_way = recording.is_whole = true;
    recording.last = begin_time();
    return 0;
}

int64_t fernet_end_recording(void) {
    const int64_t gap = elapsed(recording.last, end_time());
    recording.is_under_way = false;
    return recording.is_whole ? gap : -1;
}

bool fernet_recorded_job(int64_t index, struct fernet_job *job) {
    if (index < 0 || index >= recording.n_jobs) return false;
    const struct entry *e = &recording.jobs[index];
    *job =
        (struct fernet_job){e->name, e->start, e->gap, e->n_tasks, recording.tasks + e->first_task};
    return true;
}

bool fernet_is_recording(void) { return recording.is_under_way; }

void fernet_record_job(int64_t n_tasks, fernet_task task, void *context, const char *name) {
    const struct instant start = end_time();
    const int64_t gap = elapsed(recording.last, start);
    const bool enough = make_room_for(n_tasks);
    for (int64_t i = 0; i < n_tasks; i++) {
        const struct instant before = begin_time();
        task(context, i);
        const struct instant after = end_time();
        if (enough) recording.tasks[recording.n_tasks + i] = elapsed(before, after);
    }
    if (enough) {
        recording.jobs[recording.n_jobs++] =
            (struct entry){name, start.wall, gap, n_tasks, recording.n_tasks};
        recording.n_tasks += n_tasks;
    } else {
        recording.is_whole = false;
    }
    recording.last = begin_time();
}
