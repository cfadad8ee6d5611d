"""What every layer is: a configuration, shapes, and a forward and backward on given arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fernet._checks import arguments_of, call_text
from fernet._kernels.protocol import Kernels

__all__ = [
    "GradientSink",
    "Layer",
    "LayerContext",
    "PassContext",
    "Shape",
    "is_of_fernet",
    "is_repeatable",
    "repeatable",
]
__dir__ = __all__.copy

Shape = tuple[int, ...]
"""Of one row, without the axis of the batch."""


_Function = TypeVar("_Function", bound=Callable[..., None])


def repeatable(function: _Function) -> _Function:
    """Mark a layer's `forward` or `backward` that asks the same of kernels in each pass.

    It calls kernels and does nothing else, with arrays that are its context's and numbers that
    depend on nothing but the layer, the context, ``pass_ctx.training`` and, unchanged and under
    these names, ``pass_ctx.seed`` and ``pass_ctx.step``. Then it runs once, and its kernels' calls
    are repeated without it, many layers' in one go. A method that overrides it is not marked.

    Parameters
    ----------
    function : callable
        The method.

    Returns
    -------
    callable
        The same.

    Examples
    --------
    >>> from fernet.layers.base import Layer, is_repeatable, repeatable
    >>> class Twice(Layer):
    ...     kind = "twice"
    ...
    ...     @repeatable
    ...     def forward(self, ctx, pass_ctx):
    ...         pass_ctx.kernels.add_forward(ctx.x, ctx.x, ctx.y)
    >>> is_repeatable(Twice().forward), is_repeatable(Twice().backward)
    (True, False)
    """
    function.is_repeatable = True  # type: ignore[attr-defined]
    return function


def is_repeatable(function: Callable[..., Any]) -> bool:
    """Return whether a method is marked as `repeatable`."""
    return getattr(function, "is_repeatable", False) is True


class GradientSink(Protocol):
    """Receives gradients during the backward pass, as soon as each is known.

    An optimizer that updates a layer's parameters right away is one: then no memory has to hold
    the gradients of the whole network.
    """

    def take(self, index: int, grads: Mapping[str, NDArray]) -> None:
        """Take the gradients of node `index`'s parameters; the arrays are overwritten later."""

    def take_linear(self, index: int, x: NDArray, dy: NDArray) -> None:
        """Take the input and the output gradient of node `index`, a linear layer.

        The gradients of its parameters follow from them: ``x.T @ dy`` for the weight, the sum of
        the rows of `dy` for the bias. So a sink can update the weight without storing the product.
        """


@dataclass(slots=True)
class PassContext:
    """What is the same for all layers during one pass over a batch.

    Parameters
    ----------
    kernels : Kernels
        `fernet._kernels`, or its NumPy `reference`.
    training : bool, default=False
        True in a training step, False when predicting.
    seed, step : int, default=0
        Key of the random masks: the training's seed, and how many steps it has done.
    gradient_sink : GradientSink, default=None
        Where the parameters' gradients go if the workspace was made with ``fused_update=True``
        and so keeps none.

    Examples
    --------
    >>> from fernet import _kernels
    >>> from fernet.layers import PassContext
    >>> PassContext(_kernels, training=True, seed=1, step=20).step
    20
    """

    kernels: Kernels
    training: bool = False
    seed: int = 0
    step: int = 0
    gradient_sink: GradientSink | None = None

    def require_sink(self) -> GradientSink:
        """Return `gradient_sink`, or raise ValueError if there is none."""
        if self.gradient_sink is None:
            raise ValueError(
                "gradient_sink is None; expected a GradientSink, as this workspace keeps no "
                "gradients"
            )
        return self.gradient_sink


