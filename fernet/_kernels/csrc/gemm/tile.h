/* The micro-kernel: GEMM_ROWS x (GEMM_VECTORS * VL) elements of C in registers.
 *
 * A step over k costs GEMM_VECTORS loads of B, one broadcast load of A a row, and GEMM_ROWS *
 * GEMM_VECTORS multiply-adds: 12 on AVX2 and 24 on AVX-512, enough to cover their latency on two
 * ports. B comes packed, GEMM_COLS floats a step. The report's 100 x 2304 x 512 product runs
 * through this at up to 88 % of the arithmetic peak of a Zen 3 core. */
#ifndef FERNET_GEMM_TILE_H
#define FERNET_GEMM_TILE_H

#include <stddef.h>

#include "simd/simd.h"

enum {
    GEMM_COLS = GEMM_VECTORS * VL,
    GEMM_COLUMN_ROWS = VL >= 16 ? 8 : 4, /* rows of a tile whose A lies transposed: a divisor of VL
                                          * and of the usual numbers of channels */
    PACK_AHEAD = 32,                     /* rows of B to ask for while packing it */
    MOST_FEW_ROWS = GEMM_ROWS - 1        /* of A, for which B is not packed: see few_rows.c */
};

/* What becomes of C: sums overwrite it, go on from it, or are added to it. To go on from it gives
 * the bits of a single sum over all terms; to add shorter sums errs less than a long one. */
enum gemm_c { GEMM_OVERWRITE, GEMM_CONTINUE, GEMM_ADD };

struct gemm_tile {
    int64_t k;
    const float *a;
    int64_t a_row, a_k;
    const float *b; /* packed: (k, GEMM_COLS) */
    float *c;
    int64_t c_row;
    int cols; /* columns of C there are, 1 .. GEMM_COLS */
    enum gemm_c into;
    const float *bias; /* (GEMM_COLS), or NULL */
    int relu;
    const float *next_b; /* what to fetch into the cache meanwhile, as large as b, or NULL */
};

/* Where a panel of B lies, rows b_row apart, and where it is to be packed. */
struct gemm_packing {
    const float *b;
    int64_t b_row;
    float *packed;
};

/* A step of few multiply-adds leaves the processor little time to read its other instructions: four
 * steps at a time share some of them. */
#if defined(__AVX2__) && !defined(__AVX512F__)
#define GEMM_UNROLLED_FOR _Pragma("GCC unroll 4") for
#else
#define GEMM_UNROLLED_FOR for
#endif

/* The products alone, for the first `vectors` of a panel's columns. `rows`, `vectors`, `a_row` and
 * `a_k` are constants where it is called, so that the accumulators stay in registers and the
 * addresses in the instructions. */
FERNET_INLINE void gemm_tile_products(vf sum[GEMM_ROWS][GEMM_VECTORS], const int rows,
                                      const int vectors, const struct gemm_tile *t,
                                      const int64_t a_row, const int64_t a_k) {
    const float *a = t->a, *b = t->b, *next_b = t->next_b != NULL ? t->next_b : t->b;
    GEMM_UNROLLED_FOR (int64_t p = 0; p < t->k; p++) {
        vf column[GEMM_VECTORS];
        UNROLLED_FOR (int v = 0; v < vectors; v++) column[v] = vf_load(b + v * VL);
        UNROLLED_FOR (int v = 0; v < GEMM_COLS; v += 16) __builtin_prefetch(next_b + v, 0, 2);
        UNROLLED_FOR (int i = 0; i < rows; i++) {
            const vf value = vf_set1(a[i * a_row]);
            UNROLLED_FOR (int v = 0; v < vectors; v++)
                sum[i][v] = vf_fma(value, column[v], sum[i][v]);
        }
        a += a_k;
        b += GEMM_COLS;
        next_b += GEMM_COLS;
    }
}

/* The same for the first tile of a panel, which packs B for the others: the stores take turns with
 * multiplications that the processor would wait for anyway. */
FERNET_INLINE void gemm_tile_products_packing(vf sum[GEMM_ROWS][GEMM_VECTORS], const int rows,
                                              const struct gemm_tile *t,
                                              const struct gemm_packing *packing,
                                              const int64_t a_row, const int64_t a_k) {
    const float *a = t->a, *b = packing->b;
    float *packed = packing->packed;
    for (int64_t p = 0; p < t->k; p++) {
        vf column[GEMM_VECTORS];
        UNROLLED_FOR (int v = 0; v < GEMM_VECTORS; v++) {
            column[v] = vf_load(b + v * VL);
            vf_store(packed + v * VL, column[v]);
        }
        UNROLLED_FOR (int v = 0; v < GEMM_COLS; v += 16)
            __builtin_prefetch(b + PACK_AHEAD * packing->b_row + v, 0, 2);
        UNROLLED_FOR (int i = 0; i < rows; i++) {
            const vf value = vf_set1(a[i * a_row]);
            UNROLLED_FOR (int v = 0; v < GEMM_VECTORS; v++)
                sum[i][v] = vf_fma(value, column[v], sum[i][v]);
        }
        a += a_k;
        b += packing->b_row;
        packed += GEMM_COLS;
    }
}

