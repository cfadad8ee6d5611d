/* Global average pooling: the mean of each channel over an image's positions, and its gradient. */
#include "core/kernels.h"
#include "simd/simd.h"

/* Positions are summed in runs, so that a large plane's rounding grows with the run and the number
 * of runs, not with their product. */
enum { RUN = 64 };

struct average {
    float *out;
    const float *in;
    int64_t positions, c;
};

/* Of channels k and on, all positions: the order of the sum does not depend on the vector. */
FERNET_INLINE void mean_of_lanes(const struct average *a, int64_t image, int64_t k, int left) {
    const float *x = a->in + image * a->positions * a->c + k;
    vf sum = vf_zero();
    for (int64_t begin = 0; begin < a->positions; begin += RUN) {
        const int64_t end = begin + RUN < a->positions ? begin + RUN : a->positions;
        vf run = vf_zero();
        for (int64_t i = begin; i < end; i++) run = vf_add(run, vf_load_up_to(x + i * a->c, left));
        sum = vf_add(sum, run);
    }
    const vf mean = vf_div(sum, vf_set1((float)a->positions));
    vf_store_up_to(a->out + image * a->c + k, mean, left);
}

static void forward_image(void *context, int64_t image) {
    const struct average *a = context;
    int64_t k = 0;
    for (; k + VL <= a->c; k += VL) mean_of_lanes(a, image, k, VL);
    if (k < a->c) mean_of_lanes(a, image, k, (int)(a->c - k));
}

static void backward_image(void *context, int64_t image) {
    const struct average *a = context;
    const vf positions = vf_set1((float)a->positions);
    const float *dy = a->in + image * a->c;
    float *dx = a->out + image * a->positions * a->c;
    for (int64_t k = 0; k < a->c; k += VL) {
        const int left = a->c - k < VL ? (int)(a->c - k) : VL;
        vf_store_up_to(dx + k, vf_div(vf_load_up_to(dy + k, left), positions), left);
    }
    for (int64_t i = 1; i < a->positions; i++) memcpy(dx + i * a->c, dx, (size_t)a->c * sizeof *dx);
}

void FERNET_FN(global_avg_pool_forward)(float *y, const float *x, int64_t n, int64_t positions,
                                        int64_t c) {
    struct average a = {.out = y, .in = x, .positions = positions, .c = c};
    fernet_parallel_for(n, forward_image, &a);
}

void FERNET_FN(global_avg_pool_backward)(float *dx, const float *dy, int64_t n, int64_t positions,
                                         int64_t c) {
    struct average a = {.out = dx, .in = dy, .positions = positions, .c = c};
    fernet_parallel_for(n, backward_image, &a);
}
