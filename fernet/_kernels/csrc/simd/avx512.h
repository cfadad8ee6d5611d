/* AVX-512: 32 registers of 16 floats, masks in registers of their own. See README.md. */
#ifndef FERNET_AVX512_H
#define FERNET_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#include "core/names.h"

#define VL 16
#define VF_REGISTERS 32
#define GEMM_ROWS 12
#define GEMM_VECTORS 2
typedef __m512 vf;
FERNET_INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
FERNET_INLINE void vf_store(float *p, vf a) { _mm512_storeu_ps(p, a); }
FERNET_INLINE vf vf_set1(float a) { return _mm512_set1_ps(a); }
FERNET_INLINE vf vf_zero(void) { return _mm512_setzero_ps(); }
FERNET_INLINE vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
FERNET_INLINE vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
FERNET_INLINE vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
FERNET_INLINE vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
FERNET_INLINE vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }
FERNET_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
/* the second operand of maxps is returned when either is NaN, so NaN passes through */
FERNET_INLINE vf vf_relu(vf a) { return _mm512_max_ps(_mm512_setzero_ps(), a); }
/* a where y > 0, else 0 */
FERNET_INLINE vf vf_where_positive(vf y, vf a) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_GT_OQ), a);
}
FERNET_INLINE vf vf_load_part(const float *p, int n) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
FERNET_INLINE void vf_store_part(float *p, vf a, int n) {
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), a);
}

typedef uint64_t vw __attribute__((vector_size(4 * VL)));
FERNET_INLINE vw vw_mul32(vw a, vw b) { return (vw)_mm512_mul_epu32((__m512i)a, (__m512i)b); }

FERNET_INLINE void vf_stream(float *p, vf a) { _mm512_stream_ps(p, a); }
FERNET_INLINE void stream_fence(void) { _mm_sfence(); }

typedef __mmask16 vm;
/* candidate > best, or a NaN where there was none: the first maximum stays, and so does a NaN */
FERNET_INLINE vm vm_beats(vf candidate, vf best) {
    return _mm512_mask_cmp_ps_mask(_mm512_cmp_ps_mask(best, best, _CMP_ORD_Q), candidate, best,
                                   _CMP_NLE_UQ);
}
FERNET_INLINE vm vm_equal(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
FERNET_INLINE vf vf_select(vm mask, vf yes, vf no) { return _mm512_mask_blend_ps(mask, no, yes); }
FERNET_INLINE vf vf_keep(vm mask, vf a) { return _mm512_maskz_mov_ps(mask, a); }
FERNET_INLINE vm vm_of_bits(uint32_t bits) { return (vm)bits; }
FERNET_INLINE uint32_t bits_at_least(const uint32_t *words, uint32_t threshold) {
    return _mm512_cmpge_epu32_mask(_mm512_loadu_si512(words), _mm512_set1_epi32((int)threshold));
}
/* a lane's halves carry its two bits as their signs */
FERNET_INLINE uint32_t window_codes(vm right_above, vm right_below, vm below) {
    const __m512i right = _mm512_set1_epi32(0x8000), both = _mm512_set1_epi32((int)0x80008000u);
    const __m512i above = _mm512_maskz_mov_epi32(right_above, right);
    const __m512i under = _mm512_mask_mov_epi32(_mm512_set1_epi32(INT32_MIN), right_below, both);
    return _mm512_movepi16_mask(_mm512_mask_mov_epi32(above, below, under));
}
/* lanes whose window has its maximum at `place` */
FERNET_INLINE vm windows_at(uint32_t codes, int place) {
    const __m512i shift =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i all = _mm512_srlv_epi32(_mm512_set1_epi32((int)codes), shift);
    return _mm512_cmpeq_epi32_mask(_mm512_and_si512(all, _mm512_set1_epi32(3)),
                                   _mm512_set1_epi32(place));
}

#endif
