#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- memory -------------------------------------------------------------------------------- */

enum { MAX_ARRAYS = 4096 };
static void *arrays[MAX_ARRAYS];
static int n_arrays;

static void *zeroed(int64_t bytes) {
    void *memory = calloc((size_t)bytes + 1, 1);
    if (memory == NULL || n_arrays == MAX_ARRAYS) {
        printf("out of memory\n");
        exit(2);
    }
    return arrays[n_arrays++] = memory;
}

float *zeros(int64_t count) { return zeroed(count * (int64_t)sizeof(float)); }
double *zeros_double(int64_t count) { return zeroed(count * (int64_t)sizeof(double)); }
uint8_t *zeros_bytes(int64_t count) { return zeroed(count); }

void check_free_all(void) {
    while (n_arrays > 0) free(arrays[--n_arrays]);
}

/* -- numbers ------------------------------------------------------------------------------- */

static uint64_t state; /* of Marsaglia's xorshift */

static const uint32_t FNV_BASIS = 2166136261u, FNV_PRIME = 16777619u;
static uint32_t fingerprint, all;

void start_numbers(void) {
    state = 88172645463325252u;
    all = FNV_BASIS;
}
uint32_t fingerprint_of_all(void) { return all; }

static uint32_t next_word(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32);
}

uint32_t whole(uint32_t below) { return next_word() % below; }

float *uniform(int64_t count) {
    float *values = zeros(count);
    for (int64_t i = 0; i < count; i++) values[i] = (float)(next_word() >> 8) / 8388608.0f - 1.0f;
    return values;
}

/* -- comparison ---------------------------------------------------------------------------- */

static const char *current;
static double worst;
static int n_failures;

void end_families(void) {
    if (current != NULL) printf("  %-22s error %.1e  bits %08x\n", current, worst, fingerprint);
    current = NULL;
}

void family(const char *name) {
    end_families();
    current = name;
    worst = 0;
    fingerprint = FNV_BASIS;
}

/* FNV-1a */
static void add_to_fingerprint(const void *memory, int64_t bytes) {
    const uint8_t *byte = memory;
    for (int64_t i = 0; i < bytes; i++) {
        fingerprint = (fingerprint ^ byte[i]) * FNV_PRIME;
        all = (all ^ byte[i]) * FNV_PRIME;
    }
}

static void fail(const char *what) {
    n_failures++;
    printf("  FAILED: %s: %s\n", current == NULL ? "driver" : current, what);
}

static double root_mean_square(const double *values, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += values[i] * values[i];
    return count > 0 ? sqrt(sum / (double)count) : 0;
}

void expect_close(const char *what, const float *actual, const double *expected, int64_t count,
                  double tolerance) {
    const double scale = root_mean_square(expected, count) + 1e-30;
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        const double error = fabs((double)actual[i] - expected[i]) / scale;
        if (!(error <= largest)) largest = error; /* NaN stays */
    }
    add_to_fingerprint(actual, count * (int64_t)sizeof *actual);
    if (!(largest <= worst)) worst = largest;
    if (!(largest <= tolerance)) fail(what);
}

void expect_value(const char *what, double actual, double expected, double tolerance) {
    const double error = fabs(actual - expected) / (fabs(expected) + 1e-30);
    add_to_fingerprint(&actual, sizeof actual);
    if (!(error <= worst)) worst = error;
    if (!(error <= tolerance)) fail(what);
}

void expect(const char *what, int truth) {
    if (!truth) fail(what);
}

int failures(void) { return n_failures; }
