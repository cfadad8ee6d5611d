/* A linear layer's update from its input and the gradient to its output.
 *
 * Each tile of the weights' gradient x^T dy is used up while the next one is multiplied: one row of
 * it every few terms. So the gradient needs no memory, and the update, which is all loads and
 * stores, takes its turns while the multipliers work. For the report's first layer, 2304x512 at
 * batches of 100, an update of its own takes a fifth of the product's time, and so does one after
 * each tile; this way it is 4 %. */
#include <stdatomic.h>
#include <stddef.h>

#include "core/denormals.h"
#include "core/kernels.h"
#include "core/threads.h"
#include "gemm/gemm.h"
#include "gemm/pack.h"
#include "gemm/tile.h"
#include "updates/update.h"

enum {
    BLOCK_ROWS = 24,                          /* of which the squares are summed up together */
    BLOCK_COLS = 512 / GEMM_COLS * GEMM_COLS, /* whole panels */
    TASKS_A_THREAD = 3                        /* so that a slower core takes fewer */
};
_Static_assert(BLOCK_ROWS % GEMM_ROWS == 0 && BLOCK_COLS % GEMM_COLS == 0, "blocks of whole tiles");

struct layer_update {
    struct update update; /* of the flat parameters */
    struct fernet_linear shape;
    struct gemm gradient; /* its operands */
    int64_t n_block_cols;
    int64_t n_parts, part_cols; /* of a block; a part is a task */
    float *packed_dy;
    double *squares;        /* of the weights, one sum a block; or NULL */
    float *column_squares;  /* (blocks, BLOCK_COLS) where blocks have several parts */
    atomic_int *parts_left; /* (blocks): whose column sums are not known yet */
    atomic_int out_of_memory;
};

/* A tile of the gradient, and the weights that it is to update. */
struct tile {
    float *grads; /* rows GEMM_COLS apart */
    const float *packed_dy;
    int64_t weights; /* the first of them in the flat parameters */
    float *squares;  /* of its columns, or NULL */
    int rows, cols;
};

/* -- one tile ------------------------------------------------------------------------------ */

/* `cols` is a constant where it is called. The settings are read anew for each vector: in registers
 * they would drive the sums of the tile under way to the stack. */
FERNET_INLINE void update_row(const struct layer_update *layer, const struct tile *tile, int64_t i,
                              const int cols, vector_update *update_vector) {
    const struct update *u = &layer->update;
    UNROLLED_FOR (int v = 0; v < GEMM_VECTORS; v++) {
        const int left = cols - v * VL;
        if (left <= 0) break;
        const vf weights =
            update_vector(u, tile->weights + i * layer->shape.b + v * VL, left,
                          tile->grads + i * GEMM_COLS + v * VL, vf_set1(u->weight_decay));
        if (tile->squares == NULL) continue;
        float *sum = tile->squares + v * VL;
        vf_store_up_to(sum, vf_fma(weights, weights, vf_load_up_to(sum, left)), left);
    }
}

FERNET_INLINE void update_tile(const struct layer_update *layer, const struct tile *tile,
                               vector_update *update_vector) {
    for (int64_t i = 0; i < tile->rows; i++) update_row(layer, tile, i, tile->cols, update_vector);
}

/* Ask for a row of weights and moments, to be written: other threads have read some of the weights
 * in the forward. */
FERNET_INLINE void prefetch_row(const struct layer_update *layer, int64_t weights) {
    const struct update *u = &layer->update;
    for (int j = 0; j < GEMM_COLS; j += 16) {
        __builtin_prefetch(u->params + weights + j, 1, 3);
        __builtin_prefetch(u->first + weights + j, 1, 3);
        if (u->second != NULL) __builtin_prefetch(u->second + weights + j, 1, 3);
    }
}

