/* One tile through Winograd's transforms, all its channels: what the passes loop over.
 *
 * WINOGRAD_TRANSFORMS(f4, 4) makes f4_load_input and so on out of the one-dimensional transforms
 * f4_input and so on: first down the columns, then along the rows. WINOGRAD_TILES(f4, 4, ...) lists
 * them. Those that a stride changes take the sides of a tile's points and of its sums apart. Points
 * are numbered row by row; those of a channel lie `step` floats apart. */
#ifndef FERNET_WINOGRAD_TILES_H
#define FERNET_WINOGRAD_TILES_H

#include <stddef.h>
#include <stdint.h>

#include "convolution/winograd_pass.h"
#include "gemm/tile.h"
#include "pooling/window_maximum.h"
#include "simd/simd.h"

/* A square (side, side, C) -> v[point * step + channel], where each VL channels lie panel_step
 * apart: of pixels at x, rows x_row apart, or of those that `pixels` (side * side) points to. The
 * next tile begins `next` pixels on. */
#define WINOGRAD_LOAD_INPUT(f, side, next) \
    FERNET_INLINE void f##_load_vector(float *restrict v, int64_t step, const float *x, \
                                       int64_t x_row, int64_t c, const float *const *pixels, \
                                       int64_t k, const int n) { \
        enum { SIDE = side, NEXT = next }; \
        vf half[SIDE][SIDE]; \
        UNROLLED_FOR (int j = 0; j < SIDE; j++) { \
            vf column[SIDE], out[SIDE]; \
            UNROLLED_FOR (int i = 0; i < SIDE; i++) { \
                const float *pixel = pixels ? pixels[i * SIDE + j] : x + i * x_row + j * c; \
                column[i] = vf_load_up_to(pixel + k, n); \
                /* the next tile's, which no hardware foresees in so many rows */ \
                if (!pixels && j >= SIDE - NEXT) __builtin_prefetch(pixel + k + NEXT * c, 0, 3); \
            } \
            f##_input(out, column); \
            UNROLLED_FOR (int i = 0; i < SIDE; i++) half[i][j] = out[i]; \
        } \
        UNROLLED_FOR (int i = 0; i < SIDE; i++) { \
            vf out[SIDE]; \
            f##_input(out, half[i]); \
            UNROLLED_FOR (int j = 0; j < SIDE; j++) \
                vf_store_up_to(v + (i * SIDE + j) * step, out[j], n); \
        } \
    } \
    FERNET_INLINE void f##_load_vectors(float *restrict v, int64_t step, int64_t panel_step, \
                                        const float *x, int64_t x_row, const float *const *pixels, \
                                        int64_t c) { \
        int64_t k = 0; \
        for (; k + VL <= c; k += VL, v += panel_step) \
            f##_load_vector(v, step, x, x_row, c, pixels, k, VL); \
        if (k < c) f##_load_vector(v, step, x, x_row, c, pixels, k, (int)(c - k)); \
    } \
    static void f##_load_input(float *restrict v, int64_t step, int64_t panel_step, \
                               const float *x, int64_t x_row, int64_t c) { \
        f##_load_vectors(v, step, panel_step, x, x_row, NULL, c); \
    } \
    static void f##_load_pixels(float *restrict v, int64_t step, int64_t panel_step, \
                                const float *const *pixels, int64_t c) { \
        f##_load_vectors(v, step, panel_step, NULL, 0, pixels, c); \
    }

/* products[point * step + channel] -> y (m, m, OC), rows y_row and pixels y_pixel apart: plus bias
 * [or NULL], then max(., 0) if relu, then 0 where relu_x (as y) is not positive [or NULL] */
#define WINOGRAD_STORE_OUTPUT(f, m, side) \
    FERNET_INLINE void f##_output_columns(vf half[m][side], const float *restrict products, \
                                          int64_t step, const int n) { \
        enum { SIDE = side }; \
        for (int j = 0; j < SIDE; j++) { \
            vf column[SIDE], out[m]; \
            UNROLLED_FOR (int i = 0; i < SIDE; i++) \
                column[i] = vf_load_up_to(products + (i * SIDE + j) * step, n); \
            f##_output(out, column); \
            UNROLLED_FOR (int i = 0; i < m; i++) half[i][j] = out[i]; \
        } \
    } \
    FERNET_INLINE void f##_output_row(vf out[m], const vf half[side], const vf bias) { \
        f##_output(out, half); \
        UNROLLED_FOR (int j = 0; j < m; j++) out[j] = vf_add(out[j], bias); \
    } \
    FERNET_INLINE void f##_store_vector( \
        float *restrict y, int64_t y_row, int64_t y_pixel, const float *restrict products, \
        int64_t step, const vf bias, const int relu, const float *relu_x, const int n) { \
        vf half[m][side], out[m]; \
        f##_output_columns(half, products, step, n); \
        for (int i = 0; i < m; i++) { \
            f##_output_row(out, half[i], bias); \
            UNROLLED_FOR (int j = 0; j < m; j++) { \
                const int64_t at = i * y_row + j * y_pixel; \
                vf value = out[j]; \
                if (relu) value = vf_relu(value); \
                if (relu_x) value = vf_where_positive(vf_load_up_to(relu_x + at, n), value); \
                vf_store_up_to(y + at, value, n); \
            } \
        } \
    } \
    static void f##_store_output(float *restrict y, int64_t y_row, int64_t y_pixel, \
                                 const float *restrict products, int64_t step, int64_t oc, \
                                 const float *bias, int relu, const float *relu_x) { \
        for (int64_t k = 0; k < oc; k += VL) { \
            const int n = oc - k < VL ? (int)(oc - k) : VL; \
            const vf b = bias ? vf_load_up_to(bias + k, n) : vf_zero(); \
            const float *mask = relu_x ? relu_x + k : NULL; \
            if (n < VL) \
                f##_store_vector(y + k, y_row, y_pixel, products + k, step, b, relu, mask, n); \
            else if (mask) \
                f##_store_vector(y + k, y_row, y_pixel, products + k, step, b, 0, mask, VL); \
            else if (relu) \
                f##_store_vector(y + k, y_row, y_pixel, products + k, step, b, 1, NULL, VL); \
            else \
                f##_store_vector(y + k, y_row, y_pixel, products + k, step, b, 0, NULL, VL); \
        } \
    }

