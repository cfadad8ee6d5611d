/* How large a core's second-level cache is: blocks that only speed depends on follow it. */
#ifndef FERNET_CACHES_H
#define FERNET_CACHES_H

#include <stdint.h>

#include "core/visibility.h"

enum { FERNET_LEAST_L2 = 128 << 10, FERNET_LARGEST_L2 = 16 << 20 };

/* Bytes: what was set, else what the system or the processor says, within reason, else 1 MiB. */
FERNET_API int64_t fernet_l2_bytes(void);
/* What an x86 processor itself says, whatever the system; 0 on others. */
FERNET_API int64_t fernet_cpuid_l2_bytes(void);
/* Returns 0, or -1 and changes nothing where it is less than the least or more than the largest. */
FERNET_API int fernet_set_l2_bytes(int64_t bytes);

#endif
