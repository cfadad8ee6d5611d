/* The transforms of the tiles that there are: see winograd_tiles.h. */
#include "convolution/winograd_f3.h"
#include "convolution/winograd_f4.h"
#include "convolution/winograd_f6.h"
#include "convolution/winograd_tiles.h"

WINOGRAD_TRANSFORMS(f3, 3)
WINOGRAD_MULTIPLY_TILE(f3, 3, 5)
WINOGRAD_TILES(f3, 3, NULL, f3_multiply_tile)
WINOGRAD_TRANSFORMS(f4, 4)
WINOGRAD_STORE_POOLED(f4, 4)
WINOGRAD_MULTIPLY_TILE(f4, 4, 6)
WINOGRAD_TILES(f4, 4, f4_store_pooled, f4_multiply_tile)
WINOGRAD_TRANSFORMS(f6, 6)
WINOGRAD_STORE_POOLED(f6, 6)
WINOGRAD_MULTIPLY_TILE(f6, 6, 2)
WINOGRAD_TILES(f6, 6, f6_store_pooled, f6_multiply_tile)
