/* Denormal numbers count as zero while parameters are updated: arithmetic on them takes some
 * processors tens of times as long, and moments that fade away end there.
 *
 * A task of an update flushes operands and results, on whichever thread it runs and with every
 * instruction set of a machine that can: x86-64 (FTZ and DAZ) and 64-bit ARM (FZ). Then the thread
 * is as it was. */
#ifndef FERNET_DENORMALS_H
#define FERNET_DENORMALS_H

#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
enum { FLUSH_TO_ZERO = 1 << 15, DENORMALS_ARE_ZERO = 1 << 6 };
static inline uint64_t flush_denormals(void) {
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
    return before;
}
static inline void restore_denormals(uint64_t before) { _mm_setcsr((unsigned)before); }
#elif defined(__aarch64__)
enum { FLUSH_TO_ZERO = 1 << 24 };
static inline void restore_denormals(uint64_t before) {
    __asm__ volatile("msr fpcr, %0" : : "r"(before) : "memory");
}
static inline uint64_t flush_denormals(void) {
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before) : : "memory");
    restore_denormals(before | FLUSH_TO_ZERO);
    return before;
}
#else
static inline uint64_t flush_denormals(void) { return 0; }
static inline void restore_denormals(uint64_t before) { (void)before; }
#endif

#endif
