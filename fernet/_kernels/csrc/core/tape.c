/* Kernels' calls, written down: see tape.h. */
#include "core/tape.h"

#include <stdlib.h>
#include <string.h>

#define PLACE(name) offsetof(struct fernet_varying, name)
#define SIZE(name) sizeof(((struct fernet_varying *)0)->name)
static const struct {
    const char *name;
    size_t offset, size;
} varying[] = {
    {"seed", PLACE(seed), SIZE(seed)},
    {"step", PLACE(step), SIZE(step)},
    {"learning_rate", PLACE(learning_rate), SIZE(learning_rate)},
};

enum { N_VARYING = sizeof varying / sizeof *varying, FIXED = -1 };

struct record {
    struct record *next;
    int (*make)(const void *arguments, double *squares);
    ptrdiff_t places[N_VARYING]; /* of the values that vary among the arguments, or FIXED */
    _Alignas(max_align_t) unsigned char arguments[]; /* and behind them what they point to */
};

struct fernet_tape {
    struct record *first, **end;
    int64_t length;
    double squares; /* of the call under way */
    bool is_whole;
};

static FERNET_THREAD_LOCAL struct {
    struct fernet_tape *tape;
    void *keeper;
} writing;

struct fernet_tape *fernet_new_tape(void) {
    struct fernet_tape *tape = malloc(sizeof *tape);
    if (tape != NULL) *tape = (struct fernet_tape){.end = &tape->first, .is_whole = true};
    return tape;
}

void fernet_free_tape(struct fernet_tape *tape) {
    if (tape == NULL) return;
    for (struct record *record = tape->first, *next; record != NULL; record = next) {
        next = record->next;
        free(record);
    }
    free(tape);
}

int64_t fernet_tape_length(const struct fernet_tape *tape) { return tape->length; }

/* -- writing ------------------------------------------------------------------------------- */

void fernet_begin_writing(struct fernet_tape *tape, void *keeper) {
    writing.tape = tape;
    writing.keeper = keeper;
}

void *fernet_keeper(void) { return writing.keeper; }

int fernet_end_writing(void) {
    const bool is_whole = writing.tape->is_whole;
    writing.tape = NULL;
    writing.keeper = NULL;
    return is_whole ? 0 : -1;
}

static size_t padded(size_t size) {
    return (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
}

static size_t bytes_of(const struct fernet_call *call) {
    size_t bytes = padded(call->size);
    for (int i = 0; i < call->n_arguments; i++) bytes += padded(call->about[i].pointed_size);
    return bytes;
}

/* Let an argument point to a copy of what it points to. */
static void copy_pointed(unsigned char *argument, unsigned char *copy, size_t size) {
    const void *original;
    memcpy(&original, argument, sizeof original);
    memcpy(copy, original, size);
    memcpy(argument, &copy, sizeof copy);
}

static void settle_argument(struct fernet_tape *tape, struct record *record,
                            const struct fernet_argument *about, unsigned char *room) {
    unsigned char *argument = record->arguments + about->offset;
    double *squares = &tape->squares;
    if (about->pointed_size > 0) copy_pointed(argument, room, about->pointed_size);
    if (strcmp(about->name, "squares") == 0) memcpy(argument, &squares, sizeof squares);
    for (int i = 0; i < N_VARYING; i++)
        if (strcmp(about->name, varying[i].name) == 0 && about->size == varying[i].size)
            record->places[i] = (ptrdiff_t)about->offset;
}

void fernet_write_down(const struct fernet_call *call) {
    struct fernet_tape *tape = writing.tape;
    struct record *record = malloc(sizeof *record + bytes_of(call));
    if (record == NULL) {
        tape->is_whole = false;
        return;
    }
    record->next = NULL;
    record->make = call->make;
    for (int i = 0; i < N_VARYING; i++) record->places[i] = FIXED;
    memcpy(record->arguments, call->arguments, call->size);
    unsigned char *room = record->arguments + padded(call->size);
    for (int i = 0; i < call->n_arguments; i++) {
        settle_argument(tape, record, &call->about[i], room);
        room += padded(call->about[i].pointed_size);
    }
    *tape->end = record;
    tape->end = &record->next;
    tape->length++;
}

/* -- playing ------------------------------------------------------------------------------- */

static void set_values(struct record *record, const struct fernet_varying *values) {
    for (int i = 0; i < N_VARYING; i++)
        if (record->places[i] != FIXED)
            memcpy(record->arguments + record->places[i],
                   (const unsigned char *)values + varying[i].offset, varying[i].size);
}

int fernet_play(struct fernet_tape *tape, const struct fernet_varying *values, double *squares) {
    for (struct record *record = tape->first; record != NULL; record = record->next) {
        set_values(record, values);
        tape->squares = 0.0;
        const int status = record->make(record->arguments, &tape->squares);
        if (status != 0) return status;
        *squares += tape->squares;
    }
    return 0;
}
