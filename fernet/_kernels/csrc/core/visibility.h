/* What the shared library shows: the dispatched kernels and the pool's size. */
#ifndef FERNET_VISIBILITY_H
#define FERNET_VISIBILITY_H

#include <stdlib.h> /* defines __GLIBC__ */

#if defined(_WIN32)
#ifdef FERNET_BUILDS_KERNELS
#define FERNET_API __declspec(dllexport)
#else
#define FERNET_API __declspec(dllimport)
#endif
#define FERNET_LOCAL
#else
#define FERNET_API __attribute__((visibility("default")))
#define FERNET_LOCAL __attribute__((visibility("hidden")))
#endif

/* A few bytes of each thread's own. glibc would look for them when they are first touched, and end
 * the process where memory is out; so each thread has them from its beginning. */
#ifdef __GLIBC__
#define FERNET_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define FERNET_THREAD_LOCAL _Thread_local
#endif

#endif
