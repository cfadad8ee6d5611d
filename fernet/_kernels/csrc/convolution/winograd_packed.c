/* Weights of 3x3 convolutions laid out once for many predictions.
 *
 * A single image takes less time than its weights take to come from memory. So they lie in the
 * order in which they are read; transformed, if that makes few bytes of them, else as they are, to
 * be transformed a few channels at a time: to read more bytes would take longer than to transform.
 */
#include "convolution/winograd.h"

#include "convolution/winograd_weights.h"
#include "core/threads.h"

int64_t FERNET_FN(winograd_packed_size)(const struct fernet_conv2d *s) {
    const struct pass p = FERNET_FN(winograd_forward_pass)(s);
    if (is_kept_transformed(&p)) return FERNET_FN(winograd_weight_floats)(&p);
    return ceil_div(p.out_c, GEMM_COLS) * p.in_c * packed_row();
}

struct packing {
    const struct fernet_conv2d *s;
    const float *weight;
    float *packed;
};

/* One panel of output channels. */
static void pack_panel(void *context, int64_t panel) {
    const struct packing *packing = context;
    const int64_t c = packing->s->c, oc = packing->s->oc, column = panel * GEMM_COLS;
    const int64_t n = min64(GEMM_COLS, oc - column);
    float *out = packing->packed + panel * c * packed_row();
    for (int64_t r = 0; r < c; r++)
        for (int tap = 0; tap < 9; tap++, out += GEMM_COLS) {
            memset(out, 0, GEMM_COLS * sizeof *out);
            memcpy(out, packing->weight + (tap * c + r) * oc + column, (size_t)n * sizeof *out);
        }
}

void FERNET_FN(winograd_pack)(float *packed, const float *weight, const struct fernet_conv2d *s) {
    struct pass p = FERNET_FN(winograd_forward_pass)(s);
    struct packing packing = {s, weight, packed};
    p.packed = NULL;
    if (is_kept_transformed(&p))
        FERNET_FN(winograd_transform_weights)(&p, packed, weight, 0);
    else
        fernet_parallel_for(ceil_div(s->oc, GEMM_COLS), pack_panel, &packing);
}