/* The same, then the maxima of its windows of 2x2 -> y (m / 2, m / 2, OC), and their places ->
 * argmax [or NULL] as max_pool_forward writes them. OC is a multiple of VL. */
#define WINOGRAD_STORE_POOLED(f, m) \
    static void f##_store_pooled(float *restrict y, uint8_t *argmax, int64_t y_row, \
                                 int64_t y_pixel, const float *restrict products, int64_t step, \
                                 int64_t oc, const float *bias, int relu) { \
        for (int64_t k = 0; k < oc; k += VL) { \
            const vf b = bias ? vf_load(bias + k) : vf_zero(); \
            vf half[m][m + 2], above[m], below[m]; \
            f##_output_columns(half, products + k, step, VL); \
            for (int i = 0; i < m; i += 2) { \
                f##_output_row(above, half[i], b); \
                f##_output_row(below, half[i + 1], b); \
                UNROLLED_FOR (int j = 0; j < m; j += 2) { \
                    const int64_t at = i / 2 * y_row + j / 2 * y_pixel + k; \
                    const struct maximum largest = \
                        maximum_of_4(above[j], above[j + 1], below[j], below[j + 1]); \
                    vf_store(y + at, relu ? vf_relu(largest.value) : largest.value); \
                    if (argmax) store_codes(argmax + at / 4, largest.codes); \
                } \
            } \
        } \
    }

/* dy (m, m, OC), rows dy_row and pixels dy_pixel apart -> products, channels in panels of GEMM_COLS
 * that lie panel_step apart, zeros from OC to the end of its vector, and nothing beyond; sums (OC)
 * += dy, in order of the tile's rows */
#define WINOGRAD_LOAD_OUTPUT_GRADIENT(f, m) \
    FERNET_INLINE vf f##_load_output_gradient_vector(float *restrict products, int64_t step, \
                                                     const float *restrict dy, int64_t dy_row, \
                                                     int64_t dy_pixel, vf sum, const int n) { \
        enum { SIDE = m + 2 }; \
        vf half[SIDE][m]; \
        UNROLLED_FOR (int j = 0; j < m; j++) { \
            vf column[m], out[SIDE]; \
            UNROLLED_FOR (int i = 0; i < m; i++) { \
                column[i] = vf_load_up_to(dy + i * dy_row + j * dy_pixel, n); \
                sum = vf_add(sum, column[i]); \
            } \
            f##_output_gradient(out, column); \
            UNROLLED_FOR (int i = 0; i < SIDE; i++) half[i][j] = out[i]; \
        } \
        UNROLLED_FOR (int i = 0; i < SIDE; i++) { \
            vf out[SIDE]; \
            f##_output_gradient(out, half[i]); \
            UNROLLED_FOR (int j = 0; j < SIDE; j++) \
                vf_store(products + (i * SIDE + j) * step, out[j]); \
        } \
        return sum; \
    } \
    static void f##_load_output_gradient( \
        float *restrict products, int64_t step, int64_t panel_step, const float *restrict dy, \
        int64_t dy_row, int64_t dy_pixel, int64_t oc, float *restrict sums) { \
        for (int64_t k = 0; k < oc; k += VL) { \
            const int n = oc - k < VL ? (int)(oc - k) : VL; \
            float *panel = products + k / GEMM_COLS * panel_step + k % GEMM_COLS; \
            const vf sum = vf_load_up_to(sums + k, n); \
            vf_store_up_to(sums + k, \
                           n == VL ? f##_load_output_gradient_vector(panel, step, dy + k, dy_row, \
                                                                     dy_pixel, sum, VL) \
                                   : f##_load_output_gradient_vector(panel, step, dy + k, dy_row, \
                                                                     dy_pixel, sum, n), \
                           n); \
        } \
    }

