"""Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels."""

import numpy as np
from numpy.typing import NDArray

def dropout_forward(
    x: NDArray,
    y: NDArray,
    mask: NDArray[np.uint8],
    rate: float,
    seed: int,
    step: int,
    layer: int,
) -> None: ...
def dropout_backward(
    dy: NDArray,
    dx: NDArray,
    mask: NDArray[np.uint8],
    rate: float,
    y: NDArray | None = None,
) -> None: ...
