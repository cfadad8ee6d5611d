/* Batches in float32 out of a data set in any dtype: rows as they are, or images warped.
 *
 * The data set stays as the user has it (pixels in one byte); a batch's rows are converted, shifted
 * and scaled on the way. */
#include <math.h>
#include <stddef.h>

#include "batches/rows.h"
#include "batches/warp.h"
#include "core/kernels.h"

enum { PIECE = 64 }; /* values of a row: a cache line or more in any dtype */

/* Convert a row and ask for the next one on the way, which may lie anywhere in memory. */
#define GATHER_ROWS(name, type) \
    static void name##_row(void *context, int64_t b) { \
        const struct gather *g = context; \
        const int64_t next_b = b + 1 < g->n ? b + 1 : b; \
        const type *restrict row = (const type *)g->X + g->indices[b] * g->d; \
        const type *next = (const type *)g->X + g->indices[next_b] * g->d; \
        float *restrict out = g->out + b * g->d; \
        int64_t j = 0; \
        for (; j + PIECE <= g->d; j += PIECE) { \
            for (size_t byte = 0; byte < PIECE * sizeof *next; byte += 64) \
                __builtin_prefetch((const char *)(next + j) + byte, 0, 2); \
            for (int l = 0; l < PIECE; l++) out[j + l] = (float)row[j + l]; \
        } \
        for (; j < g->d; j++) out[j] = (float)row[j]; \
        standardise(out, g->offset, g->scale, g->d); \
    } \
    void FERNET_FN(name)(float *out, const type *X, const int64_t *indices, const float *offset, \
                         const float *scale, int64_t b, int64_t d) { \
        struct gather g = {out, X, indices, offset, scale, b, d}; \
        fernet_parallel_for(b, name##_row, &g); \
    }

GATHER_ROWS(gather_rows_u8, uint8_t)
GATHER_ROWS(gather_rows_f32, float)
GATHER_ROWS(gather_rows_f64, double)

#define AFFINE_GATHER(name, type, black, white) \
    static float name##_at(const void *image, int64_t i) { \
        return (float)((const type *)image)[i]; \
    } \
    static void name##_image(void *context, int64_t b) { \
        const struct warp *w = context; \
        const type *image = (const type *)w->X + w->indices[b] * w->h * w->w * w->c; \
        warp_image(w, b, image, name##_at); \
    } \
    void FERNET_FN(name)(float *out, const type *X, const int64_t *indices, const float *matrices, \
                         const float *gain, const float *bias, const int32_t *boxes, \
                         const float *fill, const float *offset, const float *scale, float low, \
                         float high, int64_t b, int64_t h, int64_t w, int64_t c) { \
        struct warp warp = { \
            out,    X,     indices,           matrices,           gain, bias, boxes, fill, \
            offset, scale, fmaxf(low, black), fminf(high, white), h,    w,    c}; \
        fernet_parallel_for(b, name##_image, &warp); \
    }

AFFINE_GATHER(affine_gather_u8, uint8_t, 0.0f, 255.0f)
AFFINE_GATHER(affine_gather_f32, float, -INFINITY, INFINITY)
