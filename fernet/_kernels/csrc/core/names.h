/* Names and inlining of what is compiled once for each instruction set.
 *
 * FERNET_ISA names the set that is compiled for: FERNET_FN(relu_forward) becomes
 * fernet_relu_forward__avx2. */
#ifndef FERNET_NAMES_H
#define FERNET_NAMES_H

#define FERNET_PASTE_(name, isa) fernet_##name##__##isa
#define FERNET_PASTE(name, isa) FERNET_PASTE_(name, isa)
#define FERNET_FN(name) FERNET_PASTE(name, FERNET_ISA)

#define FERNET_INLINE static inline __attribute__((always_inline))
#define FERNET_NOINLINE static __attribute__((noinline))

/* For a loop over a small array of vectors, so that nothing is left of the loop: one that stays
 * indexes the array, and the compiler then keeps it on the stack and not in registers. */
#define UNROLLED_FOR _Pragma("GCC unroll 16") for

#endif
