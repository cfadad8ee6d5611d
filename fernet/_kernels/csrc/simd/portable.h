/* Any machine that C runs on: vectors of 4 floats, SSE2 or scalar code. See README.md.
 *
 * The macros FERNET_VL, FERNET_GEMM_ROWS and FERNET_GEMM_VECTORS ask for other shapes: those of
 * machines that are not at hand can so be tested here. */
#ifndef FERNET_PORTABLE_H
#define FERNET_PORTABLE_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef FERNET_VL
#define VL FERNET_VL
#define VF_REGISTERS (VL == 8 ? 16 : 32)
#define GEMM_ROWS FERNET_GEMM_ROWS
#define GEMM_VECTORS FERNET_GEMM_VECTORS
#else
#define VL 4
#define VF_REGISTERS 16
#define GEMM_ROWS 6
#define GEMM_VECTORS 2
#endif
#include "simd/lanes.h"

FERNET_INLINE vf vf_sqrt(vf a) {
    for (int i = 0; i < VL; i++) a[i] = __builtin_sqrtf(a[i]);
    return a;
}
FERNET_INLINE vf vf_fma(vf a, vf b, vf c) { return a * b + c; }

FERNET_INLINE void vf_stream(float *p, vf a) {
#ifdef __SSE2__
    for (int i = 0; i < VL; i += 4)
        _mm_stream_ps(p + i, (__m128){a[i], a[i + 1], a[i + 2], a[i + 3]});
#else
    vf_store(p, a);
#endif
}
FERNET_INLINE void stream_fence(void) {
#ifdef __SSE2__
    _mm_sfence();
#endif
}

#endif
