/* Choice of the instruction set. */
#include "core/kernels.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define DECLARE_TABLE(isa) FERNET_LOCAL extern const struct fernet_kernel_table fernet_table__##isa
#ifdef FERNET_HAVE_X86_SETS
DECLARE_TABLE(avx512);
DECLARE_TABLE(avx2);
#endif
#ifdef __aarch64__
DECLARE_TABLE(neon);
#else
DECLARE_TABLE(portable);
#endif
#ifdef FERNET_HAVE_TEST_SHAPES
DECLARE_TABLE(shape4);
DECLARE_TABLE(shape8);
#endif

#ifdef FERNET_HAVE_X86_SETS
static bool has_avx512(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("fma");
}

static bool has_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

static bool always(void) { return true; }

static const struct {
    const struct fernet_kernel_table *table;
    bool (*usable)(void);
} sets[] = {
#ifdef FERNET_HAVE_X86_SETS
    {&fernet_table__avx512, has_avx512}, {&fernet_table__avx2, has_avx2},
#endif
#ifdef __aarch64__
    {&fernet_table__neon, always},
#else
    {&fernet_table__portable, always},
#endif
#ifdef FERNET_HAVE_TEST_SHAPES /* behind all others: they serve if they are named */
    {&fernet_table__shape4, always},     {&fernet_table__shape8, always},
#endif
};

enum { N_SETS = sizeof sets / sizeof *sets };

static const struct fernet_kernel_table *_Atomic selected;

static const struct fernet_kernel_table *usable_set(int index) {
    for (int i = 0; i < N_SETS; i++)
        if (sets[i].usable() && index-- == 0) return sets[i].table;
    return NULL;
}

const char *fernet_available_isa(int index) {
    const struct fernet_kernel_table *table = usable_set(index);
    return table == NULL ? NULL : table->isa;
}

int fernet_select_isa(const char *isa) {
    const struct fernet_kernel_table *table;
    for (int i = 0; (table = usable_set(i)) != NULL; i++)
        if (isa == NULL || strcmp(isa, table->isa) == 0) {
            atomic_store(&selected, table);
            return 0;
        }
    return -1;
}

const struct fernet_kernel_table *fernet_selected_kernels(void) {
    const struct fernet_kernel_table *table = atomic_load_explicit(&selected, memory_order_acquire);
    if (table == NULL) {
        fernet_select_isa(NULL);
        table = atomic_load(&selected);
    }
    return table;
}

const char *fernet_selected_isa(void) { return fernet_selected_kernels()->isa; }
