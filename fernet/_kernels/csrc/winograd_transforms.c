/* The transforms of the tiles that there are: see winograd_tiles.h. */
#include "winograd_f3.h"
#include "winograd_f4.h"
#include "winograd_tiles.h"

WINOGRAD_TRANSFORMS(f3, 3)
WINOGRAD_TILES(f3, 3, NULL)
WINOGRAD_TRANSFORMS(f4, 4)
WINOGRAD_STORE_POOLED(f4, 4)
WINOGRAD_TILES(f4, 4, f4_store_pooled)
