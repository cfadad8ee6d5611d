/* Vectors of VL floats, in the words of the instruction set that is compiled for: see README.md. */
#ifndef FERNET_SIMD_H
#define FERNET_SIMD_H

#include <stdint.h>
#include <string.h>

#include "core/names.h"

#if defined(FERNET_PORTABLE)
#include "simd/portable.h"
#elif defined(__AVX512F__)
#include "simd/avx512.h"
#elif defined(__AVX2__)
#include "simd/avx2.h"
#elif defined(__aarch64__)
#include "simd/neon.h"
#else
#include "simd/portable.h"
#endif

FERNET_INLINE vf vf_load_up_to(const float *p, int n) {
    return n >= VL ? vf_load(p) : vf_load_part(p, n);
}
FERNET_INLINE void vf_store_up_to(float *p, vf a, int n) {
    if (n >= VL)
        vf_store(p, a);
    else
        vf_store_part(p, a, n);
}

#endif
