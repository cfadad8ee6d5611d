"""Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

def conv2d_packed_size(
    x_shape: tuple[int, ...],
    weight_shape: tuple[int, ...],
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    algorithm: Literal["auto", "direct", "winograd"] = "auto",
) -> int: ...
def conv2d_pack(
    x_shape: tuple[int, ...],
    weight: NDArray,
    packed: NDArray,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    algorithm: Literal["auto", "direct", "winograd"] = "auto",
) -> None: ...
def conv2d_forward(
    x: NDArray,
    weight: NDArray,
    bias: NDArray | None,
    y: NDArray,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    relu: bool = False,
    algorithm: Literal["auto", "direct", "winograd"] = "auto",
    training: bool = False,
    packed: NDArray | None = None,
) -> None: ...
def conv2d_pools(
    x_shape: tuple[int, ...],
    weight_shape: tuple[int, ...],
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    algorithm: Literal["auto", "direct", "winograd"] = "auto",
) -> bool: ...
def conv2d_pool_forward(
    x: NDArray,
    weight: NDArray,
    bias: NDArray | None,
    y: NDArray,
    argmax: NDArray[np.uint8] | None,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    relu: bool = False,
    algorithm: Literal["auto", "direct", "winograd"] = "auto",
    training: bool = False,
    packed: NDArray | None = None,
) -> None: ...
def conv2d_backward_input(
    dy: NDArray,
    weight: NDArray,
    dx: NDArray,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    relu_x: NDArray | None = None,
    algorithm: Literal["auto", "direct", "winograd"] = "auto",
) -> None: ...
def conv2d_backward_params(
    x: NDArray,
    dy: NDArray,
    dweight: NDArray,
    dbias: NDArray | None,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    algorithm: Literal["auto", "direct", "winograd"] = "auto",
) -> None: ...
def conv2d_backward(
    x: NDArray,
    dy: NDArray,
    weight: NDArray,
    dx: NDArray,
    dweight: NDArray,
    dbias: NDArray | None,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    relu_x: NDArray | None = None,
    algorithm: Literal["auto", "direct", "winograd"] = "auto",
) -> None: ...
