/* The second-level cache: see caches.h. */
#include "core/caches.h"

#include <stdatomic.h>

#include "core/system.h"

enum { USUAL_L2 = 1 << 20 };

static atomic_llong known; /* 0 before the first question */

static int64_t within_reason(int64_t bytes) {
    return bytes < FERNET_LEAST_L2     ? FERNET_LEAST_L2
           : bytes > FERNET_LARGEST_L2 ? FERNET_LARGEST_L2
                                       : bytes;
}

static int64_t find_l2(void) {
    const int64_t bytes = system_l2_bytes();
    return bytes > 0 ? within_reason(bytes) : USUAL_L2;
}

int64_t fernet_l2_bytes(void) {
    long long bytes = atomic_load(&known);
    if (bytes == 0) {
        bytes = find_l2();
        atomic_store(&known, bytes);
    }
    return bytes;
}

int fernet_set_l2_bytes(int64_t bytes) {
    if (bytes != within_reason(bytes)) return -1;
    atomic_store(&known, bytes);
    return 0;
}
