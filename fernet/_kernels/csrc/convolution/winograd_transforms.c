/* The transforms of the tiles that there are: see winograd_tiles.h and winograd_few_products.h. */
#include "convolution/winograd_f3.h"
#include "convolution/winograd_f4.h"
#include "convolution/winograd_f6.h"
#include "convolution/winograd_few_products.h"
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
WINOGRAD_MULTIPLY_TILES(f3_plain, 3, 1, 1, 5)
WINOGRAD_MULTIPLY_TILES(f3_plain, 3, 2, 1, 5)
WINOGRAD_MULTIPLY_TILES(f4_plain, 4, 1, 2, 6)
WINOGRAD_MULTIPLY_TILES(f4_plain, 4, 2, 1, 6)
WINOGRAD_MULTIPLY_TILES(f6_plain, 6, 1, 1, 8)
#if VF_REGISTERS >= 32
WINOGRAD_MULTIPLY_TILES(f3_plain, 3, 4, 1, 5)
WINOGRAD_MULTIPLY_TILES(f4_plain, 4, 4, 1, 6)
WINOGRAD_MULTIPLY_TILES(f6_plain, 6, 2, 1, 8)
WINOGRAD_MULTIPLY_TILES(f6_plain, 6, 4, 1, 4)
#else
WINOGRAD_MULTIPLY_TILES(f6_plain, 6, 2, 1, 4)
#endif

WINOGRAD_MULTIPLY_FEW(f3_plain)
WINOGRAD_MULTIPLY_FEW(f4_plain)
WINOGRAD_MULTIPLY_FEW(f6_plain)
WINOGRAD_TILES(f3, 3, NULL, NULL)
WINOGRAD_TILES(f4, 4, f4_store_pooled, f4_plain_store_pooled)
WINOGRAD_TILES(f6, 6, f6_store_pooled, f6_plain_store_pooled)
