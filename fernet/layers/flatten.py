"""Flatten: the axes of a row become one."""

from __future__ import annotations

import math

import numpy as np

from fernet.layers.base import Layer, LayerContext, PassContext, Shape

__all__ = ["Flatten"]
__dir__ = __all__.copy


class Flatten(Layer):
    """Read each row, of any number of axes, as a vector; no memory moves.

    Examples
    --------
    >>> from fernet.layers import Flatten
    >>> Flatten().output_shape((3, 3, 256))
    (2304,)
    """

    kind = "flatten"
    backward_reads = frozenset()
    in_place = True
    backward_in_place = True
    keeps_mask = True

    def passes_through(self, training: bool) -> bool:
        return True

    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)

    # The network calls neither, unless for a subclass that overrides one of them.
    def forward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        if not np.may_share_memory(ctx.x, ctx.y):
            ctx.y[...] = ctx.x.reshape(ctx.y.shape)

    def backward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        dy = ctx.require_dy()
        if ctx.dx is not None and not np.may_share_memory(ctx.dx, dy):
            ctx.dx[...] = dy.reshape(ctx.dx.shape)
