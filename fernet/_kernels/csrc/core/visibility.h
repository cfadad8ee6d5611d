/* What the shared library shows: the dispatched kernels and the pool's size. */
#ifndef FERNET_VISIBILITY_H
#define FERNET_VISIBILITY_H

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

#endif
