"""Maximum over windows of an image."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike

from fernet._kernels import argmax_size
from fernet.layers.base import Layer, LayerContext, PassContext, Shape, repeatable
from fernet.layers.pairs import as_pair, image_axes

__all__ = ["MaxPool2D"]
__dir__ = __all__.copy

# The place of a window's largest pixel is kept in a byte.
_MAX_WINDOW = 256


class MaxPool2D(Layer):
    """Keep the largest pixel of each window; windows stand side by side.

    Rows and columns beyond the last whole window are dropped. A NaN counts as the largest. The
    gradient goes to the first maximum of each window.

    Parameters
    ----------
    size : int or pair of int, default=2
        Rows and columns of a window, of 256 pixels at most.

    Raises
    ------
    ValueError
        If `size` is not one or two whole numbers of 1 or more, or their product is above 256.

    References
    ----------
    The report, section 6.

    Examples
    --------
    >>> from fernet.layers import MaxPool2D
    >>> MaxPool2D(2).output_shape((25, 24, 32))
    (12, 12, 32)
    """

    kind = "max_pool2d"
    backward_reads = frozenset({"y"})
    masks_relu = True

    def __init__(self, size: int | tuple[int, int] = 2) -> None:
        self.size = as_pair(size, "size")
        if math.prod(self.size) > _MAX_WINDOW:
            raise ValueError(f"size is {size!r}; expected a window of at most {_MAX_WINDOW} pixels")

    def output_shape(self, input_shape: Shape) -> Shape:
        height, width, channels = image_axes(input_shape, "MaxPool2D")
        shape = (height // self.size[0], width // self.size[1], channels)
        if min(shape) < 1:
            raise ValueError(
                f"MaxPool2D got images of {height} x {width} pixels; expected at least one window "
                f"of {self.size[0]} x {self.size[1]}"
            )
        return shape

    def scratch_shapes(
        self, batch_size: int, input_shape: Shape
    ) -> dict[str, tuple[Shape, DTypeLike]]:
        n_windows = batch_size * math.prod(self.output_shape(input_shape))
        return {"argmax": ((argmax_size(n_windows, self.size),), np.uint8)}

    @repeatable
    def forward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        pass_ctx.kernels.max_pool_forward(ctx.x, ctx.y, ctx.scratch.get("argmax"), self.size)

    @repeatable
    def backward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        if ctx.dx is not None:
            pass_ctx.kernels.max_pool_backward(
                ctx.require_dy(), ctx.y, ctx.scratch["argmax"], ctx.dx, self.size, ctx.relu_before
            )
