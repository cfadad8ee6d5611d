/* system.h for Windows 8 and later. */
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0602 /* WaitOnAddress */
#endif
#include "core/system.h"

#include <process.h>
#include <stdlib.h>
#include <windows.h>

/* A process that may run everywhere counts the processors of all groups: a mask has one group's. */
int system_usable_cpus(void) {
    DWORD_PTR own = 0, machine = 0;
    if (GetProcessAffinityMask(GetCurrentProcess(), &own, &machine) && own != machine) {
        int n = 0;
        for (; own != 0; own &= own - 1) n++;
        if (n > 0) return n;
    }
    const DWORD n = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    return n > 0 ? (int)n : 1;
}

int64_t system_l2_bytes(void) { return 0; }

int64_t system_nanoseconds(void) {
    LARGE_INTEGER ticks, per_second; /* in two parts, as ticks times 1e9 overflow within minutes */
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&per_second);
    const int64_t seconds = ticks.QuadPart / per_second.QuadPart;
    const int64_t rest = ticks.QuadPart % per_second.QuadPart;
    return seconds * 1000000000 + rest * 1000000000 / per_second.QuadPart;
}

int64_t system_thread_nanoseconds(void) { return system_nanoseconds(); }

void system_yield(void) { SwitchToThread(); }

/* -- threads ------------------------------------------------------------------------------- */

struct start {
    void (*body)(int id);
    int id;
};

static unsigned __stdcall run_start(void *argument) {
    const struct start start = *(struct start *)argument;
    free(argument);
    start.body(start.id);
    return 0;
}

/* Threads run this library's code until the process ends, so it must not be unloaded before. */
static void stay_loaded(void) {
    HMODULE self;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       (LPCWSTR)(void *)run_start, &self);
}

bool system_start_thread(void (*body)(int id), int id) {
    struct start *start = malloc(sizeof *start);
    if (start == NULL) return false;
    *start = (struct start){body, id};
    stay_loaded();
    const uintptr_t thread = _beginthreadex(NULL, SYSTEM_STACK_BYTES, run_start, start,
                                            STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (thread != 0) {
        CloseHandle((HANDLE)thread);
        return true;
    }
    free(start);
    return false;
}

void system_after_fork(void (*reset)(void)) { (void)reset; }

/* -- sleep --------------------------------------------------------------------------------- */

void system_sleep_while(atomic_uint *word, unsigned value) {
    while (atomic_load(word) == value) WaitOnAddress(word, &value, sizeof value, INFINITE);
}

void system_wake_all(atomic_uint *word) { WakeByAddressAll(word); }

/* -- a thread's memory --------------------------------------------------------------------- */

/* Large pages are a privilege there. */
void *system_allocate(size_t bytes) { return malloc(bytes); }

static DWORD memory_index = FLS_OUT_OF_INDEXES;
static INIT_ONCE memory_once = INIT_ONCE_STATIC_INIT;

static void WINAPI free_memory(void *pointer) {
    struct system_memory *slots = pointer;
    if (slots == NULL) return;
    for (int slot = 0; slot < SYSTEM_MEMORY_SLOTS; slot++) free(slots[slot].memory);
    free(slots);
}

/* Fiber-local storage is a thread's own, and has what thread-local storage lacks here: a function
 * that is called when the thread ends. */
static BOOL CALLBACK create_memory_index(INIT_ONCE *once, void *parameter, void **context) {
    (void)once, (void)parameter, (void)context;
    stay_loaded(); /* for free_memory */
    memory_index = FlsAlloc(free_memory);
    return TRUE;
}

struct system_memory *system_thread_memory(void) {
    InitOnceExecuteOnce(&memory_once, create_memory_index, NULL, NULL);
    if (memory_index == FLS_OUT_OF_INDEXES) return NULL;
    struct system_memory *slots = FlsGetValue(memory_index);
    if (slots != NULL) return slots;
    slots = calloc(SYSTEM_MEMORY_SLOTS, sizeof *slots);
    if (slots != NULL && !FlsSetValue(memory_index, slots)) {
        free(slots);
        return NULL;
    }
    return slots;
}
