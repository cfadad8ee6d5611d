/* The kernels that the library shows: each forwards to the chosen instruction set, or is written
 * down where the thread writes a tape. */
#include <stddef.h>

#include "core/each.h"
#include "core/kernels.h"
#include "core/tape.h"

#define COMMA() ,
#define NOTHING()

/* struct name_call: the arguments of a call. */
#define UNPACKED(...) __VA_ARGS__
#define FIELD(parameter) parameter;
#define FIELDS(...) FERNET_EACH(FIELD, NOTHING, __VA_ARGS__)

/* Those of *call, as the kernel takes them. */
#define VALUE(argument) call->argument
#define VALUES(...) FERNET_EACH(VALUE, COMMA, __VA_ARGS__)

/* What the tape is to know of each; `arguments` is the struct's type. */
#define POINTED_SIZE(pointer) \
    _Generic((pointer), \
        const struct fernet_conv2d *: sizeof(struct fernet_conv2d), \
        const struct fernet_degradation *: sizeof(struct fernet_degradation), \
        const struct fernet_linear *: sizeof(struct fernet_linear), \
        default: (size_t)0)
#define TEXT(argument) #argument
#define PLACE(argument) offsetof(call_arguments, argument)
#define SAMPLE(argument) ((call_arguments *)0)->argument
#define SIZES(argument) sizeof(SAMPLE(argument)), POINTED_SIZE(SAMPLE(argument))
#define ABOUT(argument) \
    { TEXT(argument), PLACE(argument), SIZES(argument) }
#define ABOUT_EACH(...) FERNET_EACH(ABOUT, COMMA, __VA_ARGS__)

/* How a call returns: a status, or what *squares takes. */
#define MAKE_void(call) (call, 0)
#define MAKE_int(call) (call)
#define MAKE_double(call) (*squares = call, 0)

#define KERNEL(result, name, parameters, arguments_) \
    struct name##_call { \
        FIELDS parameters \
    }; \
    static int make_##name(const void *arguments, double *squares) { \
        const struct name##_call *call = arguments; \
        (void)squares; \
        return MAKE_##result(fernet_##name(VALUES arguments_)); \
    } \
    result fernet_##name parameters { \
        typedef struct name##_call call_arguments; \
        if (fernet_keeper() == NULL) return fernet_selected_kernels()->name arguments_; \
        static const struct fernet_argument about[] = {ABOUT_EACH arguments_}; \
        const call_arguments values = {UNPACKED arguments_}; \
        fernet_write_down(&(struct fernet_call){make_##name, &values, sizeof values, about, \
                                                sizeof about / sizeof *about}); \
        return (result)0; \
    }
/* Whoever asks wants the answer at once. */
#define QUERY(result, name, parameters, arguments) \
    result fernet_##name parameters { return fernet_selected_kernels()->name arguments; }
#include "core/kernel_list.h"
#undef QUERY
#undef KERNEL
