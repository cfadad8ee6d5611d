"""Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels."""

import numpy as np
from numpy.typing import NDArray

def argmax_size(y_size: int, size: tuple[int, int] = (2, 2)) -> int: ...
def max_pool_forward(
    x: NDArray,
    y: NDArray,
    argmax: NDArray[np.uint8] | None,
    size: tuple[int, int] = (2, 2),
) -> None: ...
def max_pool_backward(
    dy: NDArray,
    y: NDArray | None,
    argmax: NDArray[np.uint8],
    dx: NDArray,
    size: tuple[int, int] = (2, 2),
    relu: bool = False,
) -> None: ...
def global_avg_pool_forward(x: NDArray, y: NDArray) -> None: ...
def global_avg_pool_backward(dy: NDArray, dx: NDArray) -> None: ...
