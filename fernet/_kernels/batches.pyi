"""Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels."""

import numpy as np
from numpy.typing import NDArray

def gather_rows(
    X: NDArray,
    indices: NDArray[np.int64],
    offset: NDArray | None,
    scale: NDArray | None,
    out: NDArray,
) -> None: ...
def gather_targets(target: NDArray, indices: NDArray, out: NDArray) -> None: ...
def affine_gather(
    X: NDArray,
    indices: NDArray[np.int64],
    matrices: NDArray,
    gain: NDArray,
    bias: NDArray,
    boxes: NDArray[np.int32],
    fill: NDArray,
    offset: NDArray | None,
    scale: NDArray | None,
    low: float,
    high: float,
    out: NDArray,
) -> None: ...
def degrade_images(
    x: NDArray,
    row_filters: NDArray,
    column_filters: NDArray,
    filters: NDArray,
    gamma: NDArray,
    noise: NDArray,
    coarseness: NDArray,
    black: float,
    grey_level: float,
    seed: int,
    step: int,
    offset: NDArray | None,
    scale: NDArray | None,
) -> None: ...
def mix_pairs(x: NDArray, share: NDArray, boxes: NDArray[np.int32]) -> None: ...
