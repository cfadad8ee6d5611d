/* Products of few tiles, whose weights are transformed in registers: what single images take.
 *
 * WINOGRAD_MULTIPLY_TILES(f6_plain, 8, 1, 2, 1, 8) makes those of two tiles of 8x8 points for
 * stride 1, and WINOGRAD_MULTIPLY_FEW(f6_plain, ...) f6_plain_multiply_few out of those that there
 * are. */
#ifndef FERNET_WINOGRAD_FEW_PRODUCTS_H
#define FERNET_WINOGRAD_FEW_PRODUCTS_H

#include <stdint.h>
#include <string.h>

#include "convolution/winograd_pass.h"
#include "core/sizes.h"
#include "gemm/tile.h"
#include "simd/simd.h"

enum { MOST_SUMS = 20480 }; /* bytes, so that the weights at hand fit into L1 beside them */

/* The sizes of what follows: points a side, floats of a channel's weights, sums in registers and of
 * all points; vectors of a panel whose sums are kept, so that memory brings a channel's weights
 * while its others are used; groups of points, which share the lines that each channel asks for
 * with a vector, of the weights that the next channels want: one after the other, as then the
 * hardware asks for more by itself; and bytes from there to those asked for into the second-level
 * cache, which waits for more of them at a time than the first (on Zen 4, 512 to 512 channels at
 * 3x3 take half the time). */
#define FEW_SIZES(side, tiles, rows, columns) \
    enum { \
        SIDE = side, \
        ROW = TAPS * GEMM_COLS, \
        N = (rows) * (columns) * (tiles), \
        SUMS = SIDE * SIDE * (tiles)*VL, \
        ALL = GEMM_COLS / VL, \
        BESIDE = ALL * SUMS * (int)sizeof(float) <= MOST_SUMS ? ALL : 1, \
        GROUPS = SIDE * SIDE / ((rows) * (columns)), \
        LINES = (ROW * (int)sizeof(float) + CACHE_LINE * BESIDE - 1) / (CACHE_LINE * BESIDE), \
        FAR = 2 * VL * ROW * (int)sizeof(float) \
    }

/* What few tiles and packed weights make: see few_products. The weights are transformed in
 * registers and used there. Stored in between, as many tiles want it, each would go to another line
 * of memory, more of them than the first-level cache holds. So a few points at a time take the
 * weights' way, `rows` of their rows and `columns` of their columns, as many as leave registers for
 * their sums; and all points in turn do so for a few channels, whose weights stay in the
 * first-level cache meanwhile. Row 0 follows the last one, and so do columns: two points that are
 * each other's mirror, as 1 and 2, come together. With a stride, so many points along a line join a
 * sum: these are in the order of the tiles' terms (winograd_pass.h). */