/* Multiply a whole tile, and update by the whole one before it, whose place it then takes. */
FERNET_INLINE void multiply_and_update(const struct layer_update *layer, const struct tile *tile,
                                       const float *packed_x, const struct tile *before,
                                       vector_update *update_vector) {
    const int64_t n = layer->shape.n;
    const float *a = packed_x, *b = tile->packed_dy;
    vf sum[GEMM_ROWS][GEMM_VECTORS];
    UNROLLED_FOR (int i = 0; i < GEMM_ROWS; i++)
        UNROLLED_FOR (int v = 0; v < GEMM_VECTORS; v++) sum[i][v] = vf_zero();
    for (int64_t i = 0; i < GEMM_ROWS; i++) {
        const int64_t terms = n * (i + 1) / GEMM_ROWS - n * i / GEMM_ROWS;
        const struct gemm_tile part = {.k = terms, .a = a, .b = b};
        gemm_tile_products(sum, GEMM_ROWS, GEMM_VECTORS, &part, 1, GEMM_ROWS);
        a += terms * GEMM_ROWS;
        b += terms * GEMM_COLS;
        update_row(layer, before, i, GEMM_COLS, update_vector);
        prefetch_row(layer, tile->weights + i * layer->shape.b);
    }
    UNROLLED_FOR (int i = 0; i < GEMM_ROWS; i++)
        UNROLLED_FOR (int v = 0; v < GEMM_VECTORS; v++)
            vf_store(tile->grads + i * GEMM_COLS + v * VL, sum[i][v]);
}

static int is_whole(const struct tile *tile) {
    return tile->rows == GEMM_ROWS && tile->cols == GEMM_COLS;
}

FERNET_INLINE void next_tile(const struct layer_update *layer, const struct tile *tile,
                             const float *packed_x, const struct tile *before,
                             vector_update *update_vector) {
    if (is_whole(tile) && is_whole(before)) {
        multiply_and_update(layer, tile, packed_x, before, update_vector);
        return;
    }
    const struct gemm_tile product = {.k = layer->shape.n,
                                      .a = packed_x,
                                      .b = tile->packed_dy,
                                      .c = tile->grads,
                                      .c_row = GEMM_COLS,
                                      .cols = tile->cols};
    update_tile(layer, before, update_vector);
    gemm_tile_of_panel(tile->rows, &product);
}

/* -- one block of the weights, or a part of its columns ------------------------------------- */

/* Rows i .., columns j .. of the weights, and the work space of the task that updates them: rows of
 * x^T, a tile of the gradient, and sums of squares, one a column, or NULL. */
struct block {
    int64_t i, rows, j, cols;
    float *packed_x, *grads, *squares;
};

static int begin_block(struct block *block, const struct layer_update *layer, int64_t index,
                       int64_t part) {
    const int64_t tile = GEMM_ROWS * GEMM_COLS, n = layer->shape.n;
    const int64_t first = part * layer->part_cols; /* of the block's columns */
    float *scratch = fernet_scratch(FERNET_SCRATCH_TASK,
                                    (size_t)(tile + BLOCK_COLS + n * GEMM_ROWS) * sizeof(float));
    if (scratch == NULL) return -1;
    block->i = index / layer->n_block_cols * BLOCK_ROWS;
    block->j = index % layer->n_block_cols * BLOCK_COLS + first;
    block->rows = min64(BLOCK_ROWS, layer->shape.d - block->i);
    block->cols = min64(min64(layer->part_cols, BLOCK_COLS - first), layer->shape.b - block->j);
    block->grads = scratch;
    block->squares = layer->squares == NULL ? NULL
                     : layer->n_parts == 1  ? scratch + tile
                                            : layer->column_squares + index * BLOCK_COLS + first;
    block->packed_x = scratch + tile + BLOCK_COLS;
    for (int64_t j = 0; block->squares != NULL && j < block->cols; j++) block->squares[j] = 0.0f;
    return 0;
}

static struct tile tile_of(const struct layer_update *layer, const struct block *block, int64_t i,
                           int64_t j) {
    const int64_t row = block->i + i, column = block->j + j;
    return (struct tile){.grads = block->grads,
                         .packed_dy = layer->packed_dy + column * layer->shape.n,
                         .weights = layer->shape.weight + row * layer->shape.b + column,
                         .squares = block->squares != NULL ? block->squares + j : NULL,
                         .rows = (int)min64(GEMM_ROWS, block->rows - i),
                         .cols = (int)min64(GEMM_COLS, block->cols - j)};
}

