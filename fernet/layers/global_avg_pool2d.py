"""Mean over an image's positions."""

from __future__ import annotations

from fernet.layers.base import Layer, LayerContext, PassContext, Shape, repeatable
from fernet.layers.pairs import image_axes

__all__ = ["GlobalAvgPool2D"]
__dir__ = __all__.copy


class GlobalAvgPool2D(Layer):
    """Average each channel over all positions, so that an image becomes a row of its channels.

    References
    ----------
    Lin, Chen and Yan, "Network in network", 2013, section 3.2.

    Examples
    --------
    >>> from fernet.layers import GlobalAvgPool2D
    >>> GlobalAvgPool2D().output_shape((3, 3, 512))
    (512,)
    """

    kind = "global_avg_pool2d"
    backward_reads = frozenset()

    def output_shape(self, input_shape: Shape) -> Shape:
        return (image_axes(input_shape, "GlobalAvgPool2D")[2],)

    @repeatable
    def forward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        pass_ctx.kernels.global_avg_pool_forward(ctx.x, ctx.y)

    @repeatable
    def backward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        if ctx.dx is not None:
            pass_ctx.kernels.global_avg_pool_backward(ctx.require_dy(), ctx.dx)