/* G weight, for the 3x3 weights of a vector's columns, weight[tap * (3 i + j) + column], of which
 * `left` are there; G^T is still to come from the right. */
#define WINOGRAD_WEIGHT_COLUMNS(f, side) \
    FERNET_INLINE void f##_weight_columns(vf half[side][3], const float *weight, int64_t tap, \
                                          int left) { \
        UNROLLED_FOR (int j = 0; j < 3; j++) { \
            vf column[3], out[side]; \
            UNROLLED_FOR (int i = 0; i < 3; i++) \
                column[i] = \
                    left > 0 ? vf_load_up_to(weight + (3 * i + j) * tap, left) : vf_zero(); \
            f##_weight(out, column); \
            UNROLLED_FOR (int i = 0; i < side; i++) half[i][j] = out[i]; \
        } \
    }

/* weight[tap * (3 i + j) + column] -> u[point * step + column], zeros from cols to GEMM_COLS */
#define WINOGRAD_LOAD_WEIGHT(f, side) \
    static void f##_load_weight(float *restrict u, int64_t step, const float *restrict weight, \
                                int64_t tap, int cols) { \
        enum { SIDE = side }; \
        for (int k = 0; k < GEMM_COLS; k += VL) { \
            vf half[SIDE][3]; \
            f##_weight_columns(half, weight + k, tap, cols - k); \
            UNROLLED_FOR (int i = 0; i < SIDE; i++) { \
                vf out[SIDE]; \
                f##_weight(out, half[i]); \
                UNROLLED_FOR (int j = 0; j < SIDE; j++) \
                    vf_store(u + (i * SIDE + j) * step + k, out[j]); \
            } \
        } \
    }

/* du[point * step + column] -> dweight[tap * (3 i + j) + column] */
#define WINOGRAD_STORE_WEIGHT_GRADIENT(f, m) \
    static void f##_store_weight_gradient(float *restrict dweight, int64_t tap, \
                                          const float *restrict du, int64_t step, int cols) { \
        enum { SIDE = m + 2 }; \
        for (int k = 0; k < cols; k += VL) { \
            const int left = cols - k < VL ? cols - k : VL; \
            vf half[3][SIDE]; \
            UNROLLED_FOR (int j = 0; j < SIDE; j++) { \
                vf column[SIDE], out[3]; \
                UNROLLED_FOR (int i = 0; i < SIDE; i++) \
                    column[i] = vf_load_up_to(du + (i * SIDE + j) * step + k, left); \
                f##_weight_gradient(out, column); \
                UNROLLED_FOR (int i = 0; i < 3; i++) half[i][j] = out[i]; \
            } \
            UNROLLED_FOR (int i = 0; i < 3; i++) { \
                vf out[3]; \
                f##_weight_gradient(out, half[i]); \
                UNROLLED_FOR (int j = 0; j < 3; j++) \
                    vf_store_up_to(dweight + (3 * i + j) * tap + k, out[j], left); \
            } \
        } \
    }

#define WINOGRAD_TRANSFORMS(f, m) \
    WINOGRAD_LOAD_INPUT(f, m + 2, m) \
    WINOGRAD_STORE_OUTPUT(f, m, m + 2) \
    WINOGRAD_LOAD_OUTPUT_GRADIENT(f, m) \
    WINOGRAD_WEIGHT_COLUMNS(f, m + 2) \
    WINOGRAD_LOAD_WEIGHT(f, m + 2) \
    WINOGRAD_STORE_WEIGHT_GRADIENT(f, m)

/* Those of predictions: f is f6_plain where the others' is f6. The rows of G come without their
 * scale, which A^T applies instead: a weight takes 9 operations in place of 16, and a single
 * image's products wait for its weights. A batch in training would gain nothing. */
#define WINOGRAD_PLAIN_TRANSFORMS(f, m) \
    WINOGRAD_STORE_OUTPUT(f, m, m + 2) \
    WINOGRAD_WEIGHT_COLUMNS(f, m + 2) \
    WINOGRAD_LOAD_WEIGHT(f, m + 2)

#define WINOGRAD_TILES(f, m, pooled, plain_pooled) \
    const struct winograd_tiles FERNET_FN(f##_tiles) = {m, \
                                                        1, \
                                                        m + 2, \
                                                        m + 2, \
                                                        m + 2, \
                                                        NULL, \
                                                        f##_load_input, \
                                                        f##_load_pixels, \
                                                        f##_store_output, \
                                                        pooled, \
                                                        f##_load_output_gradient, \
                                                        f##_load_weight, \
                                                        f##_store_weight_gradient, \
                                                        NULL}; \
    const struct winograd_tiles FERNET_FN(f##_plain_tiles) = {m, \
                                                              1, \
                                                              m + 2, \
                                                              m + 2, \
                                                              m + 2, \
                                                              NULL, \
                                                              f##_load_input, \
                                                              f##_load_pixels, \
                                                              f##_plain_store_output, \
                                                              plain_pooled, \
                                                              NULL, \
                                                              f##_plain_load_weight, \
                                                              NULL, \
                                                              f##_plain_multiply_few};

#endif
