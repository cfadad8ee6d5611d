/* Numbers to compute with, and the comparison of what kernels give with plain loops' results. */
#ifndef FERNET_TESTS_CHECK_H
#define FERNET_TESTS_CHECK_H

#include <stdint.h>

/* Zeroed memory for `count` elements that holds until check_free_all; the program ends without. */
float *zeros(int64_t count);
double *zeros_double(int64_t count);
uint8_t *zeros_bytes(int64_t count);

/* Begin the numbers and the fingerprint of all results anew. */
void start_numbers(void);
uint32_t fingerprint_of_all(void);
/* Values between -1 and 1, the same on each machine. */
float *uniform(int64_t count);
/* Whole numbers from 0 to below - 1. */
uint32_t whole(uint32_t below);

void check_free_all(void);

/* Begin a family of kernels; what is compared until the next one is reported with it. */
void family(const char *name);
/* Each value may be off by `tolerance` times the expected values' root mean square. */
void expect_close(const char *what, const float *actual, const double *expected, int64_t count,
                  double tolerance);
void expect_value(const char *what, double actual, double expected, double tolerance);
void expect(const char *what, int truth);
/* Print the last family's worst error and its values' fingerprint. */
void end_families(void);
/* How many comparisons failed so far. */
int failures(void);

void check_dense(void);
void check_convolution(void);
void check_images(void);
void check_elementwise(void);
void check_normalisation(void);

#endif
