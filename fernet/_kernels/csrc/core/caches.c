/* The second-level cache: see caches.h. */
#include "core/caches.h"

#include <stdatomic.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "core/system.h"

enum { USUAL_L2 = 1 << 20 };

static atomic_llong known; /* 0 before the first question */

static int64_t within_reason(int64_t bytes) {
    return bytes < FERNET_LEAST_L2     ? FERNET_LEAST_L2
           : bytes > FERNET_LARGEST_L2 ? FERNET_LARGEST_L2
                                       : bytes;
}

int64_t fernet_cpuid_l2_bytes(void) {
#ifdef __x86_64__
    unsigned eax, ebx, ecx = 0, edx;
    if (__get_cpuid(0x80000006, &eax, &ebx, &ecx, &edx)) return (int64_t)(ecx >> 16) * 1024;
#endif
    return 0;
}

/* Windows, musl and macOS say nothing of it. */
static int64_t find_l2(void) {
    int64_t bytes = system_l2_bytes();
    if (bytes <= 0) bytes = fernet_cpuid_l2_bytes();
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
