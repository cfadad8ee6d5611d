/* The largest of four vectors, lane by lane, and where it stood: two bits a lane.
 *
 * The codes of VL windows are 2 VL bits, the first lane's lowest, so that windows lie in memory four
 * a byte for every VL. A comparison's result is a mask register (AVX-512) or lanes of ones. */
#ifndef FERNET_WINDOWS_H
#define FERNET_WINDOWS_H

#include "simd.h"

enum { TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT };

#if defined(__AVX512F__)
typedef __mmask16 vm;
/* candidate > best, or a NaN where there was none: the first maximum stays, and so does a NaN */
FERNET_INLINE vm vm_beats(vf candidate, vf best) {
    return _mm512_mask_cmp_ps_mask(_mm512_cmp_ps_mask(best, best, _CMP_ORD_Q), candidate, best,
                                   _CMP_NLE_UQ);
}
FERNET_INLINE vm vm_equal(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
FERNET_INLINE vf vf_select(vm mask, vf yes, vf no) { return _mm512_mask_blend_ps(mask, no, yes); }
FERNET_INLINE vf vf_keep(vm mask, vf a) { return _mm512_maskz_mov_ps(mask, a); }
/* a lane's halves carry its two bits as their signs */
FERNET_INLINE uint32_t window_codes(vm right_above, vm right_below, vm below) {
    const __m512i right = _mm512_set1_epi32(0x8000), both = _mm512_set1_epi32((int)0x80008000u);
    const __m512i above = _mm512_maskz_mov_epi32(right_above, right);
    const __m512i under = _mm512_mask_mov_epi32(_mm512_set1_epi32(INT32_MIN), right_below, both);
    return _mm512_movepi16_mask(_mm512_mask_mov_epi32(above, below, under));
}
/* lanes whose window has its maximum at `place` */
FERNET_INLINE vm windows_at(uint32_t codes, int place) {
    const __m512i shift = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i all = _mm512_srlv_epi32(_mm512_set1_epi32((int)codes), shift);
    return _mm512_cmpeq_epi32_mask(_mm512_and_si512(all, _mm512_set1_epi32(3)),
                                   _mm512_set1_epi32(place));
}

#elif defined(__AVX2__)
typedef __m256 vm;
FERNET_INLINE vm vm_beats(vf candidate, vf best) {
    return _mm256_and_ps(_mm256_cmp_ps(best, best, _CMP_ORD_Q),
                         _mm256_cmp_ps(candidate, best, _CMP_NLE_UQ));
}
FERNET_INLINE vm vm_equal(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
FERNET_INLINE vf vf_select(vm mask, vf yes, vf no) { return _mm256_blendv_ps(no, yes, mask); }
FERNET_INLINE vf vf_keep(vm mask, vf a) { return _mm256_and_ps(mask, a); }
FERNET_INLINE uint32_t window_codes(vm right_above, vm right_below, vm below) {
    const __m256i right = _mm256_castps_si256(vf_select(below, right_below, right_above));
    const __m256i halves = _mm256_blend_epi16(right, _mm256_castps_si256(below), 0xAA);
    const uint32_t bits = (uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(halves, halves));
    return (bits & 0xFF) | (bits >> 8 & 0xFF00); /* packed within 16 bytes, so each twice */
}
FERNET_INLINE vm windows_at(uint32_t codes, int place) {
    const __m256i shift = _mm256_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14);
    const __m256i all = _mm256_srlv_epi32(_mm256_set1_epi32((int)codes), shift);
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(all, _mm256_set1_epi32(3)),
                                                  _mm256_set1_epi32(place)));
}

#else
typedef vi vm;
FERNET_INLINE vm vm_beats(vf candidate, vf best) { return ~(candidate <= best) & (best == best); }
FERNET_INLINE vm vm_equal(vf a, vf b) { return a == b; }
FERNET_INLINE vf vf_select(vm mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
FERNET_INLINE vf vf_keep(vm mask, vf a) { return (vf)(mask & (vi)a); }
FERNET_INLINE uint32_t window_codes(vm right_above, vm right_below, vm below) {
    const vi right = (below & right_below) | (~below & right_above);
    const vi bits = (right & (vi){1, 4, 16, 64}) | (below & (vi){2, 8, 32, 128});
    return (uint32_t)(bits[0] | bits[1] | bits[2] | bits[3]);
}
FERNET_INLINE vm windows_at(uint32_t codes, int place) {
    const vi all = (vi){(int)codes, (int)codes, (int)codes, (int)codes} & (vi){3, 12, 48, 192};
    return all == (vi){place, 4 * place, 16 * place, 64 * place};
}
#endif

struct maximum {
    vf value;
    uint32_t codes;
};

FERNET_INLINE struct maximum maximum_of_4(vf a, vf b, vf d, vf e) {
    const vm right_above = vm_beats(b, a), right_below = vm_beats(e, d);
    const vf top = vf_select(right_above, b, a), bottom = vf_select(right_below, e, d);
    const vm lower = vm_beats(bottom, top);
    return (struct maximum){vf_select(lower, bottom, top),
                            window_codes(right_above, right_below, lower)};
}

/* The codes of VL windows, which begin with a byte. */
FERNET_INLINE void store_codes(uint8_t *out, uint32_t codes) {
    for (int byte = 0; byte < VL / 4; byte++) out[byte] = (uint8_t)(codes >> 8 * byte);
}

/* Codes in a row, in and out of bytes. A row of windows need not begin with a byte; what is handed
 * to one task does. */
struct code_writer {
    uint8_t *out;
    uint64_t bits;
    int n_bits;
};

FERNET_INLINE void write_codes(struct code_writer *writer, uint32_t codes, int n_windows) {
    writer->bits |= (uint64_t)codes << writer->n_bits;
    writer->n_bits += 2 * n_windows;
    if (writer->n_bits < 32) return;
    for (int byte = 0; byte < 4; byte++) writer->out[byte] = (uint8_t)(writer->bits >> 8 * byte);
    writer->out += 4;
    writer->bits >>= 32;
    writer->n_bits -= 32;
}

static inline void finish_codes(struct code_writer *writer) {
    for (; writer->n_bits > 0; writer->n_bits -= 8, writer->bits >>= 8)
        *writer->out++ = (uint8_t)writer->bits;
}

struct code_reader {
    const uint8_t *in, *end;
    uint64_t bits;
    int n_bits;
};

FERNET_INLINE uint32_t read_codes(struct code_reader *reader, int n_windows) {
    const int n_bits = 2 * n_windows;
    if (reader->n_bits < n_bits && reader->end - reader->in >= 4) {
        uint32_t next = 0;
        for (int byte = 0; byte < 4; byte++) next |= (uint32_t)reader->in[byte] << 8 * byte;
        reader->bits |= (uint64_t)next << reader->n_bits;
        reader->in += 4;
        reader->n_bits += 32;
    }
    for (; reader->n_bits < n_bits; reader->n_bits += 8)
        reader->bits |= (uint64_t)*reader->in++ << reader->n_bits;
    const uint32_t codes = (uint32_t)(reader->bits & ((UINT64_C(1) << n_bits) - 1));
    reader->bits >>= n_bits;
    reader->n_bits -= n_bits;
    return codes;
}

#endif
