/* The sum where two branches of a network join, with the ReLU that follows it. */
#include "core/chunks.h"
#include "core/kernels.h"
#include "simd/simd.h"
#include "simd/stream.h"

struct add {
    float *y;
    const float *a, *b;
    int64_t size;
    int relu, stream;
};

FERNET_INLINE void add_vector(const struct add *s, int64_t i, int left, int relu) {
    const vf sum = vf_add(vf_load_up_to(s->a + i, left), vf_load_up_to(s->b + i, left));
    vf_put(s->y + i, relu ? vf_relu(sum) : sum, left, s->stream);
}

FERNET_INLINE void add_from(const struct add *shared, int64_t chunk, int relu) {
    const struct add copy = *shared, *s = &copy; /* no store to floats can change it */
    const int64_t end = chunk_end(chunk, s->size);
    int64_t i = chunk * CHUNK;
    for (; i + VL <= end; i += VL) add_vector(s, i, VL, relu);
    if (i < end) add_vector(s, i, (int)(end - i), relu);
}

static void add_chunk(void *context, int64_t chunk) {
    const struct add *s = context;
    if (s->relu)
        add_from(s, chunk, 1);
    else
        add_from(s, chunk, 0);
    if (s->stream) finish_stream();
}

void FERNET_FN(add_forward)(float *y, const float *a, const float *b, int64_t size, int relu) {
    struct add s = {.y = y, .a = a, .b = b, .size = size, .relu = relu};
    s.stream = y != a && y != b && should_stream(y, size, CHUNK);
    fernet_parallel_for(n_chunks(size), add_chunk, &s);
}