#define WINOGRAD_MULTIPLY_TILES(f, side, stride, tiles, rows, columns) \
    FERNET_INLINE void f##_multiply_points_##tiles( \
        float *restrict sums, const float *restrict v, int64_t tile_step, \
        const float *restrict packed, int64_t depth, const char *ahead, const int lines, \
        const int above, const int before) { \
        FEW_SIZES(side, tiles, rows, columns); \
        vf sum[N]; \
        UNROLLED_FOR (int k = 0; k < N; k++) sum[k] = vf_load(sums + k * VL); \
        for (int64_t r = 0; r < depth; r++, packed += ROW, v++) { \
            vf half[SIDE][3]; \
            UNROLLED_FOR (int line = 0; line < lines; line++) { \
                __builtin_prefetch(ahead + FAR + line * CACHE_LINE, 0, 2); \
                __builtin_prefetch(ahead + line * CACHE_LINE, 0, 3); \
            } \
            ahead += lines * CACHE_LINE; \
            f##_weight_columns(half, packed, GEMM_COLS, VL); \
            UNROLLED_FOR (int n = 0; n < rows; n++) { \
                const int i = (above + n + SIDE - 1) % SIDE; \
                vf out[SIDE]; \
                f##_weight(out, half[i]); \
                UNROLLED_FOR (int q = 0; q < columns; q++) { \
                    const int j = (before + q + SIDE - 1) % SIDE; \
                    UNROLLED_FOR (int k = 0; k < tiles; k++) { \
                        vf *s = sum + (n * (columns) + q) * (tiles) + k; \
                        *s = vf_fma(vf_set1(v[k * tile_step + (i * SIDE + j) * VL]), out[j], *s); \
                    } \
                } \
            } \
        } \
        UNROLLED_FOR (int k = 0; k < N; k++) vf_store(sums + k * VL, sum[k]); \
    } \
    static void f##_store_products_##tiles(const struct few_products *t, float *products, \
                                           const float *restrict sums, int left) { \
        enum { SIDE = side, SUM_SIDE = (SIDE + stride - 1) / stride }; \
        for (int above = 0; above < SIDE; above += rows) \
            for (int before = 0; before < SIDE; before += columns) \
                for (int n = 0; n < rows; n++) \
                    for (int q = 0; q < columns; q++) { \
                        const int i = (above + n + SIDE - 1) % SIDE; \
                        const int j = (before + q + SIDE - 1) % SIDE; \
                        float *out = products + (i / stride * SUM_SIDE + j / stride) * t->step; \
                        const int first = t->first && i % stride == 0 && j % stride == 0; \
                        for (int k = 0; k < tiles; k++, sums += VL, out += t->row) { \
                            vf sum = vf_load(sums); \
                            if (!first) sum = vf_add(sum, vf_load_up_to(out, left)); \
                            vf_store_up_to(out, sum, left); \
                        } \
                    } \
    } \
    static void f##_multiply_##tiles(const struct few_products *t, int64_t tile) { \
        FEW_SIZES(side, tiles, rows, columns); \
        _Static_assert(SIDE % (rows) == 0 && SIDE % (columns) == 0, "whole groups of points"); \
        for (int j = 0; j < t->cols; j += BESIDE * VL) { \
            _Alignas(64) float sums[BESIDE * SUMS]; \
            memset(sums, 0, sizeof sums); \
            const int cols = t->cols - j < BESIDE * VL ? t->cols - j : BESIDE * VL; \
            for (int64_t r = 0; r < t->depth; r += VL) { \
                const float *v = t->v + tile * t->tile_step + r * SIDE * SIDE; \
                const float *packed = t->packed + r * ROW + j; \
                const int64_t depth = min64(VL, t->depth - r); \
                const char *ahead = (const char *)(t->packed + (r + VL) * ROW); \
                float *group = sums; \
                for (int k = 0; k < cols; k += VL) \
                    UNROLLED_FOR (int above = 0; above < SIDE; above += rows) \
                        UNROLLED_FOR (int before = 0; before < SIDE; before += columns) { \
                            /* else the compiler takes all of `sums` for registers */ \
                            __asm__ volatile("" : "+r"(group) : : "memory"); \
                            const int n = (above * SIDE / (rows) + before) / (columns); \
                            const int lines = (n + 1) * LINES / GROUPS - n * LINES / GROUPS; \
                            f##_multiply_points_##tiles(group, v, t->tile_step, packed + k, depth, \
                                                        ahead, lines, above, before); \
                            group += N * VL; \
                            ahead += lines * CACHE_LINE * VL; \
                        } \
            } \
            for (int k = 0; k < cols; k += VL) \
                f##_store_products_##tiles(t, t->products + tile * t->row + j + k, \
                                           sums + k / VL * SUMS, cols - k); \
        } \
    }

/* Four tiles together, where there are registers for them, else two. */
#if VF_REGISTERS >= 32
#define MULTIPLY_FOURS(f, tile, t) \
    for (; (tile) + 4 <= (t)->n_tiles; (tile) += 4) f##_multiply_4(t, tile)
#else
#define MULTIPLY_FOURS(f, tile, t)
#endif
#define NO_FOURS(f, tile, t)

#define WINOGRAD_MULTIPLY_FEW(f, FOURS) \
    static void f##_multiply_few(const struct few_products *t) { \
        int64_t tile = 0; \
        FOURS(f, tile, t); \
        for (; tile + 2 <= t->n_tiles; tile += 2) f##_multiply_2(t, tile); \
        if (tile < t->n_tiles) f##_multiply_1(t, tile); \
    }

#endif
