/* The transforms of the tiles that there are: see winograd_tiles.h and winograd_few_products.h. */
#include "convolution/winograd_f3.h"
#include "convolution/winograd_f4.h"
#include "convolution/winograd_f6.h"
#include "convolution/winograd_few_products.h"
#include "convolution/winograd_stride2.h"
#include "convolution/winograd_tiles.h"

WINOGRAD_TRANSFORMS(f3, 3)
WINOGRAD_PLAIN_TRANSFORMS(f3_plain, 3)

WINOGRAD_TRANSFORMS(f4, 4)
WINOGRAD_STORE_POOLED(f4, 4)
WINOGRAD_PLAIN_TRANSFORMS(f4_plain, 4)
WINOGRAD_STORE_POOLED(f4_plain, 4)

WINOGRAD_TRANSFORMS(f6, 6)
WINOGRAD_STORE_POOLED(f6, 6)
WINOGRAD_PLAIN_TRANSFORMS(f6_plain, 6)
WINOGRAD_STORE_POOLED(f6_plain, 6)

/* Rows and columns of points for one, two and four tiles: so many that there are registers for
 * their sums, and about nine more for the weights. */
WINOGRAD_MULTIPLY_TILES(f3_plain, 5, 1, 1, 1, 5)
WINOGRAD_MULTIPLY_TILES(f3_plain, 5, 1, 2, 1, 5)
WINOGRAD_MULTIPLY_TILES(f4_plain, 6, 1, 1, 2, 6)
WINOGRAD_MULTIPLY_TILES(f4_plain, 6, 1, 2, 1, 6)
WINOGRAD_MULTIPLY_TILES(f6_plain, 8, 1, 1, 1, 8)
#if VF_REGISTERS >= 32
WINOGRAD_MULTIPLY_TILES(f3_plain, 5, 1, 4, 1, 5)
WINOGRAD_MULTIPLY_TILES(f4_plain, 6, 1, 4, 1, 6)
WINOGRAD_MULTIPLY_TILES(f6_plain, 8, 1, 2, 1, 8)
WINOGRAD_MULTIPLY_TILES(f6_plain, 8, 1, 4, 1, 4)
#else
WINOGRAD_MULTIPLY_TILES(f6_plain, 8, 1, 2, 1, 4)
#endif

WINOGRAD_MULTIPLY_FEW(f3_plain, MULTIPLY_FOURS)
WINOGRAD_MULTIPLY_FEW(f4_plain, MULTIPLY_FOURS)
WINOGRAD_MULTIPLY_FEW(f6_plain, MULTIPLY_FOURS)
WINOGRAD_TILES(f3, 3, NULL, NULL)
WINOGRAD_TILES(f4, 4, f4_store_pooled, f4_plain_store_pooled)
WINOGRAD_TILES(f6, 6, f6_store_pooled, f6_plain_store_pooled)

/* Of stride 2: for predictions and for training. Sums of four tiles don't fit into registers. */
WINOGRAD_LOAD_INPUT(stride2, 7, 6)
WINOGRAD_STORE_OUTPUT(stride2, 3, 4)
WINOGRAD_WEIGHT_COLUMNS(stride2, 5)
WINOGRAD_LOAD_WEIGHT(stride2, 5)
WINOGRAD_WEIGHT_COLUMNS(stride2_few, 7)
WINOGRAD_MULTIPLY_TILES(stride2_few, 7, 2, 1, 1, 7)
WINOGRAD_MULTIPLY_TILES(stride2_few, 7, 2, 2, 1, 7)
WINOGRAD_MULTIPLY_FEW(stride2_few, NO_FOURS)

const struct winograd_tiles FERNET_FN(stride2_tiles) = {.m = 3,
                                                        .stride = 2,
                                                        .side = 7,
                                                        .weight_side = 5,
                                                        .sum_side = 4,
                                                        .terms = stride2_terms,
                                                        .load_input = stride2_load_input,
                                                        .load_pixels = stride2_load_pixels,
                                                        .store_output = stride2_store_output,
                                                        .load_weight = stride2_load_weight,
                                                        .multiply_few = stride2_few_multiply_few};
