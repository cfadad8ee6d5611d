/* Choice of the instruction set. */
#include "core/kernels.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#ifdef FERNET_HAVE_X86_SETS
#include <cpuid.h>
#endif

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
/* The processor is asked here, as the compilers' own question, __builtin_cpu_supports, is answered
 * by a library of theirs that clang-cl does not link. */

/* Parts of a thread's registers that the system saves; 0 where it does not say. */
static uint32_t saved_registers(void) {
    unsigned eax, ebx, ecx = 0, edx, low, high;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_OSXSAVE)) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

/* Whether the processor has the set, and FMA with it, which each set here takes. */
static bool processor_has(unsigned set) {
    unsigned eax, ebx, ecx, edx;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && ecx & bit_FMA &&
           __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & set) == set;
}

enum { SAVED_AVX = 0x6, SAVED_AVX512 = 0xE0 };

static bool has_avx2(void) {
    return (saved_registers() & SAVED_AVX) == SAVED_AVX && processor_has(bit_AVX2);
}

static bool has_avx512(void) {
#ifdef __APPLE__ /* where a thread's are saved once it has used them */
    const bool saved = true;
#else
    const bool saved = (saved_registers() & SAVED_AVX512) == SAVED_AVX512;
#endif
    return saved && has_avx2() &&
           processor_has(bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL);
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
