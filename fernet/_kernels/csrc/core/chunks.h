/* Flat arrays cut into chunks of a fixed size, one task each.
 *
 * The chunk does not depend on the number of threads; sums over an array add the chunks' sums in
 * order, so their bits do not either. */
#ifndef FERNET_CHUNKS_H
#define FERNET_CHUNKS_H

#include <stdint.h>

#include "core/threads.h"

enum { CHUNK = 4096 }; /* floats: 16 KiB an array, about a microsecond of work */

static inline int64_t n_chunks(int64_t size) { return (size + CHUNK - 1) / CHUNK; }

static inline int64_t chunk_end(int64_t chunk, int64_t size) {
    const int64_t end = (chunk + 1) * CHUNK;
    return end < size ? end : size;
}

#endif
