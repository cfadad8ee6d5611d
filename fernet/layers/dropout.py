"""Inverted dropout."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike

from fernet._checks import check_number
from fernet.layers.base import Layer, LayerContext, PassContext, Shape, repeatable

__all__ = ["Dropout"]
__dir__ = __all__.copy


class Dropout(Layer):
    """Drop each element with probability `rate` in training, and scale up the rest.

    What is kept is multiplied by ``1 / (1 - rate)``, so predicting needs no correction and the
    layer then does nothing. The mask is a function of the training's seed, the step and the
    layer's position: the same for any number of threads, and after a resume.

    Parameters
    ----------
    rate : float
        Probability of dropping, at least 0 and below 1.

    Raises
    ------
    ValueError
        If `rate` is outside that range.

    References
    ----------
    The report, section 2.

    Examples
    --------
    >>> from fernet.layers import Dropout
    >>> Dropout(0.4).config()
    {'kind': 'dropout', 'rate': 0.4}
    """

    kind = "dropout"
    in_place = True
    backward_in_place = True
    backward_reads = frozenset()
    keeps_mask = True
    masks_relu = True

    def __init__(self, rate: float) -> None:
        check_number(rate, "rate", "at least 0 and below 1")
        if not 0 <= rate < 1:
            raise ValueError(f"rate is {rate}; expected at least 0 and below 1")
        self.rate = float(rate)

    def passes_through(self, training: bool) -> bool:
        return not training or self.rate == 0

    def scratch_shapes(
        self, batch_size: int, input_shape: Shape
    ) -> dict[str, tuple[Shape, DTypeLike]]:
        return {"mask": ((-(-batch_size * math.prod(input_shape) // 8),), np.uint8)}

    @repeatable
    def forward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        if pass_ctx.training and self.rate > 0:
            pass_ctx.kernels.dropout_forward(
                ctx.x,
                ctx.y,
                ctx.scratch["mask"],
                self.rate,
                pass_ctx.seed,
                pass_ctx.step,
                ctx.index,
            )
        elif not np.may_share_memory(ctx.x, ctx.y):
            # By a kernel, which a tape records. The network leaves such a layer out, but where a
            # class of one's own overrides a pass.
            rows = np.arange(len(ctx.x))
            x, y = (array.reshape(len(rows), -1) for array in (ctx.x, ctx.y))
            pass_ctx.kernels.gather_rows(x, rows, None, None, y)

    @repeatable
    def backward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        if ctx.dx is None:
            return
        # What is kept is positive where the ReLU's output is, which y may have overwritten.
        relu_y = ctx.y if ctx.relu_before else None
        if self.rate > 0:
            pass_ctx.kernels.dropout_backward(
                ctx.require_dy(), ctx.dx, ctx.scratch["mask"], self.rate, relu_y
            )
        elif relu_y is not None:  # the rate has been set to 0 since the pass was planned
            pass_ctx.kernels.relu_backward(ctx.require_dy(), relu_y, ctx.dx)
