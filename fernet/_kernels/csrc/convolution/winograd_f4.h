/* Winograd's transforms for F(4x4, 3x3): 4x4 outputs of a 3x3 convolution out of 6x6 inputs by 36
 * products instead of 144.
 *
 * The interpolation points are 0, +-5/8, +-3/2 and infinity: they cost what the usual 0, +-1, +-2
 * cost, and their largest error is a third to a fifth. Lavin & Gray, "Fast algorithms for
 * convolutional neural networks" (2016), equations 8 to 12 and 14; Barabasz et al., "Error analysis
 * and improving the accuracy of Winograd convolution" (2020), on points. */
#ifndef FERNET_WINOGRAD_F4_H
#define FERNET_WINOGRAD_F4_H

#include "simd/simd.h"

#define F4_A 0.625f
#define F4_B 1.5f
#define F4_A2 (F4_A * F4_A)
#define F4_B2 (F4_B * F4_B)

/* out = B^T in: 6 to 6 */
FERNET_INLINE void f4_input(vf *out, const vf *in) {
    const vf sum = vf_set1(-(F4_A2 + F4_B2)), product = vf_set1(F4_A2 * F4_B2);
    const vf a2 = vf_set1(-F4_A2), b2 = vf_set1(-F4_B2), a = vf_set1(F4_A), b = vf_set1(F4_B);
    const vf even_a = vf_fma(b2, in[2], in[4]), odd_a = vf_fma(b2, in[1], in[3]);
    const vf even_b = vf_fma(a2, in[2], in[4]), odd_b = vf_fma(a2, in[1], in[3]);
    out[0] = vf_fma(product, in[0], vf_fma(sum, in[2], in[4]));
    out[1] = vf_fma(a, odd_a, even_a);
    out[2] = vf_fma(vf_set1(-F4_A), odd_a, even_a);
    out[3] = vf_fma(b, odd_b, even_b);
    out[4] = vf_fma(vf_set1(-F4_B), odd_b, even_b);
    out[5] = vf_fma(product, in[1], vf_fma(sum, in[3], in[5]));
}

/* out = A^T in: 6 to 4 */
FERNET_INLINE void f4_output(vf *out, const vf *in) {
    const vf sum_a = vf_add(in[1], in[2]), difference_a = vf_sub(in[1], in[2]);
    const vf sum_b = vf_add(in[3], in[4]), difference_b = vf_sub(in[3], in[4]);
    out[0] = vf_add(in[0], vf_add(sum_a, sum_b));
    out[1] = vf_fma(vf_set1(F4_B), difference_b, vf_mul(vf_set1(F4_A), difference_a));
    out[2] = vf_fma(vf_set1(F4_B2), sum_b, vf_mul(vf_set1(F4_A2), sum_a));
    out[3] = vf_fma(vf_set1(F4_B * F4_B2), difference_b,
                    vf_fma(vf_set1(F4_A * F4_A2), difference_a, in[5]));
}

/* out = A in: 4 to 6, the transpose of f4_output */
FERNET_INLINE void f4_output_gradient(vf *out, const vf *in) {
    const vf even_a = vf_fma(vf_set1(F4_A2), in[2], in[0]);
    const vf even_b = vf_fma(vf_set1(F4_B2), in[2], in[0]);
    const vf odd_a = vf_fma(vf_set1(F4_A2), in[3], in[1]);
    const vf odd_b = vf_fma(vf_set1(F4_B2), in[3], in[1]);
    out[0] = in[0];
    out[1] = vf_fma(vf_set1(F4_A), odd_a, even_a);
    out[2] = vf_fma(vf_set1(-F4_A), odd_a, even_a);
    out[3] = vf_fma(vf_set1(F4_B), odd_b, even_b);
    out[4] = vf_fma(vf_set1(-F4_B), odd_b, even_b);
    out[5] = in[3];
}

