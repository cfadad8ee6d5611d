/* Max pooling over windows that do not overlap, and its gradient.
 *
 * Both are paced by memory: x is read once, dx written once, and of the maximum's place 2 bits a
 * window are kept (2x2) or a byte (other sizes). Tasks are groups of y's rows; four rows hold a
 * whole number of bytes of 2-bit codes, so no two tasks write to the same byte. */
#include "core/kernels.h"
#include "pooling/window_maximum.h"
#include "simd/simd.h"
#include "simd/stream.h"

enum { TASK_WINDOWS = 8192 };

struct max_pool {
    float *out;      /* y or dx */
    const float *in; /* x or dy */
    const float *y;  /* for ReLU's mask, or NULL */
    uint8_t *argmax_out;
    const uint8_t *argmax;
    int64_t n_rows, rows_a_task; /* of y */
    int64_t h, w, c, oh, ow, size_h, size_w;
    int stream; /* dx */
};

/* -- rows ---------------------------------------------------------------------------------- */

static void run_rows(struct max_pool *p, int64_t n, fernet_task task) {
    const int64_t windows_in_4 = 4 * p->ow * p->c;
    p->n_rows = n * p->oh;
    p->rows_a_task = 4 * (windows_in_4 > 0 ? (TASK_WINDOWS + windows_in_4 - 1) / windows_in_4 : 1);
    fernet_parallel_for((p->n_rows + p->rows_a_task - 1) / p->rows_a_task, task, p);
}

static int64_t end_row(const struct max_pool *p, int64_t task) {
    const int64_t end = (task + 1) * p->rows_a_task;
    return end < p->n_rows ? end : p->n_rows;
}

/* Where the windows of y's row begin in x. */
static int64_t place_in_x(const struct max_pool *p, int64_t row) {
    return ((row / p->oh) * p->h + p->size_h * (row % p->oh)) * p->w * p->c;
}

/* Zeros where no window reaches: at the right of the row's windows, and below the image's last. */
static void clear_rest(const struct max_pool *p, int64_t row, float *dx) {
    const int64_t width = p->w * p->c, used = p->ow * p->size_w * p->c;
    if (used < width)
        for (int64_t i = 0; i < p->size_h; i++)
            memset(dx + i * width + used, 0, (size_t)(width - used) * sizeof *dx);
    if (row % p->oh == p->oh - 1) {
        const int64_t below = p->h - p->oh * p->size_h;
        memset(dx + p->size_h * width, 0, (size_t)(below * width) * sizeof *dx);
    }
}

/* -- 2x2 ----------------------------------------------------------------------------------- */

FERNET_INLINE void pool_window(float *y, const float *above, const float *below, int64_t c,
                               struct code_writer *writer, int left) {
    const struct maximum largest =
        maximum_of_4(vf_load_up_to(above, left), vf_load_up_to(above + c, left),
                     vf_load_up_to(below, left), vf_load_up_to(below + c, left));
    vf_store_up_to(y, largest.value, left);
    if (writer != NULL) write_codes(writer, largest.codes, left);
}

FERNET_INLINE void forward_2x2_rows(const struct max_pool *p, int64_t task,
                                    struct code_writer *writer) {
    const int64_t c = p->c, end = end_row(p, task);
    float *y = p->out + task * p->rows_a_task * p->ow * c;
    for (int64_t row = task * p->rows_a_task; row < end; row++) {
        const float *above = p->in + place_in_x(p, row);
        const float *below = above + p->w * c;
        for (int64_t j = 0; j < p->ow; j++, y += c, above += 2 * c, below += 2 * c) {
            int64_t k = 0;
            for (; k + VL <= c; k += VL) pool_window(y + k, above + k, below + k, c, writer, VL);
            if (k < c) pool_window(y + k, above + k, below + k, c, writer, (int)(c - k));
        }
    }
}

static void forward_2x2(void *context, int64_t task) {
    const struct max_pool *p = context;
    if (p->argmax_out == NULL) {
        forward_2x2_rows(p, task, NULL);
        return;
    }
    struct code_writer writer = {.out = p->argmax_out + task * p->rows_a_task * p->ow * p->c / 4};
    forward_2x2_rows(p, task, &writer);
    finish_codes(&writer);
}

FERNET_INLINE void spread_to_4(float *above, float *below, const float *dy, const float *y,
                               int64_t c, struct code_reader *reader, int left, int stream) {
    vf gradient = vf_load_up_to(dy, left);
    if (y != NULL) gradient = vf_where_positive(vf_load_up_to(y, left), gradient);
    const uint32_t codes = read_codes(reader, left);
    vf_put(above, vf_keep(windows_at(codes, TOP_LEFT), gradient), left, stream);
    vf_put(above + c, vf_keep(windows_at(codes, TOP_RIGHT), gradient), left, stream);
    vf_put(below, vf_keep(windows_at(codes, BOTTOM_LEFT), gradient), left, stream);
    vf_put(below + c, vf_keep(windows_at(codes, BOTTOM_RIGHT), gradient), left, stream);
}

