/* Winograd's transforms for F(6x6, 3x3): 6x6 outputs of a 3x3 convolution out of 8x8 inputs by 64
 * products instead of 324. A fifth fewer than F(4x4, 3x3), at about four times its rounding error:
 * the relative RMS error stays under 4e-6.
 *
 * The interpolation points are 0, +-1/2, +-1, +-2 and infinity: of those tried (steps of 1/8,
 * against float64) none err less. Sources as in winograd_f4.h. */
#ifndef FERNET_WINOGRAD_F6_H
#define FERNET_WINOGRAD_F6_H

#include "simd/simd.h"

#define F6_A 0.5f
#define F6_B 1.0f
#define F6_C 2.0f
#define F6_A2 (F6_A * F6_A)
#define F6_B2 (F6_B * F6_B)
#define F6_C2 (F6_C * F6_C)
#define F6_A4 (F6_A2 * F6_A2)
#define F6_B4 (F6_B2 * F6_B2)
#define F6_C4 (F6_C2 * F6_C2)

/* out[0], out[1] = even +- point * odd */
FERNET_INLINE void f6_pair(vf *out, float point, const vf odd, const vf even) {
    out[0] = vf_fma(vf_set1(point), odd, even);
    out[1] = vf_fma(vf_set1(-point), odd, even);
}

/* in[4] - (p + q) in[2] + p q in[0]: the squares p and q of the other two points are roots */
FERNET_INLINE vf f6_roots(float p, float q, const vf *in) {
    return vf_fma(vf_set1(p * q), in[0], vf_fma(vf_set1(-(p + q)), in[2], in[4]));
}

/* in[6] - s1 in[4] + s2 in[2] - s3 in[0]: the squares of all three are */
FERNET_INLINE vf f6_all_roots(const vf *in) {
    const vf s1 = vf_set1(-(F6_A2 + F6_B2 + F6_C2)), s3 = vf_set1(-(F6_A2 * F6_B2 * F6_C2));
    const vf s2 = vf_set1(F6_A2 * F6_B2 + F6_A2 * F6_C2 + F6_B2 * F6_C2);
    return vf_fma(s3, in[0], vf_fma(s2, in[2], vf_fma(s1, in[4], in[6])));
}

/* out = B^T in: 8 to 8 */
FERNET_INLINE void f6_input(vf *out, const vf *in) {
    out[0] = f6_all_roots(in);
    f6_pair(out + 1, F6_A, f6_roots(F6_B2, F6_C2, in + 1), f6_roots(F6_B2, F6_C2, in + 2));
    f6_pair(out + 3, F6_B, f6_roots(F6_A2, F6_C2, in + 1), f6_roots(F6_A2, F6_C2, in + 2));
    f6_pair(out + 5, F6_C, f6_roots(F6_A2, F6_B2, in + 1), f6_roots(F6_A2, F6_B2, in + 2));
    out[7] = f6_all_roots(in + 1);
}

/* a x[0] + b x[1] + c x[2] */
FERNET_INLINE vf f6_weighted(float a, float b, float c, const vf *x) {
    return vf_fma(vf_set1(c), x[2], vf_fma(vf_set1(b), x[1], vf_mul(vf_set1(a), x[0])));
}

/* out = A^T in: 8 to 6 */
FERNET_INLINE void f6_output(vf *out, const vf *in) {
    const vf sum[3] = {vf_add(in[1], in[2]), vf_add(in[3], in[4]), vf_add(in[5], in[6])};
    const vf difference[3] = {vf_sub(in[1], in[2]), vf_sub(in[3], in[4]), vf_sub(in[5], in[6])};
    out[0] = vf_add(vf_add(in[0], sum[0]), vf_add(sum[1], sum[2]));
    out[1] = f6_weighted(F6_A, F6_B, F6_C, difference);
    out[2] = f6_weighted(F6_A2, F6_B2, F6_C2, sum);
    out[3] = f6_weighted(F6_A * F6_A2, F6_B * F6_B2, F6_C * F6_C2, difference);
    out[4] = f6_weighted(F6_A4, F6_B4, F6_C4, sum);
    out[5] = vf_add(in[7], f6_weighted(F6_A * F6_A4, F6_B * F6_B4, F6_C * F6_C4, difference));
}

/* in[0] + p in[2] + p^2 in[4] */
FERNET_INLINE vf f6_powers(float p, const vf *in) {
    return vf_fma(vf_set1(p * p), in[4], vf_fma(vf_set1(p), in[2], in[0]));
}

