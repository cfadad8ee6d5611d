from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

class Split(IntEnum):
    TRAINING = 0
    PUBLIC_TEST = 1
    PRIVATE_TEST = 2
    TEST = 3

class Role(IntEnum):
    IGNORED = 0
    LABEL = 1
    PIXELS = 2
    USAGE = 3
    PIXEL = 4

class Status(IntEnum):
    NEED_INPUT = 0
    OUTPUT_FULL = 1
    BAD_LABEL = 2
    BAD_PIXEL = 3
    BAD_PIXEL_COUNT = 4
    BAD_USAGE = 5
    BAD_FIELD_COUNT = 6
    BAD_QUOTES = 7
    ROW_DONE = 8

def parse_rows(
    block: NDArray[np.uint8],
    start: int,
    stop: int,
    final: bool,
    roles: NDArray[np.uint8],
    wanted: NDArray[np.uint8],
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int64],
    usages: NDArray[np.uint8],
    n_rows: int,
    seen: NDArray[np.int64],
    label_counts: NDArray[np.int64] | None = None,
    separator: int = 44,
) -> tuple[int, int, int, int, int, int]: ...
