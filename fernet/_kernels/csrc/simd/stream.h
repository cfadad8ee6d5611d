/* Stores that go past the caches.
 *
 * A plain store first reads the line that it is about to overwrite. An output larger than the
 * caches would not be found there by its reader anyway, so both that read and the space it takes
 * are saved: the time of a kernel that memory paces falls by a third or more. */
#ifndef FERNET_STREAM_H
#define FERNET_STREAM_H

#include "simd/simd.h"

enum { STREAM_FLOATS = 4 << 20 }; /* 16 MiB: half of a common third-level cache */

/* Whether rows of `row` floats, `size` in all, are streamed: each row begins with a vector. */
static inline int should_stream(const float *out, int64_t size, int64_t row) {
    return size >= STREAM_FLOATS && row % VL == 0 && (uintptr_t)out % sizeof(vf) == 0;
}

FERNET_INLINE void vf_put(float *p, vf a, int n, int stream) {
    if (stream && n >= VL)
        vf_stream(p, a);
    else
        vf_store_up_to(p, a, n);
}

/* At the end of a task: what it streamed is there for other threads. */
FERNET_INLINE void finish_stream(void) { stream_fence(); }

#endif
