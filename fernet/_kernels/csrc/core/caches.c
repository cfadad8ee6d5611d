/* The second-level cache: see caches.h. */
#include "core/caches.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "core/system.h"

enum { USUAL_L2 = 1 << 20, LEAST_L2 = 128 << 10, LARGEST_L2 = 16 << 20 };

static int64_t within_reason(int64_t bytes) {
    return bytes < LEAST_L2 ? LEAST_L2 : bytes > LARGEST_L2 ? LARGEST_L2 : bytes;
}

static int64_t find_l2(void) {
    const char *text = getenv("FERNET_L2_BYTES");
    if (text != NULL && *text != '\0') {
        char *end;
        const long long bytes = strtoll(text, &end, 10);
        if (*end == '\0' && bytes > 0) return within_reason(bytes);
    }
    const int64_t bytes = system_l2_bytes();
    return bytes > 0 ? within_reason(bytes) : USUAL_L2;
}

int64_t fernet_l2_bytes(void) {
    static atomic_llong known;
    long long bytes = atomic_load(&known);
    if (bytes == 0) {
        bytes = find_l2();
        atomic_store(&known, bytes);
    }
    return bytes;
}