/* A whole tile of C: all but the edges of most products. */
FERNET_INLINE void gemm_tile_whole(const int rows, const struct gemm_tile *t,
                                   const struct gemm_packing *packing, const int64_t a_row,
                                   const int64_t a_k) {
    vf sum[GEMM_ROWS][GEMM_VECTORS];
    float *const c = t->c;
    const int64_t c_row = t->c_row;
    if (t->into == GEMM_CONTINUE) {
        UNROLLED_FOR (int i = 0; i < rows; i++)
            UNROLLED_FOR (int v = 0; v < GEMM_VECTORS; v++)
                sum[i][v] = vf_load(c + i * c_row + v * VL);
    } else {
        UNROLLED_FOR (int i = 0; i < rows; i++)
            UNROLLED_FOR (int v = 0; v < GEMM_VECTORS; v++) sum[i][v] = vf_zero();
    }
    if (packing != NULL)
        gemm_tile_products_packing(sum, rows, t, packing, a_row, a_k);
    else
        gemm_tile_products(sum, rows, GEMM_VECTORS, t, a_row, a_k);
    if (t->into == GEMM_ADD) {
        UNROLLED_FOR (int i = 0; i < rows; i++)
            UNROLLED_FOR (int v = 0; v < GEMM_VECTORS; v++)
                sum[i][v] = vf_add(sum[i][v], vf_load(c + i * c_row + v * VL));
    }
    if (t->bias != NULL) {
        UNROLLED_FOR (int v = 0; v < GEMM_VECTORS; v++) {
            const vf bias = vf_load(t->bias + v * VL);
            UNROLLED_FOR (int i = 0; i < rows; i++) sum[i][v] = vf_add(sum[i][v], bias);
        }
    }
    if (t->relu) {
        UNROLLED_FOR (int i = 0; i < rows; i++)
            UNROLLED_FOR (int v = 0; v < GEMM_VECTORS; v++) sum[i][v] = vf_relu(sum[i][v]);
    }
    UNROLLED_FOR (int i = 0; i < rows; i++)
        UNROLLED_FOR (int v = 0; v < GEMM_VECTORS; v++) vf_store(c + i * c_row + v * VL, sum[i][v]);
}

/* Any tile, of columns that fit into `vectors`. */
FERNET_INLINE void gemm_tile_edge(const int rows, const int vectors, const struct gemm_tile *t,
                                  const int64_t a_row, const int64_t a_k) {
    vf sum[GEMM_ROWS][GEMM_VECTORS];
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vectors; v++) {
            const int left = t->cols - v * VL;
            sum[i][v] = t->into == GEMM_CONTINUE && left > 0
                            ? vf_load_up_to(t->c + i * t->c_row + v * VL, left)
                            : vf_zero();
        }
    gemm_tile_products(sum, rows, vectors, t, a_row, a_k);
    for (int v = 0; v < vectors; v++) {
        const int left = t->cols - v * VL;
        if (left <= 0) break;
        const vf bias = t->bias ? vf_load(t->bias + v * VL) : vf_zero();
        for (int i = 0; i < rows; i++) {
            vf y = sum[i][v];
            if (t->into == GEMM_ADD)
                y = vf_add(y, vf_load_up_to(t->c + i * t->c_row + v * VL, left));
            if (t->bias) y = vf_add(y, bias);
            if (t->relu) y = vf_relu(y);
            vf_store_up_to(t->c + i * t->c_row + v * VL, y, left);
        }
    }
}

FERNET_INLINE void gemm_tile_rows(const int rows, const struct gemm_tile *t, const int64_t a_row,
                                  const int64_t a_k) {
    if (t->cols == GEMM_COLS)
        gemm_tile_whole(rows, t, NULL, a_row, a_k);
    else if (t->cols <= VL)
        gemm_tile_edge(rows, 1, t, a_row, a_k);
    else
        gemm_tile_edge(rows, GEMM_VECTORS, t, a_row, a_k);
}

#define GEMM_TILE_CASE(rows) \
    case rows: \
        gemm_tile_rows(rows, t, a_row, a_k); \
        break;

FERNET_INLINE void gemm_tile_switch(int rows, const struct gemm_tile *t, const int64_t a_row,
                                    const int64_t a_k) {
    switch (rows) {
        GEMM_TILE_CASE(1)
        GEMM_TILE_CASE(2)
        GEMM_TILE_CASE(3)
        GEMM_TILE_CASE(4)
        GEMM_TILE_CASE(5)
        GEMM_TILE_CASE(6)
#if GEMM_ROWS > 6
        GEMM_TILE_CASE(7)
        GEMM_TILE_CASE(8)
#endif
#if GEMM_ROWS > 8
        GEMM_TILE_CASE(9)
        GEMM_TILE_CASE(10)
        GEMM_TILE_CASE(11)
        GEMM_TILE_CASE(12)
#endif
    }
}

/* A as it lies in memory, rows t->a_row apart. */
static inline void gemm_tile_of_rows(int rows, const struct gemm_tile *t) {
    gemm_tile_switch(rows, t, t->a_row, 1);
}

/* The same for GEMM_ROWS rows and GEMM_COLS columns; t->b is not read. */
static inline void gemm_tile_packing(const struct gemm_tile *t,
                                     const struct gemm_packing *packing) {
    gemm_tile_whole(GEMM_ROWS, t, packing, t->a_row, 1);
}

/* A transposed as it lies in memory: its rows side by side, terms t->a_k apart. */
static inline void gemm_tile_of_columns(int rows, const struct gemm_tile *t) {
    gemm_tile_switch(rows, t, 1, t->a_k);
}

/* A packed, (k, GEMM_ROWS). */
static inline void gemm_tile_of_panel(int rows, const struct gemm_tile *t) {
    gemm_tile_switch(rows, t, 1, GEMM_ROWS);
}

#endif
