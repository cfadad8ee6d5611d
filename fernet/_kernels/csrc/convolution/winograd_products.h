/* What the passes that read tiles and write tiles do between Winograd's transforms and after them:
 * products with the transformed weights, and the results' way into the image. */
#ifndef FERNET_WINOGRAD_PRODUCTS_H
#define FERNET_WINOGRAD_PRODUCTS_H

#include "convolution/winograd_ahead.h"
#include "convolution/winograd_pass.h"
#include "gemm/tile.h"

/* products (tiles, cols), rows `row` apart, += v (tiles, in_c) u (depth, cols), for one point and
 * one panel of u, of `depth` channels, LONGEST_SUM or less; they are the first if `first`. As much
 * of next_v [or NULL] as of v is asked for meanwhile. */
static inline void multiply_terms(const struct pass *p, float *products, int64_t row,
                                  const float *v, const float *u, const float *next_u,
                                  int64_t n_tiles, int64_t depth, int cols, int first,
                                  const float *next_v) {
    struct gemm_tile tile = {.k = depth,
                             .a_row = p->in_c,
                             .b = u,
                             .next_b = next_u,
                             .c_row = row,
                             .cols = cols,
                             .into = first ? GEMM_OVERWRITE : GEMM_ADD};
    for (int64_t i = 0; i < n_tiles; i += GEMM_ROWS) {
        tile.a = v + i * p->in_c;
        tile.c = products + i * row;
        const int64_t rows = min64(GEMM_ROWS, n_tiles - i);
        if (next_v != NULL) ahead_ask_rows(next_v + i * p->in_c, p->in_c, rows, depth);
        gemm_tile_of_rows((int)rows, &tile);
    }
}

/* The same for all channels and a whole sum, whose terms are those from `first` on: products = v
 * (tiles, in_c) u (in_c, cols) + ..., of points that lie v_step and u_step apart. */
static inline void multiply_panel(const struct pass *p, int first, float *products, int64_t row,
                                  const float *v, int64_t v_step, const float *u,
                                  const float *next_u, int64_t n_tiles, int cols) {
    const int end = end_of_sum(p->tiles, first);
    for (int64_t k = 0; k < p->in_c; k += LONGEST_SUM)
        for (int t = first; t < end; t++) {
            const struct winograd_term at = term_at(p->tiles, t);
            const int64_t next_k = t + 1 < end ? k : k + LONGEST_SUM;
            const int next = term_at(p->tiles, t + 1 < end ? t + 1 : first).u;
            multiply_terms(
                p, products, row, v + at.v * v_step + k, u + at.u * p->u_step + k * GEMM_COLS,
                next_k < p->in_c ? u + next * p->u_step + next_k * GEMM_COLS : next_u, n_tiles,
                min64(LONGEST_SUM, p->in_c - k), cols, k == 0 && t == first, NULL);
        }
}

/* The same for all of u, a panel at a time, after which some of what comes next is asked for. */
static inline void multiply_sum(const struct pass *p, int first, float *products, const float *v,
                                int64_t v_step, const float *u, int64_t n_tiles,
                                struct ahead *ahead) {
    const int64_t panel = GEMM_COLS * p->in_c, next = term_at(p->tiles, first).u * p->u_step;
    for (int64_t j = 0; j < p->out_c; j += GEMM_COLS, u += panel) {
        multiply_panel(p, first, products + j, p->out_c, v, v_step, u, u + next + panel, n_tiles,
                       (int)min64(GEMM_COLS, p->out_c - j));
        ahead_ask(ahead);
    }
}

/* Output channels first .. first + n, whose results lie at `products`. */
struct channels {
    int64_t first, n;
};

static inline void store_pooled_tile(const struct pass *p, const struct corner *at,
                                     const struct channels *of, const float *products,
                                     int64_t step) {
    const int64_t c = p->out_c, h = p->out_h / 2, w = p->out_w / 2;
    const int64_t corner = ((at->image * h + at->i / 2) * w + at->j / 2) * c + of->first;
    p->tiles->store_pooled(p->out + corner, p->argmax ? p->argmax + corner / 4 : NULL, w * c, c,
                           products, step, of->n, p->bias ? p->bias + of->first : NULL, p->relu);
}

/* A tile that reaches beyond the image: by way of `patch`, the part outside left away. */
static inline void store_border_tile(const struct pass *p, const struct corner *at,
                                     const struct channels *of, const float *products, int64_t step,
                                     const float *bias, float *patch) {
    const int m = p->tiles->m;
    const int64_t c = p->out_c, image = at->image * p->out_h * p->out_w * c;
    const float *relu_x = NULL;
    if (p->relu_x != NULL) /* then all channels are stored at once */
        relu_x = find_square(p->relu_x + image, p->out_h, p->out_w, c, at->i, at->j, m, 0, c,
                             patch + m * m * c)
                     .first;
    p->tiles->store_output(patch, m * of->n, of->n, products, step, of->n, bias, p->relu, relu_x);
    const int64_t rows = min64(m, p->out_h - at->i), columns = min64(m, p->out_w - at->j);
    const int64_t runs = of->n == c ? 1 : columns, run = of->n == c ? columns * c : of->n;
    float *out = p->out + image + (at->i * p->out_w + at->j) * c + of->first;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t q = 0; q < runs; q++)
            memcpy(out + (r * p->out_w + q) * c, patch + (r * m + q) * of->n,
                   (size_t)run * sizeof *out);
}

/* One tile's results into the image. */
static inline void store_tile(const struct pass *p, const struct corner *at,
                              const struct channels *of, const float *products, int64_t step,
                              float *patch) {
    const int m = p->tiles->m;
    const float *bias = p->bias ? p->bias + of->first : NULL;
    if (p->pool) {
        store_pooled_tile(p, at, of, products, step);
    } else if (at->i + m > p->out_h || at->j + m > p->out_w) {
        store_border_tile(p, at, of, products, step, bias, patch);
    } else {
        const int64_t c = p->out_c;
        const int64_t corner = ((at->image * p->out_h + at->i) * p->out_w + at->j) * c + of->first;
        p->tiles->store_output(p->out + corner, p->out_w * c, c, products, step, of->n, bias,
                               p->relu, p->relu_x ? p->relu_x + corner : NULL);
    }
}

/* Scratch for two squares of a tile that reaches beyond the image: see store_tile. */
static inline int64_t patch_floats(const struct pass *p) {
    return 2 * p->tiles->m * p->tiles->m * p->out_c;
}

#endif