FERNET_INLINE void backward_2x2_rows(const struct max_pool *p, int64_t task, int relu) {
    const int stream = p->stream;
    const int64_t c = p->c, begin = task * p->rows_a_task * p->ow * c;
    const int64_t size = p->n_rows * p->ow * c, end = end_row(p, task);
    struct code_reader reader = {.in = p->argmax + begin / 4, .end = p->argmax + (size + 3) / 4};
    const float *dy = p->in + begin, *y = relu ? p->y + begin : NULL;
    for (int64_t row = task * p->rows_a_task; row < end; row++) {
        float *above = p->out + place_in_x(p, row);
        float *below = above + p->w * c;
        clear_rest(p, row, above);
        for (int64_t j = 0; j < p->ow; j++, dy += c, above += 2 * c, below += 2 * c) {
            int64_t k = 0;
            for (; k + VL <= c; k += VL)
                spread_to_4(above + k, below + k, dy + k, relu ? y + k : NULL, c, &reader, VL,
                            stream);
            if (k < c)
                spread_to_4(above + k, below + k, dy + k, relu ? y + k : NULL, c, &reader,
                            (int)(c - k), 0);
            if (relu) y += c;
        }
    }
}

static void backward_2x2(void *context, int64_t task) {
    const struct max_pool *p = context;
    if (p->y == NULL)
        backward_2x2_rows(p, task, 0);
    else
        backward_2x2_rows(p, task, 1);
    if (p->stream) finish_stream();
}

/* -- any size: a place is counted along the window's rows, and is a small whole float in lanes - */

static void maximum_of_window(const struct max_pool *p, float *y, uint8_t *argmax, const float *x,
                              int left) {
    vf best = vf_load_up_to(x, left), best_place = vf_zero();
    for (int64_t i = 0; i < p->size_h; i++)
        for (int64_t j = 0; j < p->size_w; j++) {
            const vf candidate = vf_load_up_to(x + (i * p->w + j) * p->c, left);
            const vm better = vm_beats(candidate, best);
            best = vf_select(better, candidate, best);
            best_place = vf_select(better, vf_set1((float)(i * p->size_w + j)), best_place);
        }
    vf_store_up_to(y, best, left);
    if (argmax == NULL) return;
    float places[VL];
    vf_store(places, best_place);
    for (int l = 0; l < left; l++) argmax[l] = (uint8_t)places[l];
}

static void forward_any(void *context, int64_t task) {
    const struct max_pool *p = context;
    const int64_t c = p->c, end = end_row(p, task);
    for (int64_t row = task * p->rows_a_task; row < end; row++)
        for (int64_t j = 0; j < p->ow; j++)
            for (int64_t k = 0; k < c; k += VL) {
                const int64_t at = (row * p->ow + j) * c + k;
                const float *x = p->in + place_in_x(p, row) + j * p->size_w * c + k;
                uint8_t *argmax = p->argmax_out == NULL ? NULL : p->argmax_out + at;
                maximum_of_window(p, p->out + at, argmax, x, c - k < VL ? (int)(c - k) : VL);
            }
}

static void spread_over_window(const struct max_pool *p, float *dx, const uint8_t *argmax,
                               vf gradient, int left) {
    float places[VL] = {0};
    for (int l = 0; l < left; l++) places[l] = (float)argmax[l];
    const vf place = vf_load(places);
    for (int64_t i = 0; i < p->size_h; i++)
        for (int64_t j = 0; j < p->size_w; j++) {
            const vm here = vm_equal(place, vf_set1((float)(i * p->size_w + j)));
            vf_store_up_to(dx + (i * p->w + j) * p->c, vf_keep(here, gradient), left);
        }
}

static void backward_any(void *context, int64_t task) {
    const struct max_pool *p = context;
    const int64_t c = p->c, end = end_row(p, task);
    for (int64_t row = task * p->rows_a_task; row < end; row++) {
        float *dx = p->out + place_in_x(p, row);
        clear_rest(p, row, dx);
        for (int64_t j = 0; j < p->ow; j++, dx += p->size_w * c)
            for (int64_t k = 0; k < c; k += VL) {
                const int64_t at = (row * p->ow + j) * c + k;
                const int left = c - k < VL ? (int)(c - k) : VL;
                vf gradient = vf_load_up_to(p->in + at, left);
                if (p->y != NULL)
                    gradient = vf_where_positive(vf_load_up_to(p->y + at, left), gradient);
                spread_over_window(p, dx + k, p->argmax + at, gradient, left);
            }
    }
}

/* -- the kernels --------------------------------------------------------------------------- */

void FERNET_FN(max_pool_forward)(float *y, uint8_t *argmax, const float *x, int64_t n, int64_t h,
                                 int64_t w, int64_t c, int64_t size_h, int64_t size_w) {
    struct max_pool p = {.out = y,
                         .argmax_out = argmax,
                         .in = x,
                         .h = h,
                         .w = w,
                         .c = c,
                         .oh = h / size_h,
                         .ow = w / size_w,
                         .size_h = size_h,
                         .size_w = size_w};
    run_rows(&p, n, size_h == 2 && size_w == 2 ? forward_2x2 : forward_any);
}

void FERNET_FN(max_pool_backward)(float *dx, const float *dy, const float *y, const uint8_t *argmax,
                                  int64_t n, int64_t h, int64_t w, int64_t c, int64_t size_h,
                                  int64_t size_w) {
    struct max_pool p = {.out = dx,
                         .in = dy,
                         .y = y,
                         .argmax = argmax,
                         .h = h,
                         .w = w,
                         .c = c,
                         .oh = h / size_h,
                         .ow = w / size_w,
                         .size_h = size_h,
                         .size_w = size_w};
    p.stream = should_stream(dx, n * h * w * c, c);
    if (p.oh == 0) /* no row of windows, so none to clear beside */
        memset(dx, 0, (size_t)(n * h * w * c) * sizeof *dx);
    else
        run_rows(&p, n, size_h == 2 && size_w == 2 ? backward_2x2 : backward_any);
}
