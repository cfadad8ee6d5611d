/* The kernels against plain loops, and the pool of threads, on machines without Python.
 *
 * Each instruction set of the machine serves the same kernels with one thread and with four, and
 * must give the same bits. The fingerprints of two systems can be compared: they are equal where
 * both round alike. */
#include "core/kernels.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check.h"

static void check_all(void) {
    check_dense();
    check_free_all();
    check_convolution();
    check_images();
    check_free_all();
    check_elementwise();
    check_free_all();
    check_normalisation();
    check_free_all();
    end_families();
}

static void pass_time(double seconds) {
    const clock_t begun = clock();
    while ((double)(clock() - begun) / CLOCKS_PER_SEC < seconds) {
    }
}

/* Workers that have gone to sleep wake up for the next job, and the sum keeps its bits. */
static void check_pool(void) {
    enum { SIZE = 1 << 20 };
    start_numbers();
    const float *x = uniform(SIZE);
    fernet_set_num_threads(1);
    const double alone = fernet_sum_of_squares(x, SIZE);
    int same = 1;
    for (int i = 0; i < 200; i++) {
        fernet_set_num_threads(1 + i % 5);
        same &= fernet_sum_of_squares(x, SIZE) == alone;
        if (i % 10 == 0) pass_time(0.002);
    }
    family("pool");
    expect("the same bits from every number of threads", same);
    end_families();
    check_free_all();
}

int main(void) {
    const char *isa;
    uint32_t alone = 0;
    for (int i = 0; (isa = fernet_available_isa(i)) != NULL; i++) {
        expect("select", fernet_select_isa(isa) == 0 && strcmp(fernet_selected_isa(), isa) == 0);
        for (int n_threads = 1; n_threads <= 4; n_threads += 3) {
            printf("%s, %d thread%s\n", isa, n_threads, n_threads > 1 ? "s" : "");
            fernet_set_num_threads(n_threads);
            start_numbers();
            check_all();
            if (n_threads == 1) alone = fingerprint_of_all();
            expect("the same bits from one thread and from four", fingerprint_of_all() == alone);
            fflush(stdout);
        }
        check_pool();
    }
    printf("%d comparisons failed\n", failures());
    return failures() != 0;
}
