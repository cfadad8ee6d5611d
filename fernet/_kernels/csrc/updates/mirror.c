/* The mean of a weight and its mirror image, for networks whose channels come in pairs.
 *
 * Of a weight (KH, KW, C, OC) the mirror image has the columns KW in the opposite order, and, where
 * channels are pairs, the halves of C or of OC have changed places: channel c is the mirror image
 * of c + C / 2 (Cohen and Welling, "Group equivariant convolutional networks", 2016, for the group
 * of two). A row, the OC numbers of one pixel and input, is a task's unit: its first half is
 * averaged with the second half of its partner row, so that no number has two writers. */
#include "core/chunks.h"
#include "core/kernels.h"
#include "core/sizes.h"

struct mirror {
    float *weight;
    int64_t kw, c, oc, n_rows, rows_a_task;
    int input_pairs, output_pairs;
};

static int64_t partner_of(const struct mirror *s, int64_t row) {
    const int64_t channel = row % s->c, column = row / s->c % s->kw;
    const int64_t other = s->input_pairs ? (channel + s->c / 2) % s->c : channel;
    return row + (s->kw - 1 - 2 * column) * s->c + (other - channel);
}

static void average(float *a, float *b, int64_t n) {
    for (int64_t i = 0; i < n; i++) a[i] = b[i] = 0.5f * (a[i] + b[i]);
}

static void mirror_rows(void *context, int64_t task) {
    const struct mirror *s = context;
    const int64_t begin = task * s->rows_a_task, end = min64(begin + s->rows_a_task, s->n_rows);
    for (int64_t row = begin; row < end; row++) {
        const int64_t partner = partner_of(s, row);
        float *first = s->weight + row * s->oc, *second = s->weight + partner * s->oc;
        if (s->output_pairs)
            average(first, second + s->oc / 2, s->oc / 2);
        else if (row < partner)
            average(first, second, s->oc);
    }
}

void FERNET_FN(mirror_mean)(float *weight, int64_t kh, int64_t kw, int64_t c, int64_t oc,
                            int input_pairs, int output_pairs) {
    struct mirror s = {.weight = weight,
                       .kw = kw,
                       .c = c,
                       .oc = oc,
                       .n_rows = kh * kw * c,
                       .input_pairs = input_pairs,
                       .output_pairs = output_pairs};
    s.rows_a_task = max64(1, CHUNK / max64(oc, 1));
    fernet_parallel_for(ceil_div(s.n_rows, s.rows_a_task), mirror_rows, &s);
}
