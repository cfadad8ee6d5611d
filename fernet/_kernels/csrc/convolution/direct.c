/* Convolutions of any kernel, stride and padding.
 *
 * The pixels that one output needs, its patch (KH, KW, C), make a row of a matrix; a block of
 * such rows is gathered into the cache and multiplied by the weights, taken as (KH KW C, OC). The
 * gradients use the same matrix: patches^T dy for the weights, and dy weights^T, added back to
 * where the patches came from, for the input. Chellapilla et al., "High performance convolutional
 * neural networks for document processing" (2006). */
#include "convolution/direct.h"

#include "convolution/direct_pass.h"
#include "core/kernels.h"
#include "gemm/gemm.h"

enum {
    BLOCK_BYTES = 128 * 1024, /* of gathered patches */
    PACK_ROWS = 64,           /* of a panel that a task packs */
    ROWS_AHEAD = 64           /* of a panel, to ask for: few pixels read it straight from memory */
};

/* -- products ------------------------------------------------------------------------------ */

static void pack_task(void *context, int64_t index) {
    const struct packing *pack = context;
    const int64_t pieces = ceil_div(pack->n_rows, PACK_ROWS), first = index % pieces * PACK_ROWS;
    pack_rows(pack, index / pieces * GEMM_COLS, first, min64(first + PACK_ROWS, pack->n_rows));
}

static void pack_panels(const struct packing *pack) {
    const int64_t n_panels = ceil_div(pack->n_columns, GEMM_COLS);
    fernet_parallel_for(n_panels * ceil_div(pack->n_rows, PACK_ROWS), pack_task, (void *)pack);
}

/* out (rows, columns) = a (rows, depth) panels (depth, columns) + bias, then ReLU if relu; the
 * columns `first` to `end` of it, whole panels */
static void multiply_rows(float *out, const float *a, const float *panels, int64_t n_rows,
                          int64_t depth, int64_t n_columns, int64_t first, int64_t end,
                          const float *bias, int relu) {
    for (int64_t j = first; j < end; j += GEMM_COLS) {
        float padded_bias[GEMM_COLS];
        struct gemm_tile tile = {.k = depth,
                                 .a_row = depth,
                                 .b = panels + j * depth,
                                 .next_b = panels + j * depth + ROWS_AHEAD * GEMM_COLS,
                                 .c_row = n_columns,
                                 .relu = relu,
                                 .cols = (int)min64(GEMM_COLS, n_columns - j)};
        if (bias != NULL) {
            for (int k = 0; k < GEMM_COLS; k++) padded_bias[k] = k < tile.cols ? bias[j + k] : 0.0f;
            tile.bias = padded_bias;
        }
        for (int64_t i = 0; i < n_rows; i += GEMM_ROWS) {
            tile.a = a + i * depth;
            tile.c = out + i * n_columns + j;
            gemm_tile_of_rows((int)min64(GEMM_ROWS, n_rows - i), &tile);
        }
    }
}

/* -- forward ------------------------------------------------------------------------------- */

/* A block of pixels, and a piece of its output channels. */
static void forward_task(void *context, int64_t index) {
    struct direct *d = context;
    const int64_t block = index / d->n_column_pieces, piece = index % d->n_column_pieces;
    const int64_t first = block * d->block, n = min64(d->block, d->pixels - first);
    const int64_t column = piece * d->piece_columns;
    float *scratch = task_scratch(d, d->block * d->depth);
    if (scratch == NULL) return;
    multiply_rows(d->y + first * d->s->oc, patches(d->x, d->s, scratch, first, n), d->panels, n,
                  d->depth, d->s->oc, column, min64(column + d->piece_columns, d->s->oc), d->bias,
                  d->relu);
}

/* Blocks of pixels are enough tasks, or, as for single images, output channels are cut too. */
static int64_t cut_forward(struct direct *d) {
    const int64_t n_blocks = ceil_div(d->pixels, d->block),
                  n_panels = max64(1, ceil_div(d->s->oc, GEMM_COLS));
    const int64_t wanted = ceil_div(fernet_get_num_threads(), max64(1, n_blocks));
    d->piece_columns = ceil_div(n_panels, min64(wanted, n_panels)) * GEMM_COLS;
    d->n_column_pieces = ceil_div(d->s->oc, d->piece_columns);
    return n_blocks * d->n_column_pieces;
}