@dataclass(slots=True)
class LayerContext:
    """What one layer works on: its parameters, its buffers, and what it does for its neighbours.

    A layer may do a neighbour's work in the same loop as its own, so that the data go through
    the processor once. The last five fields say so; the network sets them, and a layer need only
    heed those that its class says it supports (see `Layer`).

    Parameters
    ----------
    layer : Layer
        The layer.
    index : int
        Its number among the network's nodes, part of the key of random masks.
    params, grads, state : dict of str to ndarray
        Views of the network's parameters, of their gradients, and of what is kept but not trained.
    x, y : ndarray of shape (N, *input_shape) and (N, *output_shape)
        Input and output; the same memory if the layer works in place.
    dx, dy : ndarray or None
        Gradients of the loss with respect to `x` and `y`. `dx` is None if nothing before this
        layer is trained; both are when predicting.
    scratch : dict of str to ndarray
        What the layer keeps from its forward for its backward.
    inputs : list of ndarray
        All inputs, for a layer that joins several; `x` is the first.
    relu : bool, default=False
        True if this layer's forward is to write ``max(y, 0)``, as a ReLU follows it.
    fused : bool, default=False
        True for a ReLU whose forward is done by the layer before it.
    relu_before : bool, default=False
        True if a ReLU comes before and this layer's backward is to do that ReLU's: set `dx` to
        0 where `x`, the ReLU's output, is not positive.
    fused_backward : bool, default=False
        True for a ReLU whose backward is done by the layer before or after it.
    pool : LayerContext or None, default=None
        A pooling that follows, if this layer's forward is to write the pooled result into that
        context's `y` and `scratch`. Its own `y` then has no memory.
    """

    layer: Layer
    index: int
    params: dict[str, NDArray]
    grads: dict[str, NDArray]
    state: dict[str, NDArray]
    x: NDArray
    y: NDArray
    dx: NDArray | None = None
    dy: NDArray | None = None
    scratch: dict[str, NDArray] = field(default_factory=dict)
    inputs: list[NDArray] = field(default_factory=list)
    relu: bool = False
    fused: bool = False
    relu_before: bool = False
    fused_backward: bool = False
    pool: LayerContext | None = None

    def require_dy(self) -> NDArray:
        """Return `dy`, or raise ValueError if there is none, as when predicting."""
        if self.dy is None:
            raise ValueError("dy is None; expected the output's gradient, as in a backward pass")
        return self.dy


