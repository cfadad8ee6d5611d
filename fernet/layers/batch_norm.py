"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fernet._checks import as_truth, check_number
from fernet.layers.base import Layer, LayerContext, PassContext, Shape, repeatable
from fernet.layers.mirrored import check_pairs, pairs_of

__all__ = ["BatchNorm"]
__dir__ = __all__.copy


class BatchNorm(Layer):
    """Give each channel, the last axis, a mean and spread of its own choice.

    ``y = gamma * (x - mean) / sqrt(var + eps) + beta``. In training, mean and variance are the
    batch's; predicting takes their running averages, so a row's result does not depend on the
    rows beside it. Weight decay leaves `gamma` and `beta` alone. Behind a `Conv2D` or `Linear` it
    costs nothing in a prediction, which folds it into their weights.

    Parameters
    ----------
    momentum : float, default=0.9
        Share of the old running average that a training step keeps, 0 to 1, as Keras defines it;
        PyTorch calls the other share momentum.
    eps : float, default=1e-5
        Added to the variance, above 0.
    mirrored : bool, default=False
        Whether channels come in pairs, as behind a mirrored `Conv2D`: the second half are the first
        one's mirror images, and have the same `gamma`, `beta` and running averages.

    Raises
    ------
    ValueError
        If one of these is outside its range.

    Notes
    -----
    The running variance averages that of the batch's values, divided by their number and not, as
    PyTorch does, by one less. A batch with a single value for each channel, as of one image
    behind a `Linear`, leaves the running averages alone.

    References
    ----------
    Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing
    internal covariate shift", 2015.

    Examples
    --------
    >>> from fernet.layers import BatchNorm
    >>> BatchNorm().undecayed_shapes((24, 24, 64))
    {'gamma': (64,), 'beta': (64,)}
    """

    kind = "batch_norm"
    _told_if_set = ("mirrored",)
    backward_in_place = True
    backward_reads = frozenset({"x"})
    fuses_relu = True
    fuses_relu_backward = True

    def __init__(self, momentum: float = 0.9, eps: float = 1e-5, mirrored: bool = False) -> None:
        check_number(momentum, "momentum", "0 to 1")
        check_number(eps, "eps", "a number above 0")
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum is {momentum}; expected 0 to 1")
        if not 0 < eps < float("inf"):
            raise ValueError(f"eps is {eps}; expected a number above 0")
        self.momentum = float(momentum)
        self.eps = float(eps)
        self.mirrored = as_truth(mirrored, "mirrored")

    def output_shape(self, input_shape: Shape) -> Shape:
        if self.mirrored:
            check_pairs(input_shape[-1], "BatchNorm", "channels before it")
        return input_shape

    def undecayed_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return {"gamma": input_shape[-1:], "beta": input_shape[-1:]}

    def state_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return {"running_mean": input_shape[-1:], "running_var": input_shape[-1:]}

    def scratch_shapes(
        self, batch_size: int, input_shape: Shape
    ) -> Mapping[str, tuple[Shape, DTypeLike | None]]:
        return {"mean": (input_shape[-1:], None), "var": (input_shape[-1:], None)}

    def initialize(self, params: Mapping[str, NDArray], rng: np.random.Generator) -> None:
        params["gamma"][...] = 1
        params["beta"][...] = 0

    def initialize_state(self, state: Mapping[str, NDArray]) -> None:
        state["running_mean"][...] = 0
        state["running_var"][...] = 1

    def forward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        gamma, beta, state = ctx.params["gamma"], ctx.params["beta"], ctx.state
        if not pass_ctx.training:
            mean, var = state["running_mean"], state["running_var"]
            pass_ctx.kernels.batch_norm_inference(
                ctx.x, gamma, beta, mean, var, ctx.y, self.eps, relu=ctx.relu
            )
            return
        mean, var = ctx.scratch["mean"], ctx.scratch["var"]
        pass_ctx.kernels.batch_norm_forward(
            ctx.x, gamma, beta, mean, var, ctx.y, self.eps, relu=ctx.relu
        )
        if ctx.x.size == mean.size:
            return  # A single value varies by 0, which predictions would divide by.
        for running, batch in ((state["running_mean"], mean), (state["running_var"], var)):
            running *= self.momentum
            running += (1 - self.momentum) * batch
            if self.mirrored:
                pass_ctx.kernels.mirror_mean(pairs_of(running), False, True)

    @repeatable
    def backward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        # A first layer has nobody to hand a gradient to, but the kernel writes one.
        dy = ctx.require_dy()
        dx = np.empty_like(dy) if ctx.dx is None else ctx.dx
        pass_ctx.kernels.batch_norm_backward(
            dy,
            ctx.x,
            ctx.params["gamma"],
            ctx.params["beta"],
            ctx.scratch["mean"],
            ctx.scratch["var"],
            dx,
            ctx.grads["gamma"],
            ctx.grads["beta"],
            self.eps,
            relu=ctx.relu,
        )
        if self.mirrored:
            for name in ("gamma", "beta"):
                pass_ctx.kernels.mirror_mean(pairs_of(ctx.grads[name]), False, True)
