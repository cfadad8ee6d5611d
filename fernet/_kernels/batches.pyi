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
def affine_gather(
    X: NDArray,
    indices: NDArray[np.int64],
    matrices: NDArray,
    gain: NDArray,
    bias: NDArray,
    boxes: NDArray[np.int32],
    fill: float,
    offset: NDArray | None,
    scale: NDArray | None,
    out: NDArray,
) -> None: ...
