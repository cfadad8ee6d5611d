/* Philox4x32-10: random words that are a function of (seed, step, layer, position).
 *
 * Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011. Several counters at a
 * time, lane by lane, in loops that the compiler turns into vectors. */
#ifndef FERNET_PHILOX_H
#define FERNET_PHILOX_H

#include <stdint.h>

enum { PHILOX_LANES = 16, PHILOX_WORDS = 4 * PHILOX_LANES };

struct philox {
    uint64_t seed, step;
    uint32_t layer;
};

/* words[4 l + j] = word j of block first_block + l */
static inline void philox_words(uint32_t words[restrict PHILOX_WORDS], const struct philox *stream,
                                uint64_t first_block) {
    uint32_t c0[PHILOX_LANES], c1[PHILOX_LANES], c2[PHILOX_LANES], c3[PHILOX_LANES];
    for (int l = 0; l < PHILOX_LANES; l++) {
        const uint64_t block = first_block + (uint64_t)l;
        c0[l] = (uint32_t)block;
        c1[l] = (stream->layer & 0xFFFFu) | ((uint32_t)(block >> 32) << 16);
        c2[l] = (uint32_t)stream->step;
        c3[l] = (uint32_t)(stream->step >> 32);
    }
    uint32_t k0 = (uint32_t)stream->seed, k1 = (uint32_t)(stream->seed >> 32);
    for (int round = 0; round < 10; round++) {
        for (int l = 0; l < PHILOX_LANES; l++) {
            const uint64_t p0 = (uint64_t)0xD2511F53u * c0[l], p1 = (uint64_t)0xCD9E8D57u * c2[l];
            c0[l] = (uint32_t)(p1 >> 32) ^ c1[l] ^ k0;
            c1[l] = (uint32_t)p1;
            c2[l] = (uint32_t)(p0 >> 32) ^ c3[l] ^ k1;
            c3[l] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int l = 0; l < PHILOX_LANES; l++) {
        words[4 * l] = c0[l];
        words[4 * l + 1] = c1[l];
        words[4 * l + 2] = c2[l];
        words[4 * l + 3] = c3[l];
    }
}

#endif