int64_t FERNET_FN(direct_packed_size)(const struct fernet_conv2d *s) {
    return is_pointwise(s) ? 0 : s->kh * s->kw * s->c * round_up(s->oc, GEMM_COLS);
}

void FERNET_FN(direct_pack)(float *packed, const float *weight, const struct fernet_conv2d *s) {
    const struct packing pack = {packed, weight, s->kh * s->kw * s->c, s->oc, s->oc, 1};
    pack_panels(&pack);
}

int FERNET_FN(direct_forward)(float *y, const float *x, const float *weight, const float *bias,
                              const struct fernet_conv2d *s, int relu) {
    if (is_pointwise(s))
        return FERNET_FN(linear_forward)(y, x, weight, bias, s->n * s->h * s->w, s->c, s->oc, relu);
    struct direct d = describe(s, BLOCK_BYTES);
    d.y = y, d.x = x, d.bias = bias, d.relu = relu;
    d.panels = s->packed;
    if (d.panels == NULL) {
        const size_t bytes = (size_t)FERNET_FN(direct_packed_size)(s) * sizeof(float);
        float *panels = fernet_scratch(FERNET_SCRATCH_CALLER, bytes);
        if (panels == NULL) return -1;
        FERNET_FN(direct_pack)(panels, weight, s);
        d.panels = panels;
    }
    fernet_parallel_for(cut_forward(&d), forward_task, &d);
    return atomic_load(&d.out_of_memory) ? -1 : 0;
}

/* -- the gradient to the input ------------------------------------------------------------- */

/* dx += patch (KH, KW, C), what lies outside the image left away */
static void scatter_patch(float *restrict dx, const float *restrict patch,
                          const struct fernet_conv2d *s, int64_t index) {
    const struct corner at = find_corner(s, index);
    const struct inside in = columns_inside(s, at.j);
    const int64_t c = s->c, length = s->kw * c;
    float *image = dx + at.image * s->h * s->w * c;
    for (int64_t r = at.i; r < at.i + s->kh; r++, patch += length) {
        if (r < 0 || r >= s->h) continue;
        float *row = image + (r * s->w + at.j) * c;
        for (int64_t k = in.first * c; k < in.end * c; k++) row[k] += patch[k];
    }
}

static void backward_input_image(void *context, int64_t image) {
    struct direct *d = context;
    const struct fernet_conv2d *s = d->s;
    const int64_t a_image = s->oh * s->ow, size = s->h * s->w * s->c;
    float *scratch = task_scratch(d, d->block * d->depth), *dx = d->dx + image * size;
    if (scratch == NULL) return;
    memset(dx, 0, (size_t)size * sizeof *dx);
    for (int64_t first = image * a_image; first < (image + 1) * a_image; first += d->block) {
        const int64_t n = min64(d->block, (image + 1) * a_image - first);
        multiply_rows(scratch, d->dy + first * s->oc, d->panels, n, s->oc, d->depth, 0, d->depth,
                      NULL, 0);
        for (int64_t k = 0; k < n; k++) scatter_patch(d->dx, scratch + k * d->depth, s, first + k);
    }
    if (d->relu_x == NULL) return;
    const float *relu_x = d->relu_x + image * size;
    for (int64_t k = 0; k < size; k++) dx[k] = relu_x[k] > 0.0f ? dx[k] : 0.0f;
}

int FERNET_FN(direct_backward_input)(float *dx, const float *dy, const float *weight,
                                     const float *relu_x, const struct fernet_conv2d *s) {
    if (is_pointwise(s)) {
        const int64_t pixels = s->n * s->h * s->w;
        if (FERNET_FN(linear_backward_input)(dx, dy, weight, pixels, s->c, s->oc) != 0) return -1;
        if (relu_x != NULL) FERNET_FN(relu_backward)(dx, dx, relu_x, pixels * s->c);
        return 0;
    }
    struct direct d = describe(s, BLOCK_BYTES);
    d.dx = dx, d.dy = dy, d.relu_x = relu_x;
    const int64_t size = s->oc * round_up(d.depth, GEMM_COLS);
    float *panels = fernet_scratch(FERNET_SCRATCH_CALLER, (size_t)size * sizeof(float));
    if (panels == NULL) return -1;
    const struct packing pack = {panels, weight, s->oc, d.depth, 1, s->oc};
    pack_panels(&pack);
    d.panels = panels;
    fernet_parallel_for(s->n, backward_input_image, &d);
    return atomic_load(&d.out_of_memory) ? -1 : 0;
}
