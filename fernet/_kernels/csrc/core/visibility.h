/* What the shared library shows: the dispatched kernels and the pool's size. */
#ifndef FERNET_VISIBILITY_H
#define FERNET_VISIBILITY_H

#define FERNET_API __attribute__((visibility("default")))
#define FERNET_LOCAL __attribute__((visibility("hidden")))

#endif
