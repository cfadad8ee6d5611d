/* Winograd's transforms for 3x3 convolutions of stride 2: 3x3 outputs out of 7x7 inputs by 49
 * products instead of 81.
 *
 * Along a line, weights 0 and 2 meet every other input alone, weight 1 those between: a filter of
 * two taps and one of a single tap, each of stride 1, whose results add up. F(3, 2) takes the four
 * interpolation points 0, 1, infinity and -1, F(3, 1) the first three of them. So both have the
 * results' transform in common, and their products are added up before it: 7 products, of 5
 * transformed weights, make 4 sums, and these 3 outputs.
 *
 * Winograd, "Arithmetic complexity of computations" (1980); Yepez & Ko, "Stride 2 1-D, 2-D, and 3-D
 * Winograd for convolutional neural networks" (2020). */
#ifndef FERNET_WINOGRAD_STRIDE2_H
#define FERNET_WINOGRAD_STRIDE2_H

#include "convolution/winograd_pass.h"
#include "simd/simd.h"

/* Along a line, the transformed weight that transformed input i meets */
#define STRIDE2_WEIGHT(i) ((i) % 2 == 1 ? 4 : (i) / 2)

/* out = B^T in: 7 to 7, for each point that of the two taps and that of the single one, which the
 * point -1 lacks; that of 1 is doubled, as A^T halves it */
FERNET_INLINE void stride2_input(vf *out, const vf *in) {
    out[0] = vf_sub(in[0], in[4]);
    out[1] = vf_sub(in[1], in[3]);
    out[2] = vf_add(in[4], in[2]);
    out[3] = vf_add(in[3], in[3]);
    out[4] = vf_sub(in[6], in[2]);
    out[5] = vf_sub(in[5], in[3]);
    out[6] = vf_sub(in[4], in[2]);
}

/* out = A^T in: 4 to 3, and the scale that G leaves out (winograd_tiles.h) */
FERNET_INLINE void stride2_output(vf *out, const vf *in) {
    const vf half = vf_set1(0.5f), sum = vf_add(in[1], in[3]);
    out[0] = vf_fma(half, sum, in[0]);
    out[1] = vf_mul(half, vf_sub(in[1], in[3]));
    out[2] = vf_fma(half, sum, in[2]);
}

/* out = G in: 3 to 5, the two taps at 0, 1, infinity and -1, and the single one */
FERNET_INLINE void stride2_weight(vf *out, const vf *in) {
    out[0] = in[0];
    out[1] = vf_add(in[0], in[2]);
    out[2] = in[2];
    out[3] = vf_sub(in[0], in[2]);
    out[4] = in[1];
}

/* The same once for each input: 3 to 7 */
FERNET_INLINE void stride2_few_weight(vf *out, const vf *in) {
    vf weight[5];
    stride2_weight(weight, in);
    UNROLLED_FOR (int i = 0; i < 7; i++) out[i] = weight[STRIDE2_WEIGHT(i)];
}

/* The products in order of their sums, and these row by row */
#define STRIDE2_TERM(i, j) \
    { 7 * (i) + (j), 5 * STRIDE2_WEIGHT(i) + STRIDE2_WEIGHT(j), 4 * ((i) / 2) + (j) / 2 }
#define STRIDE2_PAIR(i, j) STRIDE2_TERM(i, j), STRIDE2_TERM(i, (j) + 1)
#define STRIDE2_ROWS(i) \
    STRIDE2_PAIR(i, 0), STRIDE2_PAIR((i) + 1, 0), STRIDE2_PAIR(i, 2), STRIDE2_PAIR((i) + 1, 2), \
        STRIDE2_PAIR(i, 4), STRIDE2_PAIR((i) + 1, 4), STRIDE2_TERM(i, 6), STRIDE2_TERM((i) + 1, 6)

static const struct winograd_term stride2_terms[] = {
    STRIDE2_ROWS(0),    STRIDE2_ROWS(2),    STRIDE2_ROWS(4),   STRIDE2_PAIR(6, 0),
    STRIDE2_PAIR(6, 2), STRIDE2_PAIR(6, 4), STRIDE2_TERM(6, 6)};

_Static_assert(sizeof stride2_terms == 7 * 7 * sizeof *stride2_terms, "each product once");

#endif
