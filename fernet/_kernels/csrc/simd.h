/* Vectors of VL floats, in the words of each instruction set.
 *
 * Every kernel file is written once on these and compiled once per instruction set, with
 * FERNET_ISA naming the set: fernet_relu_forward becomes fernet_relu_forward__avx2. Multiply-adds
 * are written out (vf_fma), and the compiler is told not to make its own, so that an element's bits
 * do not depend on which lane, tile or tail it falls into. */
#ifndef FERNET_SIMD_H
#define FERNET_SIMD_H

#include <stdint.h>
#include <string.h>

#define FERNET_PASTE_(name, isa) fernet_##name##__##isa
#define FERNET_PASTE(name, isa) FERNET_PASTE_(name, isa)
#define FERNET_FN(name) FERNET_PASTE(name, FERNET_ISA)

#define FERNET_INLINE static inline __attribute__((always_inline))

/* Before a loop over a small array of vectors, so that nothing is left of the loop: one that stays
 * indexes the array, and the compiler then keeps it on the stack and not in registers. */
#define UNROLLED _Pragma("GCC unroll 16")

/* Floats a vector; rows and vectors of the GEMM's tile (gemm.c): as many accumulators as the
 * registers hold beside the operands. */
#if defined(__AVX512F__)
#include <immintrin.h>
#define VL 16
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

#elif defined(__AVX2__)
#include <immintrin.h>
#define VL 8
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

#else /* vectors of 16 bytes that the compiler maps: SSE2, NEON or scalar code */
#define VL 4
#if defined(__aarch64__)
#include <arm_neon.h>
#define GEMM_ROWS 8
#define GEMM_VECTORS 3
#else
#define GEMM_ROWS 6
#define GEMM_VECTORS 2
#endif
typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
FERNET_INLINE vf vf_load(const float *p) {
    vf a;
    memcpy(&a, p, sizeof a);
    return a;
}
FERNET_INLINE void vf_store(float *p, vf a) { memcpy(p, &a, sizeof a); }
FERNET_INLINE vf vf_set1(float a) { return (vf){a, a, a, a}; }
FERNET_INLINE vf vf_zero(void) { return (vf){0, 0, 0, 0}; }
FERNET_INLINE vf vf_add(vf a, vf b) { return a + b; }
FERNET_INLINE vf vf_sub(vf a, vf b) { return a - b; }
FERNET_INLINE vf vf_mul(vf a, vf b) { return a * b; }
FERNET_INLINE vf vf_div(vf a, vf b) { return a / b; }
#if defined(__aarch64__)
FERNET_INLINE vf vf_sqrt(vf a) { return (vf)vsqrtq_f32((float32x4_t)a); }
FERNET_INLINE vf vf_fma(vf a, vf b, vf c) {
    return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
#else
FERNET_INLINE vf vf_sqrt(vf a) {
    for (int i = 0; i < VL; i++) a[i] = __builtin_sqrtf(a[i]);
    return a;
}
FERNET_INLINE vf vf_fma(vf a, vf b, vf c) { return a * b + c; }
#endif
/* !(a < 0) is true for NaN, which so passes through */
FERNET_INLINE vf vf_relu(vf a) { return (vf)((vi)a & ~(a < vf_zero())); }
FERNET_INLINE vf vf_where_positive(vf y, vf a) { return (vf)((vi)a & (y > vf_zero())); }
FERNET_INLINE vf vf_load_part(const float *p, int n) {
    vf a = vf_zero();
    memcpy(&a, p, (size_t)n * sizeof *p);
    return a;
}
FERNET_INLINE void vf_store_part(float *p, vf a, int n) { memcpy(p, &a, (size_t)n * sizeof *p); }
#endif

/* Whole numbers of 64 bits, VL / 2 a vector. */
typedef uint64_t vw __attribute__((vector_size(4 * VL)));

/* product of the lower halves: 32 x 32 -> 64 bits */
FERNET_INLINE vw vw_mul32(vw a, vw b) {
#if defined(__AVX512F__)
    return (vw)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (vw)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#else
    return (a & 0xFFFFFFFFu) * (b & 0xFFFFFFFFu);
#endif
}

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
