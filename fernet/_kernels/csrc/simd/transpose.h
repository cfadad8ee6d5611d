/* Squares of VL x VL floats, turned over in registers.
 *
 * Each round interleaves the first half of the rows with the second, which rotates the bits of an
 * element's number, row and lane together, by one place; log2(VL) rounds exchange row and lane. */
#ifndef FERNET_TRANSPOSE_H
#define FERNET_TRANSPOSE_H

#include "simd/simd.h"

#if VL == 16
#define LOWER_HALVES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define UPPER_HALVES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif VL == 8
#define LOWER_HALVES 0, 8, 1, 9, 2, 10, 3, 11
#define UPPER_HALVES 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOWER_HALVES 0, 4, 1, 5
#define UPPER_HALVES 2, 6, 3, 7
#endif

#if defined(__clang__) || __GNUC__ >= 12
#define INTERLEAVE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef int32_t lanes_of_vf __attribute__((vector_size(4 * VL)));
#define INTERLEAVE(a, b, ...) __builtin_shuffle(a, b, (lanes_of_vf){__VA_ARGS__})
#endif

FERNET_INLINE void interleave_rows(vf out[VL], const vf in[VL]) {
    UNROLLED_FOR (int i = 0; i < VL / 2; i++) {
        out[2 * i] = INTERLEAVE(in[i], in[i + VL / 2], LOWER_HALVES);
        out[2 * i + 1] = INTERLEAVE(in[i], in[i + VL / 2], UPPER_HALVES);
    }
}

/* out[p * out_row + j] = in[j * in_row + p] for p, j below VL */
FERNET_INLINE void transpose_square(float *restrict out, int64_t out_row, const float *restrict in,
                                    int64_t in_row) {
    vf a[VL], b[VL];
    UNROLLED_FOR (int j = 0; j < VL; j++) a[j] = vf_load(in + j * in_row);
    interleave_rows(b, a);
    interleave_rows(a, b);
#if VL == 16
    interleave_rows(b, a);
    interleave_rows(a, b);
#elif VL == 8
    interleave_rows(b, a);
    UNROLLED_FOR (int j = 0; j < VL; j++) a[j] = b[j];
#endif
    UNROLLED_FOR (int p = 0; p < VL; p++) vf_store(out + p * out_row, a[p]);
}

#endif
