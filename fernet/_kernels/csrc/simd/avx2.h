/* AVX2 with FMA: 16 registers of 8 floats, masks as lanes of ones. See README.md. */
#ifndef FERNET_AVX2_H
#define FERNET_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#include "core/names.h"

#define VL 8
#define VF_REGISTERS 16
#define GEMM_ROWS 6
#define GEMM_VECTORS 2
typedef __m256 vf;
FERNET_INLINE vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
FERNET_INLINE void vf_store(float *p, vf a) { _mm256_storeu_ps(p, a); }
FERNET_INLINE vf vf_set1(float a) { return _mm256_set1_ps(a); }
FERNET_INLINE vf vf_zero(void) { return _mm256_setzero_ps(); }
FERNET_INLINE vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
FERNET_INLINE vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
FERNET_INLINE vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
FERNET_INLINE vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
FERNET_INLINE vf vf_sqrt(vf a) { return _mm256_sqrt_ps(a); }
FERNET_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
FERNET_INLINE vf vf_relu(vf a) { return _mm256_max_ps(_mm256_setzero_ps(), a); }
FERNET_INLINE vf vf_where_positive(vf y, vf a) {
    return _mm256_and_ps(_mm256_cmp_ps(y, _mm256_setzero_ps(), _CMP_GT_OQ), a);
}
/* n ones, then zeros, at lane_mask + VL - n */
static const int32_t lane_mask[2 * VL] = {-1, -1, -1, -1, -1, -1, -1, -1};
FERNET_INLINE __m256i lanes(int n) {
    return _mm256_loadu_si256((const __m256i *)(lane_mask + VL - n));
}
FERNET_INLINE vf vf_load_part(const float *p, int n) { return _mm256_maskload_ps(p, lanes(n)); }
FERNET_INLINE void vf_store_part(float *p, vf a, int n) { _mm256_maskstore_ps(p, lanes(n), a); }

typedef uint64_t vw __attribute__((vector_size(4 * VL)));
FERNET_INLINE vw vw_mul32(vw a, vw b) { return (vw)_mm256_mul_epu32((__m256i)a, (__m256i)b); }

FERNET_INLINE void vf_stream(float *p, vf a) { _mm256_stream_ps(p, a); }
FERNET_INLINE void stream_fence(void) { _mm_sfence(); }

typedef __m256 vm;
FERNET_INLINE vm vm_beats(vf candidate, vf best) {
    return _mm256_and_ps(_mm256_cmp_ps(best, best, _CMP_ORD_Q),
                         _mm256_cmp_ps(candidate, best, _CMP_NLE_UQ));
}
FERNET_INLINE vm vm_equal(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
FERNET_INLINE vf vf_select(vm mask, vf yes, vf no) { return _mm256_blendv_ps(no, yes, mask); }
FERNET_INLINE vf vf_keep(vm mask, vf a) { return _mm256_and_ps(mask, a); }
FERNET_INLINE vm vm_of_bits(uint32_t bits) {
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i set = _mm256_and_si256(_mm256_set1_epi32((int)bits), bit);
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, bit));
}
FERNET_INLINE uint32_t bits_at_least(const uint32_t *words, uint32_t threshold) {
    const __m256i w = _mm256_loadu_si256((const __m256i *)words);
    const __m256i larger = _mm256_max_epu32(w, _mm256_set1_epi32((int)threshold));
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(larger, w)));
}
FERNET_INLINE uint32_t window_codes(vm right_above, vm right_below, vm below) {
    const __m256i right = _mm256_castps_si256(vf_select(below, right_below, right_above));
    const __m256i halves = _mm256_blend_epi16(right, _mm256_castps_si256(below), 0xAA);
    const uint32_t bits = (uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(halves, halves));
    return (bits & 0xFF) | (bits >> 8 & 0xFF00); /* packed within 16 bytes, so each twice */
}
FERNET_INLINE vm windows_at(uint32_t codes, int place) {
    const __m256i shift = _mm256_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14);
    const __m256i all = _mm256_srlv_epi32(_mm256_set1_epi32((int)codes), shift);
    return _mm256_castsi256_ps(
        _mm256_cmpeq_epi32(_mm256_and_si256(all, _mm256_set1_epi32(3)), _mm256_set1_epi32(place)));
}

#endif
