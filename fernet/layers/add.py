"""Add: where the branches of a network join."""

from __future__ import annotations

from fernet.layers.base import Layer, LayerContext, PassContext, repeatable

__all__ = ["Add"]
__dir__ = __all__.copy


class Add(Layer):
    """Sum two inputs of one shape; the gradient to each is the gradient to the sum.

    A network makes it where a `Residual` ends; it has no place in a list of layers.

    Examples
    --------
    >>> from fernet.layers import Add
    >>> Add().output_shape((12, 12, 64))
    (12, 12, 64)
    """

    kind = "add"
    backward_reads = frozenset()
    in_place = True
    fuses_relu = True

    @repeatable
    def forward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        first, second = ctx.inputs
        pass_ctx.kernels.add_forward(first, second, ctx.y, ctx.relu)

    def backward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        # The network hands `dy` to both inputs as it is.
        pass
