/* Images of a batch mixed in pairs, the first with the last and so on inwards, in place.
 *
 * Mixup (Zhang et al., ICLR 2018) blends the two; CutMix (Yun et al., ICCV 2019) lets them exchange
 * a box. Each of the two gets the same share of the other. */
#include <string.h>

#include "core/kernels.h"
#include "core/sizes.h"

struct mix {
    float *x;
    const float *share;
    const int32_t *boxes;
    int64_t n, h, w, c;
};

static void blend(float *restrict a, float *restrict b, float share, int64_t size) {
    for (int64_t i = 0; i < size; i++) {
        const float difference = share * (b[i] - a[i]);
        a[i] += difference;
        b[i] -= difference;
    }
}

static void exchange(float *restrict a, float *restrict b, int64_t size) {
    for (int64_t i = 0; i < size; i++) {
        const float kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

static void mix_pair(void *context, int64_t pair) {
    const struct mix *m = context;
    const int64_t row = m->w * m->c, size = m->h * row;
    float *a = m->x + pair * size, *b = m->x + (m->n - 1 - pair) * size;
    if (m->share[pair] != 0.0f) blend(a, b, m->share[pair], size);
    const int32_t *box = m->boxes + 4 * pair;
    const int64_t left = max64(box[2], 0), right = min64(box[3], m->w);
    if (left >= right) return;
    for (int64_t r = max64(box[0], 0); r < min64(box[1], m->h); r++)
        exchange(a + r * row + left * m->c, b + r * row + left * m->c, (right - left) * m->c);
}

void FERNET_FN(mix_pairs)(float *x, const float *share, const int32_t *boxes, int64_t n, int64_t h,
                          int64_t w, int64_t c) {
    struct mix m = {x, share, boxes, n, h, w, c};
    fernet_parallel_for(n / 2, mix_pair, &m);
}
