/* The gradient to the weights of direct convolutions: see direct.c. */
#include "convolution/direct.h"
#include "convolution/direct_pass.h"

enum {
    GRADIENT_BLOCK_BYTES = 512 * 1024, /* of gathered patches: sums are read and written once a
                                          block */
    MAX_PARTIALS = 8,                  /* partial sums */
    PARTIALS_BYTES = 32 * 1024 * 1024  /* of all of them */
};

/* What a task computes: some rows of the kernel and some output channels of a partial sum. */
struct piece {
    struct fernet_conv2d s; /* the convolution of these rows of the kernel alone */
    int64_t depth;          /* of its patches */
    int64_t begin, end;     /* pixels */
    int64_t column, n_columns;
    float *sum, *sums; /* where its part of dweight goes, and of dbias, or NULL */
};

static struct piece find_piece(const struct direct *d, int64_t index) {
    const int64_t column = index % d->n_column_pieces * d->piece_columns;
    const int64_t at = index / d->n_column_pieces, partial = at / d->n_row_pieces;
    const int64_t row = at % d->n_row_pieces, oc = d->s->oc;
    struct piece piece = {.s = *d->s,
                          .begin = partial * d->pixels / d->n_partials,
                          .end = (partial + 1) * d->pixels / d->n_partials,
                          .column = column,
                          .n_columns = min64(d->piece_columns, oc - column)};
    piece.s.kh /= d->n_row_pieces;
    piece.s.pad_h -= row * piece.s.kh;
    piece.depth = piece.s.kh * piece.s.kw * piece.s.c;
    piece.sum = d->partials + partial * d->partial_size + row * piece.depth * oc + column;
    piece.sums = row == 0 ? d->sums + partial * oc + column : NULL;
    return piece;
}

/* sum (depth, columns), rows OC apart, += a (n, depth)^T panels (n, columns) */
static void multiply_columns(const struct piece *piece, const float *a, const float *panels,
                             int64_t n, enum gemm_c into) {
    const int64_t oc = piece->s.oc, depth = piece->depth;
    const int step = depth % GEMM_COLUMN_ROWS == 0 ? GEMM_COLUMN_ROWS : GEMM_ROWS;
    for (int64_t j = 0; j < piece->n_columns; j += GEMM_COLS) {
        struct gemm_tile tile = {.k = n,
                                 .a_k = depth,
                                 .b = panels + j * n,
                                 .c_row = oc,
                                 .cols = (int)min64(GEMM_COLS, piece->n_columns - j),
                                 .into = into};
        for (int64_t i = 0; i < depth; i += step) {
            tile.a = a + i;
            tile.c = piece->sum + i * oc + j;
            gemm_tile_of_columns((int)min64(step, depth - i), &tile);
        }
    }
}

/* sums += the sums of some columns of dy (n, OC), which go through `block_sums` to round less */
static void add_column_sums(const struct piece *piece, float *block_sums, const float *dy,
                            int64_t n) {
    zero(block_sums, piece->n_columns);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < piece->n_columns; j++) block_sums[j] += dy[i * piece->s.oc + j];
    for (int64_t j = 0; j < piece->n_columns; j++) piece->sums[j] += block_sums[j];
}

static void backward_params_piece(void *context, int64_t index) {
    struct direct *d = context;
    const struct piece piece = find_piece(d, index);
    const int64_t oc = d->s->oc, width = round_up(piece.n_columns, GEMM_COLS);
    float *scratch = task_scratch(d, d->block * (piece.depth + width) + piece.n_columns);
    if (scratch == NULL) return;
    float *packed = scratch + d->block * piece.depth, *block_sums = packed + d->block * width;
    if (piece.sums != NULL) zero(piece.sums, piece.n_columns);
    for (int64_t first = piece.begin; first < piece.end; first += d->block) {
        const int64_t n = min64(d->block, piece.end - first);
        const float *dy = d->dy + first * oc + piece.column;
        const float *panels = oc == GEMM_COLS ? dy : packed;
        const struct packing pack = {packed, dy, n, piece.n_columns, oc, 1};
        for (int64_t j = 0; panels == packed && j < piece.n_columns; j += GEMM_COLS)
            pack_rows(&pack, j, 0, n);
        if (piece.sums != NULL) add_column_sums(&piece, block_sums, dy, n);
        multiply_columns(&piece, patches(d->x, &piece.s, scratch, first, n), panels, n,
                         first > piece.begin ? GEMM_CONTINUE : GEMM_OVERWRITE);
    }
}

struct partials_sum {
    const struct direct *d;
    float *dweight;
};

/* One row of dweight: its partials added in order. */
static void add_partials(void *context, int64_t row) {
    const struct partials_sum *sum = context;
    const struct direct *d = sum->d;
    const int64_t oc = d->s->oc;
    float *out = sum->dweight + row * oc;
    copy(out, d->partials + row * oc, oc);
    for (int64_t partial = 1; partial < d->n_partials; partial++) {
        const float *term = d->partials + partial * d->partial_size + row * oc;
        for (int64_t j = 0; j < oc; j++) out[j] += term[j];
    }
}

/* For more threads than partial sums, these are cut: first by panels of output channels, then by
 * rows of the kernel. Each element remains one chain of additions. */
static void cut_partials(struct direct *d) {
    const int64_t n_threads = fernet_get_num_threads(), oc = d->s->oc;
    const int by_columns = d->n_partials < n_threads && oc > GEMM_COLS;
    d->piece_columns = by_columns ? GEMM_COLS : max64(1, oc);
    d->n_column_pieces = max64(1, ceil_div(oc, d->piece_columns));
    d->n_row_pieces = d->n_partials * d->n_column_pieces < n_threads ? d->s->kh : 1;
}

int FERNET_FN(direct_backward_params)(float *dweight, float *dbias, const float *x, const float *dy,
                                      const struct fernet_conv2d *s) {
    struct direct d = describe(s, GRADIENT_BLOCK_BYTES);
    d.x = x, d.dy = dy;
    d.partial_size = d.depth * s->oc;
    const int64_t fitting = PARTIALS_BYTES / (max64(1, d.partial_size) * (int64_t)sizeof(float));
    d.n_partials = min64(max64(2, min64(MAX_PARTIALS, fitting)), max64(1, d.pixels));
    cut_partials(&d);
    const int64_t size = d.n_partials * (d.partial_size + s->oc);
    d.partials = fernet_scratch(FERNET_SCRATCH_CALLER, (size_t)size * sizeof(float));
    if (d.partials == NULL) return -1;
    d.sums = d.partials + d.n_partials * d.partial_size;
    if (d.pixels == 0)
        zero(d.partials, size);
    else
        fernet_parallel_for(d.n_partials * d.n_row_pieces * d.n_column_pieces,
                            backward_params_piece, &d);
    if (atomic_load(&d.out_of_memory)) return -1;
    struct partials_sum sum = {&d, dweight};
    fernet_parallel_for(d.depth, add_partials, &sum);
    if (dbias != NULL) {
        copy(dbias, d.sums, s->oc);
        for (int64_t partial = 1; partial < d.n_partials; partial++)
            for (int64_t j = 0; j < s->oc; j++) dbias[j] += d.sums[partial * s->oc + j];
    }
    return 0;
}
