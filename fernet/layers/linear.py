"""Linear layer: ``y = x W + b``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fernet._checks import as_count, as_truth
from fernet.layers.base import Layer, LayerContext, PassContext, Shape, repeatable
from fernet.layers.initializers import INITIALIZERS
from fernet.layers.mirrored import check_pairs

__all__ = ["Linear"]
__dir__ = __all__.copy


class Linear(Layer):
    """Multiply each row by a weight matrix and add a bias.

    Rows have one axis: a `Flatten` goes before where they have more. The gradients are
    ``dweight = x.T dy``, ``dx = dy weight.T`` and ``dbias``, the sum of `dy` over the batch
    (the report, section 1.2, leaves that sum out).

    Parameters
    ----------
    n_outputs : int
        Columns of the weight, 1 or more.
    initializer : {"he_normal", "he_uniform", "glorot_uniform"}, default="he_normal"
        First values of the weight, see `fernet.layers.initializers`; biases start at 0.
    use_bias : bool, default=True
        Whether a bias is added.
    mirrored : bool, default=False
        Whether inputs come in pairs, as the largest of each channel behind a mirrored `Conv2D`: the
        second half has the weights of the first, so that both images of a pair have one output.

    Raises
    ------
    ValueError
        If `n_outputs` is no whole number of 1 or more, the initializer is unknown, or `use_bias` is
        neither True nor False.

    References
    ----------
    The report, sections 1.1 and 1.2.

    Examples
    --------
    >>> from fernet.layers import Linear
    >>> layer = Linear(7)
    >>> layer.decayed_shapes((2304,)), layer.undecayed_shapes((2304,))
    ({'weight': (2304, 7)}, {'bias': (7,)})
    """

    kind = "linear"
    _told_if_set = ("mirrored",)
    backward_reads = frozenset({"x"})
    fuses_relu = True
    folds_scale = True
    is_linear = True

    def __init__(
        self,
        n_outputs: int,
        initializer: str = "he_normal",
        use_bias: bool = True,
        mirrored: bool = False,
    ) -> None:
        if initializer not in INITIALIZERS:
            known = ", ".join(INITIALIZERS)
            raise ValueError(f"initializer {initializer!r} is unknown; expected one of: {known}")
        self.n_outputs = as_count(n_outputs, "n_outputs")
        self.initializer = initializer
        self.use_bias = as_truth(use_bias, "use_bias")
        self.mirrored = as_truth(mirrored, "mirrored")
        if self.mirrored:
            self.is_linear = False  # type: ignore[misc]  # its gradient is the mean of two

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise ValueError(f"Linear got rows of shape {input_shape}; expected one axis (Flatten)")
        if self.mirrored:
            check_pairs(input_shape[0], "Linear", "inputs")
        return (self.n_outputs,)

    def decayed_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return {"weight": (input_shape[0], self.n_outputs)}

    def undecayed_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return {"bias": (self.n_outputs,)} if self.use_bias else {}

    def initialize(self, params: Mapping[str, NDArray], rng: np.random.Generator) -> None:
        weight = params["weight"]
        fan_in, fan_out = weight.shape
        INITIALIZERS[self.initializer](weight, fan_in, fan_out, rng)
        if self.mirrored:
            weight[fan_in // 2 :] = weight[: fan_in // 2]
        if self.use_bias:
            params["bias"][...] = 0

    @repeatable
    def forward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        pass_ctx.kernels.linear_forward(
            ctx.x, ctx.params["weight"], ctx.params.get("bias"), ctx.y, ctx.relu
        )

    @repeatable
    def backward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        dy = ctx.require_dy()
        if ctx.dx is not None:
            pass_ctx.kernels.linear_backward_input(dy, ctx.params["weight"], ctx.dx)
        if ctx.grads:
            pass_ctx.kernels.linear_backward_params(
                ctx.x, dy, ctx.grads["weight"], ctx.grads.get("bias")
            )
            if self.mirrored:
                dweight = ctx.grads["weight"]
                pass_ctx.kernels.mirror_mean(dweight.reshape(1, 1, *dweight.shape), True, False)
        else:
            pass_ctx.require_sink().take_linear(ctx.index, ctx.x, dy)
