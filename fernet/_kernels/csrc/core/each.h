/* A macro applied to each of 1 to 16 things, with what `between` expands to between them. */
#ifndef FERNET_EACH_H
#define FERNET_EACH_H

#define FERNET_EACH(apply, between, ...) \
    FERNET_EACH_PICK(__VA_ARGS__, FERNET_EACH_16, FERNET_EACH_15, FERNET_EACH_14, FERNET_EACH_13, \
                     FERNET_EACH_12, FERNET_EACH_11, FERNET_EACH_10, FERNET_EACH_9, FERNET_EACH_8, \
                     FERNET_EACH_7, FERNET_EACH_6, FERNET_EACH_5, FERNET_EACH_4, FERNET_EACH_3, \
                     FERNET_EACH_2, FERNET_EACH_1, ) \
    (apply, between, __VA_ARGS__)

#define FERNET_EACH_PICK(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, picked, ...) picked
#define FERNET_EACH_1(apply, between, x) apply(x)
#define FERNET_EACH_2(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_1(apply, between, __VA_ARGS__)
#define FERNET_EACH_3(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_2(apply, between, __VA_ARGS__)
#define FERNET_EACH_4(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_3(apply, between, __VA_ARGS__)
#define FERNET_EACH_5(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_4(apply, between, __VA_ARGS__)
#define FERNET_EACH_6(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_5(apply, between, __VA_ARGS__)
#define FERNET_EACH_7(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_6(apply, between, __VA_ARGS__)
#define FERNET_EACH_8(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_7(apply, between, __VA_ARGS__)
#define FERNET_EACH_9(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_8(apply, between, __VA_ARGS__)
#define FERNET_EACH_10(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_9(apply, between, __VA_ARGS__)
#define FERNET_EACH_11(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_10(apply, between, __VA_ARGS__)
#define FERNET_EACH_12(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_11(apply, between, __VA_ARGS__)
#define FERNET_EACH_13(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_12(apply, between, __VA_ARGS__)
#define FERNET_EACH_14(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_13(apply, between, __VA_ARGS__)
#define FERNET_EACH_15(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_14(apply, between, __VA_ARGS__)
#define FERNET_EACH_16(apply, between, x, ...) \
    apply(x) between() FERNET_EACH_15(apply, between, __VA_ARGS__)

#endif
