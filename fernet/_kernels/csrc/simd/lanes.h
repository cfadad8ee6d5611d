/* Vectors of VL floats that the compiler maps to what the machine has: what neon.h and portable.h
 * have in common. Both name VL, 4 or 8, before they include this. See README.md. */
#ifndef FERNET_LANES_H
#define FERNET_LANES_H

#include <stdint.h>
#include <string.h>

#include "core/names.h"

#if VL == 4
#define EACH_LANE(a) a, a, a, a
#define LANE_BITS 1, 2, 4, 8
#define LANE_UNITS 1, 4, 16, 64 /* two bits a lane */
#elif VL == 8
#define EACH_LANE(a) a, a, a, a, a, a, a, a
#define LANE_BITS 1, 2, 4, 8, 16, 32, 64, 128
#define LANE_UNITS 1, 4, 16, 64, 256, 1024, 4096, 16384
#else
#error "lanes.h has vectors of 4 and of 8 floats"
#endif

typedef float vf __attribute__((vector_size(4 * VL)));
typedef int32_t vi __attribute__((vector_size(4 * VL)));
FERNET_INLINE vf vf_load(const float *p) {
    vf a;
    memcpy(&a, p, sizeof a);
    return a;
}
FERNET_INLINE void vf_store(float *p, vf a) { memcpy(p, &a, sizeof a); }
FERNET_INLINE vf vf_set1(float a) { return (vf){EACH_LANE(a)}; }
FERNET_INLINE vf vf_zero(void) { return (vf){0}; }
FERNET_INLINE vf vf_add(vf a, vf b) { return a + b; }
FERNET_INLINE vf vf_sub(vf a, vf b) { return a - b; }
FERNET_INLINE vf vf_mul(vf a, vf b) { return a * b; }
FERNET_INLINE vf vf_div(vf a, vf b) { return a / b; }
/* !(a < 0) is true for NaN, which so passes through */
FERNET_INLINE vf vf_relu(vf a) { return (vf)((vi)a & ~(a < vf_zero())); }
FERNET_INLINE vf vf_where_positive(vf y, vf a) { return (vf)((vi)a & (y > vf_zero())); }
FERNET_INLINE vf vf_load_part(const float *p, int n) {
    vf a = vf_zero();
    memcpy(&a, p, (size_t)n * sizeof *p);
    return a;
}
FERNET_INLINE void vf_store_part(float *p, vf a, int n) { memcpy(p, &a, (size_t)n * sizeof *p); }

typedef uint64_t vw __attribute__((vector_size(4 * VL)));
FERNET_INLINE vw vw_mul32(vw a, vw b) { return (a & 0xFFFFFFFFu) * (b & 0xFFFFFFFFu); }

typedef vi vm;
FERNET_INLINE vm vm_beats(vf candidate, vf best) { return ~(candidate <= best) & (best == best); }
FERNET_INLINE vm vm_equal(vf a, vf b) { return a == b; }
FERNET_INLINE vf vf_select(vm mask, vf yes, vf no) {
    return (vf)((mask & (vi)yes) | (~mask & (vi)no));
}
FERNET_INLINE vf vf_keep(vm mask, vf a) { return (vf)(mask & (vi)a); }
FERNET_INLINE vm vm_of_bits(uint32_t bits) {
    const vi bit = {LANE_BITS}, all = {EACH_LANE((int)bits)};
    return (all & bit) == bit;
}
FERNET_INLINE uint32_t bits_at_least(const uint32_t *words, uint32_t threshold) {
    uint32_t bits = 0;
    for (int l = 0; l < VL; l++) bits |= (uint32_t)(words[l] >= threshold) << l;
    return bits;
}
FERNET_INLINE uint32_t window_codes(vm right_above, vm right_below, vm below) {
    const vi unit = {LANE_UNITS}, right = (below & right_below) | (~below & right_above);
    const vi bits = (right & unit) | (below & 2 * unit);
    uint32_t codes = 0;
    for (int l = 0; l < VL; l++) codes |= (uint32_t)bits[l];
    return codes;
}
FERNET_INLINE vm windows_at(uint32_t codes, int place) {
    const vi unit = {LANE_UNITS}, all = {EACH_LANE((int)codes)};
    return (all & 3 * unit) == place * unit;
}

#endif
