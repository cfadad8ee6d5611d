/* What a thread's arithmetic follows beside the program: how it rounds, and what denormals are to
 * it.
 *
 * A thread has it from the one that started it, and a program or a library that it loads may change
 * it at any time (-ffast-math does). So a worker takes it from its caller: else bits would depend
 * on who runs a task. */
#ifndef FERNET_ARITHMETIC_H
#define FERNET_ARITHMETIC_H

#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
enum { ARITHMETIC_CONTROL = 0xFFC0 }; /* the other bits tell what has happened */
static inline uint64_t arithmetic_mode(void) { return _mm_getcsr() & ARITHMETIC_CONTROL; }
static inline void take_arithmetic_mode(uint64_t mode) {
    if (arithmetic_mode() != mode) _mm_setcsr((unsigned)mode);
}
#elif defined(__aarch64__)
static inline uint64_t arithmetic_mode(void) {
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode) : : "memory");
    return mode;
}
static inline void take_arithmetic_mode(uint64_t mode) {
    if (arithmetic_mode() != mode) __asm__ volatile("msr fpcr, %0" : : "r"(mode) : "memory");
}
#else
static inline uint64_t arithmetic_mode(void) { return 0; }
static inline void take_arithmetic_mode(uint64_t mode) { (void)mode; }
#endif

#endif