/* 1 / product of a point's differences to the other finite points: the rows of G */
#define F4_N0 (1.0f / (F4_A2 * F4_B2))
#define F4_NA (1.0f / (2.0f * F4_A2 * (F4_A2 - F4_B2)))
#define F4_NB (1.0f / (2.0f * F4_B2 * (F4_B2 - F4_A2)))

/* out = G in: 3 to 6 */
FERNET_INLINE void f4_weight(vf *out, const vf *in) {
    const vf even_a = vf_mul(vf_set1(F4_NA), vf_fma(vf_set1(F4_A2), in[2], in[0]));
    const vf even_b = vf_mul(vf_set1(F4_NB), vf_fma(vf_set1(F4_B2), in[2], in[0]));
    const vf odd_a = vf_mul(vf_set1(F4_NA * F4_A), in[1]);
    const vf odd_b = vf_mul(vf_set1(F4_NB * F4_B), in[1]);
    out[0] = vf_mul(vf_set1(F4_N0), in[0]);
    out[1] = vf_add(even_a, odd_a);
    out[2] = vf_sub(even_a, odd_a);
    out[3] = vf_add(even_b, odd_b);
    out[4] = vf_sub(even_b, odd_b);
    out[5] = in[2];
}

/* What predictions take in place of G and A^T (winograd_tiles.h): rows of G without their scale */
FERNET_INLINE void f4_plain_weight(vf *out, const vf *in) {
    const vf even_a = vf_fma(vf_set1(F4_A2), in[2], in[0]);
    const vf even_b = vf_fma(vf_set1(F4_B2), in[2], in[0]);
    out[0] = in[0];
    out[1] = vf_fma(vf_set1(F4_A), in[1], even_a);
    out[2] = vf_fma(vf_set1(-F4_A), in[1], even_a);
    out[3] = vf_fma(vf_set1(F4_B), in[1], even_b);
    out[4] = vf_fma(vf_set1(-F4_B), in[1], even_b);
    out[5] = in[2];
}

/* a x + b y */
FERNET_INLINE vf f4_weighted(float a, const vf x, float b, const vf y) {
    return vf_fma(vf_set1(b), y, vf_mul(vf_set1(a), x));
}

/* ... and A^T with it */
FERNET_INLINE void f4_plain_output(vf *out, const vf *in) {
    const vf sum_a = vf_add(in[1], in[2]), difference_a = vf_sub(in[1], in[2]);
    const vf sum_b = vf_add(in[3], in[4]), difference_b = vf_sub(in[3], in[4]);
    out[0] = vf_fma(vf_set1(F4_N0), in[0], f4_weighted(F4_NA, sum_a, F4_NB, sum_b));
    out[1] = f4_weighted(F4_NA * F4_A, difference_a, F4_NB * F4_B, difference_b);
    out[2] = f4_weighted(F4_NA * F4_A2, sum_a, F4_NB * F4_B2, sum_b);
    out[3] = vf_add(
        in[5], f4_weighted(F4_NA * F4_A * F4_A2, difference_a, F4_NB * F4_B * F4_B2, difference_b));
}

/* out = G^T in: 6 to 3 */
FERNET_INLINE void f4_weight_gradient(vf *out, const vf *in) {
    const vf sum_a = vf_mul(vf_set1(F4_NA), vf_add(in[1], in[2]));
    const vf sum_b = vf_mul(vf_set1(F4_NB), vf_add(in[3], in[4]));
    const vf difference_a = vf_mul(vf_set1(F4_NA * F4_A), vf_sub(in[1], in[2]));
    const vf difference_b = vf_mul(vf_set1(F4_NB * F4_B), vf_sub(in[3], in[4]));
    out[0] = vf_fma(vf_set1(F4_N0), in[0], vf_add(sum_a, sum_b));
    out[1] = vf_add(difference_a, difference_b);
    out[2] = vf_fma(vf_set1(F4_A2), sum_a, vf_fma(vf_set1(F4_B2), sum_b, in[5]));
}

#endif
