/* The largest of four vectors, lane by lane, and where it stood: two bits a lane.
 *
 * The codes of VL windows are 2 VL bits, the first lane's lowest, so that windows lie in memory
 * four a byte for every VL. A comparison's result is a mask register (AVX-512) or lanes of ones. */
#ifndef FERNET_WINDOW_MAXIMUM_H
#define FERNET_WINDOW_MAXIMUM_H

#include "simd/simd.h"

enum { TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT };

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
