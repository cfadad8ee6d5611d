/* NEON: 32 registers of 4 floats. See README.md. */
#ifndef FERNET_NEON_H
#define FERNET_NEON_H

#include <arm_neon.h>

#define VL 4
#define VF_REGISTERS 32
#define GEMM_ROWS 8
#define GEMM_VECTORS 3
#include "simd/lanes.h"

FERNET_INLINE vf vf_sqrt(vf a) { return (vf)vsqrtq_f32((float32x4_t)a); }
FERNET_INLINE vf vf_fma(vf a, vf b, vf c) {
    return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}

FERNET_INLINE void vf_stream(float *p, vf a) { vf_store(p, a); }
FERNET_INLINE void stream_fence(void) {}

#endif
