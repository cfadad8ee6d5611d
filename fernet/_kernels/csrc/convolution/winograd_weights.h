/* Weights through Winograd's transform, for the passes that read tiles and write tiles. */
#ifndef FERNET_WINOGRAD_WEIGHTS_H
#define FERNET_WINOGRAD_WEIGHTS_H

#include "convolution/winograd_pass.h"
#include "gemm/tile.h"

enum {
    TRANSFORMED_BYTES = 1280 * 1024 /* of a layer's weights that predictions keep transformed */
};

struct weights {
    const struct pass *pass;
    const float *weight; /* (3, 3, C, OC) */
    int rotated;         /* for the gradient to the input: taps reversed, channels exchanged */
};

/* Rotated weights of one panel of the input's channels and one output channel: (9, GEMM_COLS). */
static inline void rotate_weights(float *out, const float *weight, int64_t c, int64_t oc,
                                  int64_t row, int64_t column, int cols) {
    for (int tap = 0; tap < 9; tap++)
        for (int k = 0; k < cols; k++)
            out[tap * GEMM_COLS + k] = weight[((8 - tap) * c + column + k) * oc + row];
}

/* Weights for predictions, laid out once: panel by panel (in_c, 9, GEMM_COLS), zeros beyond out_c,
 * as they are read; or transformed, where that is small. */
static inline int64_t packed_row(void) { return TAPS * GEMM_COLS; }

/* Transform packed weights of one panel and of the input channels `first` to `end`. */
static inline void transform_packed(const struct pass *p, float *u, int64_t u_step, int64_t panel,
                                    int64_t first, int64_t end) {
    const float *weight = p->packed + (panel * p->in_c + first) * packed_row();
    for (int64_t r = first; r < end; r++, u += GEMM_COLS, weight += packed_row()) {
        for (int k = 0; k < packed_row(); k += CACHE_LINE / (int)sizeof *weight)
            __builtin_prefetch(weight + ROWS_AHEAD * packed_row() + k, 0, 3);
        p->tiles->load_weight(u, u_step, weight, GEMM_COLS, GEMM_COLS);
    }
}

/* Where the packed weights go on behind a panel's channel `end`, or NULL behind the last one. */
static inline const float *next_packed(const struct pass *p, int64_t panel, int64_t end) {
    const int is_last = end == p->in_c && (panel + 1) * GEMM_COLS >= p->out_c;
    return p->packed == NULL || is_last ? NULL : p->packed + (panel * p->in_c + end) * packed_row();
}

/* Transform a panel's weights of the input channels `first` to `end`: u[point * u_step + row], rows
 * counted from `first`. */
static inline void transform_panel(const struct weights *w, float *u, int64_t u_step, int64_t panel,
                                   int64_t first, int64_t end) {
    const struct pass *p = w->pass;
    const int64_t column = panel * GEMM_COLS;
    if (p->packed != NULL) {
        transform_packed(p, u, u_step, panel, first, end);
        return;
    }
    const int cols = (int)min64(GEMM_COLS, p->out_c - column);
    for (int64_t r = first; r < end; r++) {
        if (w->rotated) {
            float taps[9 * GEMM_COLS];
            rotate_weights(taps, w->weight, p->out_c, p->in_c, r, column, cols);
            p->tiles->load_weight(u + (r - first) * GEMM_COLS, u_step, taps, GEMM_COLS, cols);
        } else {
            const float *weight = w->weight + r * p->out_c + column;
            const int64_t tap = p->in_c * p->out_c, ahead = ROWS_AHEAD * p->out_c;
            /* nine rows of memory at once are more than the hardware follows */
            for (int k = 0; k < 9; k++) {
                __builtin_prefetch(weight + ahead + k * tap, 0, 3);
                __builtin_prefetch(weight + ahead + k * tap + CACHE_LINE / sizeof *weight, 0, 3);
            }
            p->tiles->load_weight(u + (r - first) * GEMM_COLS, u_step, weight, tap, cols);
        }
    }
}

/* Floats between the points of all transformed weights. */
static inline int64_t weight_step(const struct pass *p) {
    return round_up(p->out_c, GEMM_COLS) * p->in_c + POINT_PADDING;
}

static inline int is_kept_transformed(const struct pass *p) {
    return n_weights(p->tiles) * weight_step(p) * (int64_t)sizeof(float) <= TRANSFORMED_BYTES;
}

/* The passes of winograd_few_tiles.c: 0, or -1 when memory is out. */
FERNET_LOCAL int FERNET_FN(winograd_run_few_tiles)(struct pass *p, const struct weights *w);
FERNET_LOCAL int FERNET_FN(winograd_run_small)(struct pass *p, const struct weights *w);

/* The pass of winograd_shared.c, and the floats that its transformed tiles and products take. */
FERNET_LOCAL int FERNET_FN(winograd_run_shared)(struct pass *p, const float *weight, int rotated);
FERNET_LOCAL int64_t FERNET_FN(winograd_shared_floats)(struct pass *p);

#endif
