/* This instruction set's column of the kernel table. */
#include "core/kernels.h"
#include "core/names.h"

#define FERNET_TEXT_(isa) #isa
#define FERNET_TEXT(isa) FERNET_TEXT_(isa)

FERNET_LOCAL extern const struct fernet_kernel_table FERNET_FN(table);
const struct fernet_kernel_table FERNET_FN(table) = {
    .isa = FERNET_TEXT(FERNET_ISA),
#define KERNEL(result, name, parameters, arguments) .name = FERNET_FN(name),
#include "core/kernel_list.h"
#undef KERNEL
};