/* In float64 and in eight running sums. */
static double total(const float *squares, int64_t n) {
    double sums[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int l = 0; l < 8; l++) sums[l] += (double)squares[i + l];
    for (int l = 0; i + l < n; l++) sums[l] += (double)squares[i + l];
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
           ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

/* Sum up a block's squares, if this was the last of its parts. */
static void end_block(struct layer_update *layer, const struct block *block, int64_t index) {
    const float *squares = block->squares;
    int64_t cols = block->cols;
    if (layer->n_parts > 1) {
        if (atomic_fetch_sub(&layer->parts_left[index], 1) > 1) return;
        squares = layer->column_squares + index * BLOCK_COLS;
        cols = min64(BLOCK_COLS, layer->shape.b - index % layer->n_block_cols * BLOCK_COLS);
    }
    layer->squares[index] = total(squares, cols);
}

FERNET_INLINE void update_block(struct layer_update *layer, int64_t task,
                                vector_update *update_vector) {
    const int64_t index = task / layer->n_parts;
    struct tile before = {0}; /* of no rows */
    struct block block;
    if (begin_block(&block, layer, index, task % layer->n_parts) != 0) {
        atomic_store(&layer->out_of_memory, 1);
        return;
    }
    for (int64_t i = 0; i < block.rows; i += GEMM_ROWS) {
        pack_a_block(block.packed_x, &layer->gradient, block.i + i,
                     min64(GEMM_ROWS, block.rows - i), 0, layer->shape.n);
        for (int64_t j = 0; j < block.cols; j += GEMM_COLS) {
            const struct tile tile = tile_of(layer, &block, i, j);
            next_tile(layer, &tile, block.packed_x, &before, update_vector);
            before = tile;
        }
    }
    update_tile(layer, &before, update_vector);
    if (block.squares != NULL) end_block(layer, &block, index);
}

static void sgd_block(void *context, int64_t task) {
    const uint64_t before = flush_denormals();
    update_block(context, task, sgd_vector);
    restore_denormals(before);
}

static void adam_block(void *context, int64_t task) {
    const uint64_t before = flush_denormals();
    update_block(context, task, adam_vector);
    restore_denormals(before);
}

/* -- the whole layer ----------------------------------------------------------------------- */

/* Sum up columns j .. j + left - 1 of dy and update their biases, which carry no weight decay. */
FERNET_INLINE void update_biases(const struct layer_update *layer, int64_t j, int left,
                                 vector_update *update_vector) {
    const int64_t n = layer->shape.n, b = layer->shape.b;
    const float *dy = layer->gradient.b + j;
    vf sum = vf_zero();
    for (int64_t i = 0; i < n; i++) sum = vf_add(sum, vf_load_up_to(dy + i * b, left));
    float grads[VL];
    vf_store(grads, sum);
    update_vector(&layer->update, layer->shape.bias + j, left, grads, vf_zero());
}

/* A panel of dy's columns: their biases, and the panel packed for the weights. */
FERNET_INLINE void prepare_columns(const struct layer_update *layer, int64_t panel,
                                   vector_update *update_vector) {
    const int64_t n = layer->shape.n, j = panel * GEMM_COLS;
    const int cols = (int)min64(GEMM_COLS, layer->shape.b - j);
    pack_b_panel(layer->packed_dy + j * n, &layer->gradient, 0, n, j, cols);
    if (layer->shape.bias < 0) return;
    for (int v = 0; v < cols; v += VL)
        update_biases(layer, j + v, (int)min64(VL, cols - v), update_vector);
}

static void sgd_columns(void *context, int64_t panel) {
    const uint64_t before = flush_denormals();
    prepare_columns(context, panel, sgd_vector);
    restore_denormals(before);
}

static void adam_columns(void *context, int64_t panel) {
    const uint64_t before = flush_denormals();
    prepare_columns(context, panel, adam_vector);
    restore_denormals(before);
}

/* Cut blocks into parts of whole panels where there are too few of them for the threads. */
static void choose_parts(struct layer_update *layer, int64_t n_blocks) {
    const int64_t n_threads = fernet_get_num_threads(), cols = min64(BLOCK_COLS, layer->shape.b);
    const int64_t wanted =
        n_threads == 1 ? 1 : ceil_div(TASKS_A_THREAD * n_threads, max64(1, n_blocks));
    layer->part_cols = max64(GEMM_COLS, round_up(ceil_div(cols, wanted), GEMM_COLS));
    layer->n_parts = ceil_div(cols, layer->part_cols);
}

/* Scratch for the packed dy, and behind it for sums of squares if they are wanted: panels are whole
 * vectors, so that all begin aligned. */
static int allocate(struct layer_update *layer, int64_t n_blocks) {
    const size_t packed = (size_t)(round_up(layer->shape.b, GEMM_COLS) * layer->shape.n);
    const size_t blocks = layer->update.weight_decay != 0.0f ? (size_t)n_blocks : 0;
    const size_t columns = layer->n_parts > 1 ? blocks * BLOCK_COLS : 0;
    const size_t bytes =
        (packed + columns) * sizeof(float) + blocks * (sizeof(double) + sizeof(atomic_int));
    layer->packed_dy = fernet_scratch(FERNET_SCRATCH_CALLER, bytes);
    if (layer->packed_dy == NULL) return -1;
    if (blocks == 0) return 0;
    layer->column_squares = layer->packed_dy + packed;
    layer->squares = (double *)(layer->column_squares + columns);
    layer->parts_left = (atomic_int *)(layer->squares + blocks);
    for (size_t i = 0; i < blocks; i++) atomic_init(&layer->parts_left[i], (int)layer->n_parts);
    return 0;
}

/* Update the layer; with weight decay, *squares is the weights' sum of squares before. */
static int update_layer(struct update update, double *squares, const float *x, const float *dy,
                        const struct fernet_linear *shape, fernet_task columns, fernet_task block) {
    const int64_t n = shape->n, d = shape->d, b = shape->b;
    struct layer_update layer = {
        .update = update,
        .shape = *shape,
        .gradient =
            {.m = d, .n = b, .k = n, .a = x, .a_row = 1, .a_k = d, .b = dy, .b_k = b, .b_col = 1},
        .n_block_cols = ceil_div(b, BLOCK_COLS),
    };
    const int64_t n_blocks = ceil_div(d, BLOCK_ROWS) * layer.n_block_cols;
    choose_parts(&layer, n_blocks);
    if (allocate(&layer, n_blocks) != 0) return -1;
    fernet_parallel_for(ceil_div(b, GEMM_COLS), columns, &layer);
    fernet_parallel_for(n_blocks * layer.n_parts, block, &layer);
    if (atomic_load(&layer.out_of_memory)) return -1;
    *squares = 0.0;
    for (int64_t i = 0; layer.squares != NULL && i < n_blocks; i++) *squares += layer.squares[i];
    return 0;
}

int FERNET_FN(linear_backward_sgd)(float *params, float *velocity, double *squares, const float *x,
                                   const float *dy, const struct fernet_linear *shape,
                                   float learning_rate, float momentum, float weight_decay,
                                   int nesterov) {
    const struct update update =
        sgd(params, velocity, learning_rate, momentum, weight_decay, nesterov);
    return update_layer(update, squares, x, dy, shape, sgd_columns, sgd_block);
}

int FERNET_FN(linear_backward_adam)(float *params, float *first_moment, float *second_moment,
                                    double *squares, const float *x, const float *dy,
                                    const struct fernet_linear *shape, float learning_rate,
                                    double beta_1, double beta_2, float epsilon,
                                    float weight_decay) {
    const struct update update = adam(params, first_moment, second_moment, learning_rate, beta_1,
                                      beta_2, epsilon, weight_decay);
    return update_layer(update, squares, x, dy, shape, adam_columns, adam_block);
}
