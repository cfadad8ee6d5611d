/* What Cython sees: the dispatched kernels, and which instruction set serves them. */
#ifndef FERNET_KERNELS_H
#define FERNET_KERNELS_H

#include <stdint.h>

#include "core/conv2d_shape.h"
#include "core/degradation.h"
#include "core/linear_shape.h"
#include "core/threads.h"
#include "core/visibility.h"

#define KERNEL(result, name, parameters, arguments) FERNET_API result fernet_##name parameters;
#include "core/kernel_list.h"
#undef KERNEL

#ifdef FERNET_ISA /* compiled for one set: its own kernels, which may call one another */
#include "core/names.h"
#define KERNEL(result, name, parameters, arguments) FERNET_LOCAL result FERNET_FN(name) parameters;
#include "core/kernel_list.h"
#undef KERNEL
#endif

/* One function pointer a kernel, filled by each instruction set's isa_table.c. */
struct fernet_kernel_table {
    const char *isa;
#define KERNEL(result, name, parameters, arguments) result(*name) parameters;
#include "core/kernel_list.h"
#undef KERNEL
};

/* Instruction sets compiled in and usable on this machine, best first. NULL beyond the last. */
FERNET_API const char *fernet_available_isa(int index);

/* Serve the kernels with the named set, or with the best for NULL. -1: not available here. */
FERNET_API int fernet_select_isa(const char *isa);
FERNET_API const char *fernet_selected_isa(void);
FERNET_LOCAL const struct fernet_kernel_table *fernet_selected_kernels(void);

#endif
