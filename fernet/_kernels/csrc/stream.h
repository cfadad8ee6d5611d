/* Stores that go past the caches.
 *
 * A plain store first reads the line that it is about to overwrite. An output larger than the caches
 * would not be found there by its reader anyway, so both that read and the room it takes are saved:
 * the time of a kernel that memory paces falls by a third or more. */
#ifndef FERNET_STREAM_H
#define FERNET_STREAM_H

#include "simd.h"

#if !defined(__AVX2__) && defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { STREAM_FLOATS = 4 << 20 }; /* 16 MiB: half of a common third-level cache */

/* Whether rows of `row` floats, `size` in all, should be streamed: each row begins with a vector. */
static inline int should_stream(const float *out, int64_t size, int64_t row) {
    return size >= STREAM_FLOATS && row % VL == 0 && (uintptr_t)out % sizeof(vf) == 0;
}

FERNET_INLINE void vf_put(float *p, vf a, int n, int stream) {
    if (!stream || n < VL) {
        vf_store_up_to(p, a, n);
        return;
    }
#if defined(__AVX512F__)
    _mm512_stream_ps(p, a);
#elif defined(__AVX2__)
    _mm256_stream_ps(p, a);
#elif defined(__SSE2__)
    _mm_stream_ps(p, (__m128)a);
#else
    vf_store(p, a);
#endif
}

/* At the end of a task: what it streamed is there for other threads. */
FERNET_INLINE void finish_stream(void) {
#if defined(__AVX2__) || defined(__SSE2__)
    _mm_sfence();
#endif
}

#endif
