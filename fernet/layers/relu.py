"""Rectified linear unit: ``y = max(x, 0)``."""

from __future__ import annotations

from fernet.layers.base import Layer, LayerContext, PassContext, repeatable

__all__ = ["ReLU"]
__dir__ = __all__.copy


class ReLU(Layer):
    """Set what is negative to zero; its gradient passes where the output is positive.

    It works in place. After a layer that can rectify as it writes, such as `Linear`, its
    forward costs nothing.

    References
    ----------
    The report, sections 1.3 and 1.4.

    Examples
    --------
    >>> from fernet.layers import ReLU
    >>> ReLU().output_shape((512,))
    (512,)
    """

    kind = "relu"
    in_place = True
    backward_in_place = True
    backward_reads = frozenset({"y"})
    keeps_mask = True

    @repeatable
    def forward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        if not ctx.fused:
            pass_ctx.kernels.relu_forward(ctx.x, ctx.y)

    @repeatable
    def backward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        # A dropout behind may have overwritten y: what it dropped reads as "not positive", and
        # its own backward has set those gradients to zero already.
        if ctx.dx is not None and not ctx.fused_backward:
            pass_ctx.kernels.relu_backward(ctx.require_dy(), ctx.y, ctx.dx)
