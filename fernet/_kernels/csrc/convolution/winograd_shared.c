/* Winograd's passes from tiles to tiles where there are more threads than blocks of tiles:
 * winograd.c chooses them.
 *
 * All threads transform tiles and weights into memory that they share, then multiply them, a sum of
 * points and a panel of output channels at a time, then transform the products back. Chains of
 * additions, and so bits, are those of the usual blocks. */
#include "convolution/winograd_products.h"
#include "convolution/winograd_weights.h"
#include "core/threads.h"

enum { STORE_CHANNELS = 128 }; /* output channels that a task transforms back, about */

struct shared {
    struct pass *pass;
    float *v, *products; /* [point][tile][C], [point][tile][OC] */
    int64_t v_step, step;
    int64_t n_pieces; /* of the output channels, of a tile's way back */
};

static void load_task(void *context, int64_t t) {
    const struct shared *s = context;
    struct pass *p = s->pass;
    const struct corner at = tile_corner(p, t);
    float *zeros = task_scratch(p, p->in_c);
    if (zeros == NULL) return;
    memset(zeros, 0, (size_t)p->in_c * sizeof *zeros);
    load_tile(p, &at, zeros, s->v + t * p->in_c, s->v_step, VL);
}

static void multiply_task(void *context, int64_t index) {
    const struct shared *s = context;
    const struct pass *p = s->pass;
    const int64_t n_panels = ceil_div(p->out_c, GEMM_COLS), j = index % n_panels * GEMM_COLS;
    const int first = (int)(index / n_panels), sum = term_at(p->tiles, first).sum;
    if (!begins_sum(p->tiles, first)) return;
    multiply_panel(p, first, s->products + sum * s->step + j, p->out_c, s->v, s->v_step,
                   p->u + j * p->in_c, NULL, p->n_tiles, (int)min64(GEMM_COLS, p->out_c - j));
}

static void store_task(void *context, int64_t index) {
    const struct shared *s = context;
    struct pass *p = s->pass;
    const int64_t t = index / s->n_pieces, piece = index % s->n_pieces;
    const int64_t n_vectors = ceil_div(p->out_c, WIDEST_VECTOR);
    const int64_t first = piece * n_vectors / s->n_pieces * WIDEST_VECTOR;
    const int64_t end = (piece + 1) * n_vectors / s->n_pieces * WIDEST_VECTOR;
    const struct channels of = {first, min64(end, p->out_c) - first};
    const struct corner at = tile_corner(p, t);
    float *patch = task_scratch(p, patch_floats(p));
    if (patch == NULL) return;
    store_tile(p, &at, &of, s->products + t * p->out_c + first, s->step, patch);
}

static struct shared describe(struct pass *p) {
    struct shared s = {.pass = p,
                       .v_step = p->n_tiles * p->in_c + POINT_PADDING,
                       .step = p->n_tiles * p->out_c + POINT_PADDING,
                       .n_pieces = 1};
    /* the mask of a tile that reaches beyond the image is made for all channels at once */
    if (p->relu_x == NULL) s.n_pieces = ceil_div(p->out_c, STORE_CHANNELS);
    return s;
}

int64_t FERNET_FN(winograd_shared_floats)(struct pass *p) {
    const struct shared s = describe(p);
    return n_points(p->tiles) * s.v_step + n_sums(p->tiles) * s.step;
}

int FERNET_FN(winograd_run_shared)(struct pass *p, const float *weight, int rotated) {
    struct shared s = describe(p);
    const int64_t of_weights = p->u == NULL ? FERNET_FN(winograd_weight_floats)(p) : 0;
    const int64_t size = of_weights + FERNET_FN(winograd_shared_floats)(p);
    float *u = fernet_scratch(FERNET_SCRATCH_CALLER, (size_t)size * sizeof *u);
    if (u == NULL) return -1;
    s.v = u + of_weights;
    s.products = s.v + n_points(p->tiles) * s.v_step;
    if (p->u == NULL) FERNET_FN(winograd_transform_weights)(p, u, weight, rotated);
    fernet_parallel_for(p->n_tiles, load_task, &s);
    fernet_parallel_for(n_points(p->tiles) * ceil_div(p->out_c, GEMM_COLS), multiply_task, &s);
    if (!atomic_load(&p->out_of_memory))
        fernet_parallel_for(p->n_tiles * s.n_pieces, store_task, &s);
    return atomic_load(&p->out_of_memory) ? -1 : 0;
}
