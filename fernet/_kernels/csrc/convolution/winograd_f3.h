/* Winograd's transforms for F(3x3, 3x3): 3x3 outputs of a 3x3 convolution out of 5x5 inputs by 25
 * products instead of 81. For planes, such as 6x6, that tiles of 4x4 would not fill.
 *
 * The interpolation points 0, +-3/4, 2 and infinity err least of those tried (steps of 1/8, against
 * float64). Sources as in winograd_f4.h. */
#ifndef FERNET_WINOGRAD_F3_H
#define FERNET_WINOGRAD_F3_H

#include "simd/simd.h"

#define F3_A 0.75f
#define F3_B 2.0f
#define F3_A2 (F3_A * F3_A)
#define F3_B2 (F3_B * F3_B)

/* out = B^T in: 5 to 5 */
FERNET_INLINE void f3_input(vf *out, const vf *in) {
    const vf minus_b = vf_set1(-F3_B), minus_a2 = vf_set1(-F3_A2);
    const vf u = vf_fma(minus_b, in[2], in[3]), v = vf_fma(minus_b, in[1], in[2]);
    const vf w = vf_fma(minus_b, in[0], in[1]), z = vf_fma(minus_b, in[3], in[4]);
    out[0] = vf_fma(minus_a2, w, u);
    out[1] = vf_fma(vf_set1(F3_A), v, u);
    out[2] = vf_fma(vf_set1(-F3_A), v, u);
    out[3] = vf_fma(minus_a2, in[1], in[3]);
    out[4] = vf_fma(minus_a2, v, z);
}

/* out = A^T in: 5 to 3 */
FERNET_INLINE void f3_output(vf *out, const vf *in) {
    const vf sum = vf_add(in[1], in[2]), difference = vf_sub(in[1], in[2]);
    out[0] = vf_add(in[0], vf_add(sum, in[3]));
    out[1] = vf_fma(vf_set1(F3_B), in[3], vf_mul(vf_set1(F3_A), difference));
    out[2] = vf_fma(vf_set1(F3_B2), in[3], vf_fma(vf_set1(F3_A2), sum, in[4]));
}

/* out = A in: 3 to 5, the transpose of f3_output */
FERNET_INLINE void f3_output_gradient(vf *out, const vf *in) {
    const vf even = vf_fma(vf_set1(F3_A2), in[2], in[0]);
    out[0] = in[0];
    out[1] = vf_fma(vf_set1(F3_A), in[1], even);
    out[2] = vf_fma(vf_set1(-F3_A), in[1], even);
    out[3] = vf_fma(vf_set1(F3_B2), in[2], vf_fma(vf_set1(F3_B), in[1], in[0]));
    out[4] = in[2];
}

/* 1 / product of a point's differences to the other finite points: the rows of G */
#define F3_N0 (1.0f / (F3_A2 * F3_B))
#define F3_NA (1.0f / (2.0f * F3_A2 * (F3_A - F3_B)))
#define F3_NMINUS (-1.0f / (2.0f * F3_A2 * (F3_A + F3_B)))
#define F3_NB (1.0f / (F3_B * (F3_B2 - F3_A2)))

/* out = G in: 3 to 5 */
FERNET_INLINE void f3_weight(vf *out, const vf *in) {
    const vf even = vf_fma(vf_set1(F3_A2), in[2], in[0]), odd = vf_mul(vf_set1(F3_A), in[1]);
    out[0] = vf_mul(vf_set1(F3_N0), in[0]);
    out[1] = vf_mul(vf_set1(F3_NA), vf_add(even, odd));
    out[2] = vf_mul(vf_set1(F3_NMINUS), vf_sub(even, odd));
    out[3] =
        vf_mul(vf_set1(F3_NB), vf_fma(vf_set1(F3_B2), in[2], vf_fma(vf_set1(F3_B), in[1], in[0])));
    out[4] = in[2];
}

/* What predictions take in place of G and A^T (winograd_tiles.h): rows of G without their scale */
FERNET_INLINE void f3_plain_weight(vf *out, const vf *in) {
    const vf even = vf_fma(vf_set1(F3_A2), in[2], in[0]);
    out[0] = in[0];
    out[1] = vf_fma(vf_set1(F3_A), in[1], even);
    out[2] = vf_fma(vf_set1(-F3_A), in[1], even);
    out[3] = vf_fma(vf_set1(F3_B2), in[2], vf_fma(vf_set1(F3_B), in[1], in[0]));
    out[4] = in[2];
}

/* ... and A^T with it */
FERNET_INLINE void f3_plain_output(vf *out, const vf *in) {
    const vf plus = vf_mul(vf_set1(F3_NA), in[1]), minus = vf_mul(vf_set1(F3_NMINUS), in[2]);
    const vf sum = vf_add(plus, minus), difference = vf_sub(plus, minus);
    out[0] = vf_fma(vf_set1(F3_N0), in[0], vf_fma(vf_set1(F3_NB), in[3], sum));
    out[1] = vf_fma(vf_set1(F3_NB * F3_B), in[3], vf_mul(vf_set1(F3_A), difference));
    out[2] = vf_fma(vf_set1(F3_NB * F3_B2), in[3], vf_fma(vf_set1(F3_A2), sum, in[4]));
}

/* out = G^T in: 5 to 3 */
FERNET_INLINE void f3_weight_gradient(vf *out, const vf *in) {
    const vf plus = vf_mul(vf_set1(F3_NA), in[1]), minus = vf_mul(vf_set1(F3_NMINUS), in[2]);
    const vf sum = vf_add(plus, minus), last = vf_mul(vf_set1(F3_NB), in[3]);
    out[0] = vf_fma(vf_set1(F3_N0), in[0], vf_add(sum, last));
    out[1] = vf_fma(vf_set1(F3_B), last, vf_mul(vf_set1(F3_A), vf_sub(plus, minus)));
    out[2] = vf_fma(vf_set1(F3_B2), last, vf_fma(vf_set1(F3_A2), sum, in[4]));
}

#endif
