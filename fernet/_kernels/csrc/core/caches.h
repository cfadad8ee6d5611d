/* How large a core's second-level cache is: blocks that only speed depends on follow it. */
#ifndef FERNET_CACHES_H
#define FERNET_CACHES_H

#include <stdint.h>

#include "core/visibility.h"

/* Bytes: what the environment variable FERNET_L2_BYTES says, else the system, else 1 MiB. */
FERNET_API int64_t fernet_l2_bytes(void);

#endif
