/* ReLU and its gradient (report, sections 1.3 and 1.4). */
#include "core/chunks.h"
#include "core/kernels.h"
#include "simd/simd.h"

struct relu {
    float *out;
    const float *in, *y;
    int64_t size;
};

static void forward_chunk(void *context, int64_t chunk) {
    const struct relu *r = context;
    const int64_t end = chunk_end(chunk, r->size);
    for (int64_t i = chunk * CHUNK; i < end; i += VL) {
        const int left = end - i < VL ? (int)(end - i) : VL;
        vf_store_up_to(r->out + i, vf_relu(vf_load_up_to(r->in + i, left)), left);
    }
}

static void backward_chunk(void *context, int64_t chunk) {
    const struct relu *r = context;
    const int64_t end = chunk_end(chunk, r->size);
    for (int64_t i = chunk * CHUNK; i < end; i += VL) {
        const int left = end - i < VL ? (int)(end - i) : VL;
        const vf dy = vf_load_up_to(r->in + i, left), y = vf_load_up_to(r->y + i, left);
        vf_store_up_to(r->out + i, vf_where_positive(y, dy), left);
    }
}

void FERNET_FN(relu_forward)(float *y, const float *x, int64_t size) {
    struct relu r = {.out = y, .in = x, .size = size};
    fernet_parallel_for(n_chunks(size), forward_chunk, &r);
}

void FERNET_FN(relu_backward)(float *dx, const float *dy, const float *y, int64_t size) {
    struct relu r = {.out = dx, .in = dy, .y = y, .size = size};
    fernet_parallel_for(n_chunks(size), backward_chunk, &r);
}