/* out = A in: 6 to 8, the transpose of f6_output */
FERNET_INLINE void f6_output_gradient(vf *out, const vf *in) {
    out[0] = in[0];
    f6_pair(out + 1, F6_A, f6_powers(F6_A2, in + 1), f6_powers(F6_A2, in));
    f6_pair(out + 3, F6_B, f6_powers(F6_B2, in + 1), f6_powers(F6_B2, in));
    f6_pair(out + 5, F6_C, f6_powers(F6_C2, in + 1), f6_powers(F6_C2, in));
    out[7] = in[5];
}

/* 1 / product of a point's differences to the other finite points: the rows of G */
#define F6_N0 (-1.0f / (F6_A2 * F6_B2 * F6_C2))
#define F6_NA (1.0f / (2.0f * F6_A2 * (F6_A2 - F6_B2) * (F6_A2 - F6_C2)))
#define F6_NB (1.0f / (2.0f * F6_B2 * (F6_B2 - F6_A2) * (F6_B2 - F6_C2)))
#define F6_NC (1.0f / (2.0f * F6_C2 * (F6_C2 - F6_A2) * (F6_C2 - F6_B2)))

/* out[0], out[1] = scale (in[0] +- point in[1] + point^2 in[2]) */
FERNET_INLINE void f6_weight_pair(vf *out, float point, float scale, const vf *in) {
    const vf even = vf_mul(vf_set1(scale), vf_fma(vf_set1(point * point), in[2], in[0]));
    const vf odd = vf_mul(vf_set1(scale * point), in[1]);
    out[0] = vf_add(even, odd);
    out[1] = vf_sub(even, odd);
}

/* out = G in: 3 to 8 */
FERNET_INLINE void f6_weight(vf *out, const vf *in) {
    out[0] = vf_mul(vf_set1(F6_N0), in[0]);
    f6_weight_pair(out + 1, F6_A, F6_NA, in);
    f6_weight_pair(out + 3, F6_B, F6_NB, in);
    f6_weight_pair(out + 5, F6_C, F6_NC, in);
    out[7] = in[2];
}

/* What predictions take in place of G and A^T (winograd_tiles.h): rows of G without their scale */
FERNET_INLINE void f6_plain_weight(vf *out, const vf *in) {
    out[0] = in[0];
    f6_pair(out + 1, F6_A, in[1], vf_fma(vf_set1(F6_A2), in[2], in[0]));
    f6_pair(out + 3, F6_B, in[1], vf_fma(vf_set1(F6_B2), in[2], in[0]));
    f6_pair(out + 5, F6_C, in[1], vf_fma(vf_set1(F6_C2), in[2], in[0]));
    out[7] = in[2];
}

/* ... and A^T with it */
FERNET_INLINE void f6_plain_output(vf *out, const vf *in) {
    const vf sum[3] = {vf_add(in[1], in[2]), vf_add(in[3], in[4]), vf_add(in[5], in[6])};
    const vf difference[3] = {vf_sub(in[1], in[2]), vf_sub(in[3], in[4]), vf_sub(in[5], in[6])};
    out[0] = vf_fma(vf_set1(F6_N0), in[0], f6_weighted(F6_NA, F6_NB, F6_NC, sum));
    out[1] = f6_weighted(F6_NA * F6_A, F6_NB * F6_B, F6_NC * F6_C, difference);
    out[2] = f6_weighted(F6_NA * F6_A2, F6_NB * F6_B2, F6_NC * F6_C2, sum);
    out[3] =
        f6_weighted(F6_NA * F6_A * F6_A2, F6_NB * F6_B * F6_B2, F6_NC * F6_C * F6_C2, difference);
    out[4] = f6_weighted(F6_NA * F6_A4, F6_NB * F6_B4, F6_NC * F6_C4, sum);
    out[5] = vf_add(in[7], f6_weighted(F6_NA * F6_A * F6_A4, F6_NB * F6_B * F6_B4,
                                       F6_NC * F6_C * F6_C4, difference));
}

/* out = G^T in: 8 to 3 */
FERNET_INLINE void f6_weight_gradient(vf *out, const vf *in) {
    const vf sum[3] = {vf_mul(vf_set1(F6_NA), vf_add(in[1], in[2])),
                       vf_mul(vf_set1(F6_NB), vf_add(in[3], in[4])),
                       vf_mul(vf_set1(F6_NC), vf_add(in[5], in[6]))};
    const vf difference[3] = {vf_mul(vf_set1(F6_NA), vf_sub(in[1], in[2])),
                              vf_mul(vf_set1(F6_NB), vf_sub(in[3], in[4])),
                              vf_mul(vf_set1(F6_NC), vf_sub(in[5], in[6]))};
    out[0] = vf_fma(vf_set1(F6_N0), in[0], vf_add(sum[0], vf_add(sum[1], sum[2])));
    out[1] = f6_weighted(F6_A, F6_B, F6_C, difference);
    out[2] = vf_add(in[7], f6_weighted(F6_A2, F6_B2, F6_C2, sum));
}

#endif
