/* What a pass reads and writes next, asked for little by little while it multiplies.
 *
 * The transforms read and write rows of planes that lie beyond the second-level cache: short
 * pieces in many places, which no hardware foresees, so that they wait for each handful of lines,
 * and most of all for those that they are about to write. The products between them take longest
 * and leave the memory idle. On servers' cores, whose memory is far away, passes are
 * 1.05 to 1.3 times as fast so (RESULTS.md). These are hints alone: no bit depends on them. */
#ifndef FERNET_WINOGRAD_AHEAD_H
#define FERNET_WINOGRAD_AHEAD_H

#include <stddef.h>
#include <stdint.h>

#include "convolution/winograd_pass.h"
#include "core/caches.h"
#include "core/sizes.h"
#include "gemm/tile.h"

enum {
    AHEAD_L2 = 512 * 1024, /* the least cache that it was seen to help with */
    MOST_STRETCHES = 4
};

struct stretch {
    const char *next, *end;
    int64_t part; /* bytes to ask for at a time */
    int written;
};

/* Some stretches of memory, to be asked for in n_times parts. */
struct ahead {
    struct stretch stretches[MOST_STRETCHES];
    int n_stretches;
    int64_t n_times;
};

static inline int asks_ahead(void) { return fernet_l2_bytes() >= AHEAD_L2; }

/* Add what tiles first .. end of pass p cover of `planes` [or NULL], which are `floats` in all: as
 * tiles are numbered, nearly the same share of them. */
static inline void ahead_add(struct ahead *a, const struct pass *p, const float *planes,
                             int64_t floats, int64_t first, int64_t end, int written) {
    if (planes == NULL || first >= p->n_tiles || !asks_ahead()) return;
    const char *from = (const char *)(planes + floats * first / p->n_tiles);
    const char *to = (const char *)(planes + floats * min64(end, p->n_tiles) / p->n_tiles);
    const int64_t lines = ceil_div(to - from, CACHE_LINE);
    a->stretches[a->n_stretches++] =
        (struct stretch){from, to, ceil_div(lines, a->n_times) * CACHE_LINE, written};
}

static inline void ahead_ask(struct ahead *a) {
    for (int k = 0; k < a->n_stretches; k++) {
        struct stretch *s = &a->stretches[k];
        const char *line = s->next;
        const char *end = s->end - line < s->part ? s->end : line + s->part;
        if (s->written)
            for (; line < end; line += CACHE_LINE) __builtin_prefetch(line, 1, 3);
        else
            for (; line < end; line += CACHE_LINE) __builtin_prefetch(line, 0, 2);
        s->next = end;
    }
}

/* Ask for n_rows rows of n floats, `row` apart, that are about to be read. */
static inline void ahead_ask_rows(const float *rows, int64_t row, int64_t n_rows, int64_t n) {
    for (int64_t r = 0; r < n_rows; r++)
        for (int64_t k = 0; k < n; k += CACHE_LINE / (int64_t)sizeof *rows)
            __builtin_prefetch(rows + r * row + k, 0, 2);
}

/* Ask for the GEMM_COLS floats at c, which are about to be written. */
static inline void ahead_ask_row(const float *c) {
    UNROLLED_FOR (int k = 0; k < GEMM_COLS; k += 16) __builtin_prefetch(c + k, 1, 3);
}

#endif
