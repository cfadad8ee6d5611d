/* A number that tells whether anything in an array has changed.
 *
 * A polynomial in an odd factor, modulo 2^64: as such a factor has an inverse, a single word that
 * changes always changes the sum, and so do two that change places. */
#include "core/chunks.h"
#include "core/kernels.h"
#include "core/sizes.h"
#include "core/threads.h"
#include "simd/simd.h"

#define FACTOR UINT64_C(0x9E3779B97F4A7C15)

enum {
    SIDE_BY_SIDE = VL >= 8 ? 32 : 8, /* sums, as a multiplication takes longer than its turn */
    MOST_PARTS = 256
};

struct words {
    const uint32_t *x;
    int64_t size, part; /* words in all, and of a task */
    uint64_t sums[MOST_PARTS];
};

static uint64_t power(uint64_t base, int64_t exponent) {
    uint64_t result = 1;
    for (; exponent > 0; exponent /= 2, base *= base)
        if (exponent % 2) result *= base;
    return result;
}

/* The sum over a part, as if it began the array: from its end on, SIDE_BY_SIDE words at a time. */
static void sum_part(void *context, int64_t index) {
    struct words *w = context;
    const uint32_t *x = w->x + index * w->part;
    const int64_t n = min64(w->part, w->size - index * w->part);
    const uint64_t step = power(FACTOR, SIDE_BY_SIDE);
    int64_t i = n - n % SIDE_BY_SIDE;
    uint64_t sums[SIDE_BY_SIDE] = {0}, sum = 0;
    for (int64_t k = i; k < n; k++) sums[k - i] = x[k];
    while ((i -= SIDE_BY_SIDE) >= 0)
        for (int l = 0; l < SIDE_BY_SIDE; l++) sums[l] = sums[l] * step + x[i + l];
    for (int l = SIDE_BY_SIDE - 1; l >= 0; l--) sum = sum * FACTOR + sums[l];
    w->sums[index] = sum;
}

uint64_t FERNET_FN(checksum)(const uint32_t *x, int64_t size) {
    struct words w = {.x = x, .size = size};
    w.part = round_up(max64(CHUNK, ceil_div(size, MOST_PARTS)), SIDE_BY_SIDE);
    const int64_t n = ceil_div(size, w.part);
    const uint64_t step = power(FACTOR, w.part);
    uint64_t sum = 0;
    fernet_parallel_for(n, sum_part, &w);
    for (int64_t k = n - 1; k >= 0; k--) sum = sum * step + w.sums[k];
    return sum;
}