class Layer:
    """Base of all layers.

    A layer holds its configuration only. Each call hands it the arrays to work on, as a
    `LayerContext`, so one layer object serves any batch size, and need not know which layers
    stand before and after it. A subclass gives `forward` and `backward`, and overrides the shapes
    that differ.

    The attributes tell the network which memory the layer may share and which work of its
    neighbours it can take over. They speak of the passes of the class that sets them: where a
    subclass overrides `forward` or `backward` and does not set them again, the network does not
    rely on them (see `fernet.layers.traits`).

    Attributes
    ----------
    kind : str
        Name in a configuration and in parameter names, such as ``"linear"``. Each class has one of
        its own: those of fernet's layers are taken.
    in_place : bool
        `forward` may write the output over the input (a joining layer: over any of them).
    backward_in_place : bool
        `backward` may write `dx` over `dy`.
    backward_reads : frozenset of {"x", "y"}
        Which of its forward arrays `backward` reads, by default both; the others may be
        overwritten before, which saves memory. Of ``"y"`` fernet's own layers read the sign of each
        element alone: a dropout behind one may have scaled it, or set it to 0.
    keeps_mask : bool
        The output may stand for the input wherever only "is it positive?" matters to the
        gradient. Where the output is positive, so is the input; where only the input is, the
        layer has set the gradient to 0 itself, as dropout does for what it dropped. So the input
        need not be kept for the backward of a ReLU before this layer.
    fuses_relu : bool
        `forward` honours `LayerContext.relu`.
    fuses_relu_backward : bool
        `backward` does too: it applies that ReLU's mask itself.
    masks_relu : bool
        `backward` honours `LayerContext.relu_before`. A layer that also keeps the mask has its `y`
        kept for that.
    folds_scale : bool
        ``y`` is linear in ``params["weight"]``, whose last axis counts the outputs, plus an
        optional ``params["bias"]``. So a scale and shift of each output can be folded into both.
    is_linear : bool
        The parameters' gradients are those that `GradientSink.take_linear` names. If the
        gradients are not kept, `ctx.grads` is empty and `backward` calls that method instead. It
        must do so last: the call may change the parameters.
    """

    kind: ClassVar[str]
    in_place: ClassVar[bool] = False
    backward_in_place: ClassVar[bool] = False
    backward_reads: ClassVar[frozenset[str]] = frozenset({"x", "y"})
    keeps_mask: ClassVar[bool] = False
    fuses_relu: ClassVar[bool] = False
    fuses_relu_backward: ClassVar[bool] = False
    masks_relu: ClassVar[bool] = False
    folds_scale: ClassVar[bool] = False
    is_linear: ClassVar[bool] = False
    _told_if_set: ClassVar[tuple[str, ...]] = ()

    def passes_through(self, training: bool) -> bool:
        """Return whether the output is just the input, and the gradient passes unchanged."""
        return False

    def pools(self, pool: Layer, input_shape: Shape, kernels: Kernels) -> bool:
        """Return whether `forward` honours `LayerContext.pool` if the layer `pool` follows."""
        return False

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one output row for one input row; the same by default."""
        return input_shape

    def decayed_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return names and shapes of the parameters that weight decay acts on."""
        return {}

    def undecayed_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return names and shapes of the parameters that it leaves alone, such as biases."""
        return {}

    def state_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return names and shapes of what is kept with the model but not trained."""
        return {}

    def scratch_shapes(
        self, batch_size: int, input_shape: Shape
    ) -> Mapping[str, tuple[Shape, DTypeLike | None]]:
        """Return names, shapes and dtypes of what a training forward leaves for the backward.

        A dtype of None is the network's own.
        """
        return {}

    def initialize(self, params: Mapping[str, NDArray], rng: np.random.Generator) -> None:
        """Write first values into the parameters; by default there are none."""

    def packed_size(self, input_shape: Shape, kernels: Kernels) -> int:
        """Return how many elements `pack` writes; 0, the default, if there is nothing to gain."""
        return 0

    def pack(self, weight: NDArray, input_shape: Shape, kernels: Kernels, packed: NDArray) -> None:
        """Write the weight in the layout that predictions read fastest.

        As ``params["packed"]`` it is then read in place of ``params["weight"]``, of which the
        shape alone counts; the outputs have the same bits.
        """

    def initialize_state(self, state: Mapping[str, NDArray]) -> None:
        """Write first values into what is kept but not trained; by default zeros."""
        for view in state.values():
            view[...] = 0

    def forward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        """Read ``ctx.x``, write ``ctx.y``."""
        raise NotImplementedError

    def backward(self, ctx: LayerContext, pass_ctx: PassContext) -> None:
        """Read ``ctx.dy``, write ``ctx.grads`` and, unless it is None, ``ctx.dx``."""
        raise NotImplementedError

    def comes_with_fernet(self) -> bool:
        """Return whether its class, and those of all layers within it, are fernet's."""
        return is_of_fernet(type(self))

    def config(self) -> dict[str, Any]:
        """Return the layer's kind and constructor arguments, fit for JSON."""
        arguments = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self._arguments().items()
        }
        return {"kind": self.kind, **arguments}

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> Layer:
        """Build a layer from what `config` returned, without the kind."""
        return cls(**arguments)

    def _arguments(self) -> dict[str, Any]:
        left_out = self._unsaid()
        return {name: v for name, v in arguments_of(self).items() if name not in left_out}

    def _unsaid(self) -> set[str]:
        """Name the arguments that are not told of: they were added later, and say nothing."""
        return {name for name in self._told_if_set if not getattr(self, name, True)}

    def __repr__(self) -> str:
        return call_text(self, left_out=self._unsaid())

    def __eq__(self, other: object) -> bool:
        # No hash: attributes may change, and with them what equals what.
        return isinstance(other, Layer) and self.config() == other.config()


def is_of_fernet(cls: type) -> bool:
    """Return whether a class is one of fernet's, and not a user's."""
    return cls.__module__.partition(".")[0] == "fernet"
