/* Philox4x32-10: random words that are a function of (seed, step, layer, position).
 *
 * Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011. Each 32-bit word of a
 * counter sits in a 64-bit lane, whose upper half the multiplication ignores: a round is two
 * products, two shifts and four exclusive-ors for VL / 2 counters at a time. */
#ifndef FERNET_PHILOX_H
#define FERNET_PHILOX_H

#include <stdint.h>
#include <string.h>

#include "simd/simd.h"

enum { PHILOX_LANES = VL / 2, PHILOX_WORDS = 64 };

struct philox {
    uint64_t seed, step;
    uint32_t layer;
};

/* PHILOX_LANES blocks from first_block on: words[4 l + j] = word j of block first_block + l */
FERNET_INLINE void philox_blocks(uint32_t *words, const struct philox *stream,
                                 uint64_t first_block) {
    const vw zero = {0}, low = zero + 0xFFFFFFFFu;
    const vw m0 = zero + 0xD2511F53u, m1 = zero + 0xCD9E8D57u;
    vw block = zero + first_block;
    for (int l = 0; l < PHILOX_LANES; l++) block[l] += (uint64_t)l;
    vw c0 = block & low;
    vw c1 = (zero + (stream->layer & 0xFFFFu)) | (block >> 32 << 16 & low);
    vw c2 = zero + (uint32_t)stream->step, c3 = zero + (stream->step >> 32);
    uint32_t k0 = (uint32_t)stream->seed, k1 = (uint32_t)(stream->seed >> 32);
    for (int round = 0; round < 10; round++) {
        const vw p0 = vw_mul32(c0, m0), p1 = vw_mul32(c2, m1);
        c0 = p1 >> 32 ^ c1 ^ (zero + k0);
        c1 = p1;
        c2 = p0 >> 32 ^ c3 ^ (zero + k1);
        c3 = p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    const vw first = (c0 & low) | c1 << 32, second = (c2 & low) | c3 << 32;
    for (int l = 0; l < PHILOX_LANES; l++) {
        const uint64_t pair[2] = {first[l], second[l]}; /* little-endian: words 0, 1 and 2, 3 */
        memcpy(words + 4 * l, pair, sizeof pair);
    }
}

/* PHILOX_WORDS words, the first of them word 0 of first_block */
static inline void philox_words(uint32_t words[PHILOX_WORDS], const struct philox *stream,
                                uint64_t first_block) {
    for (int w = 0; w < PHILOX_WORDS; w += 4 * PHILOX_LANES)
        philox_blocks(words + w, stream, first_block + (uint64_t)w / 4);
}

#endif
