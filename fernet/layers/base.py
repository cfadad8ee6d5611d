"""What every layer is: a configuration, shapes, and a forward and backward on given buffers."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

Shape = tuple[int, ...]


class GradientTaker(Protocol):
    """Takes gradients as soon as they are known, from a workspace that does not keep them."""

    def take(self, index: int, grads: Mapping[str, NDArray]) -> None:
        """Take the gradients to the parameters of node `index`; their memory is used again."""

    def take_linear(self, index: int, x: NDArray, dy: NDArray) -> None:
        """Take those of a linear layer as what they are made of.

        The gradient to its weight is ``x.T @ dy``, and to its bias the sum of the rows of `dy`.
        """


@dataclass(slots=True)
class Run:
    """What holds for every layer of one pass.

    Parameters
    ----------
    kernels : module
        `fernet._kernels`, or its NumPy `reference`.
    training : bool, default=False
        True in a training step, False when predicting.
    seed, step : int, default=0
        Key of the random masks: the training's seed, and the count of its steps.
    gradients : GradientTaker, default=None
        Who is given each node's gradients by a workspace that passes them on instead of keeping
        them.

    Examples
    --------
    >>> from fernet import _kernels
    >>> from fernet.layers import Run
    >>> Run(_kernels, training=True, seed=1, step=20).step
    20
    """

    kernels: ModuleType
    training: bool = False
    seed: int = 0
    step: int = 0
    gradients: GradientTaker | None = None

    def taker(self) -> GradientTaker:
        """Return `gradients`, which a workspace that keeps none needs."""
        if self.gradients is None:
            raise ValueError(
                "gradients is None; expected who takes them, as this workspace keeps none"
            )
        return self.gradients


@dataclass(slots=True)
class Place:
    """A layer's place in a network: its parameters, and its buffers for one batch size.

    Parameters
    ----------
    layer : Layer
        Which layer works here.
    index : int
        Its position in the network, part of the key of random masks.
    params, grads, state : dict of str to ndarray
        Views of the network's parameters, of their gradients, and of what is kept but not trained.
    x, y : ndarray of shape (N, *input_shape) and (N, *output_shape)
        Input and output; one memory for a layer that works in place.
    dx, dy : ndarray or None
        Gradients to both. `dx` is None where nobody needs it, both are when predicting.
    scratch : dict of str to ndarray
        What the layer keeps from its forward for its backward.
    inputs : list of ndarray
        All inputs, for a layer that joins several; `x` is the first.
    relu : bool, default=False
        True if this layer's forward also applies the ReLU that follows it.
    fused : bool, default=False
        True for a ReLU whose forward the layer before it does.
    relu_before : bool, default=False
        True if `x` is the output of a ReLU and this layer's backward is to apply that ReLU's
        mask to `dx`.
    fused_backward : bool, default=False
        True for a ReLU whose mask the layer before or behind it applies.
    pool : Place or None, default=None
        The pooling behind, if this layer's forward writes its output and scratch in place of
        its own output, for which there is no memory then.
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
    pool: Place | None = None


class Layer:
    """Base of all layers.

    A layer holds its configuration only. It is given its memory, as a `Place`, so one layer
    object may serve any batch size, and it does not know what stands before or after it.
    A subclass gives `forward` and `backward`, and overrides the shapes that differ.

    Attributes
    ----------
    kind : str
        Name in a configuration and in parameter names, such as ``"linear"``.
    in_place : bool
        `forward` may write the output over the input (a joining layer: over any of them).
    backward_in_place : bool
        `backward` may write `dx` over `dy`.
    backward_reads : frozenset of {"x", "y"}
        Which of its forward arrays `backward` reads; the others may be gone by then. Of `y` it
        may read only whether it is positive: a dropout behind may have overwritten the rest.
    keeps_mask : bool
        Where the output is positive the input is too, and where only the input is, `backward`
        lets no gradient pass. So one may stand for the other in a ReLU's mask.
    fuses_relu : bool
        `forward` honours `Place.relu`.
    fuses_relu_backward : bool
        `backward` then applies the mask of that ReLU itself.
    masks_relu : bool
        `backward` honours `Place.relu_before`.
    folds_scale : bool
        ``y`` is linear in ``params["weight"]``, outputs along its last axis, plus an optional
        ``params["bias"]``: a scale and shift of the outputs can be folded into both.
    is_linear : bool
        The gradients are those that `GradientTaker.take_linear` speaks of. Where a workspace
        passes gradients on, `backward` has no ``at.grads`` and calls that instead, after all
        else that it reads parameters for: they change.
    """

    kind: ClassVar[str]
    in_place: ClassVar[bool] = False
    backward_in_place: ClassVar[bool] = False
    backward_reads: ClassVar[frozenset[str]] = frozenset()
    keeps_mask: ClassVar[bool] = False
    fuses_relu: ClassVar[bool] = False
    fuses_relu_backward: ClassVar[bool] = False
    masks_relu: ClassVar[bool] = False
    folds_scale: ClassVar[bool] = False
    is_linear: ClassVar[bool] = False
    _registry: ClassVar[dict[str, type[Layer]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Layer._registry[cls.kind] = cls

    def passes_through(self, training: bool) -> bool:
        """Return whether the layer does nothing, forward and backward: its output is its input."""
        return False

    def pools(self, pool: Layer, input_shape: Shape, kernels: ModuleType) -> bool:
        """Return whether `forward` honours `Place.pool` for a layer `pool` that follows."""
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

    def initialize_state(self, state: Mapping[str, NDArray]) -> None:
        """Write first values into what is kept but not trained; by default zeros."""
        for view in state.values():
            view[...] = 0

    def forward(self, at: Place, run: Run) -> None:
        """Read ``at.x``, write ``at.y``."""
        raise NotImplementedError

    def backward(self, at: Place, run: Run) -> None:
        """Read ``at.dy``, write ``at.grads`` and, unless it is None, ``at.dx``."""
        raise NotImplementedError

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
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self._arguments().items())
        return f"{type(self).__name__}({arguments})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layer) and self.config() == other.config()

    __hash__ = None  # type: ignore[assignment]


def layer_from_config(config: Mapping[str, Any]) -> Layer:
    """Build the layer that `Layer.config` described.

    Parameters
    ----------
    config : mapping
        Key ``"kind"`` and the constructor's arguments.

    Returns
    -------
    Layer

    Raises
    ------
    ValueError
        If the kind is unknown or the arguments are not those of its constructor.

    Examples
    --------
    >>> from fernet.layers import Linear, layer_from_config
    >>> layer_from_config(Linear(7).config())
    Linear(n_outputs=7, initializer='he_normal', use_bias=True)
    """
    arguments = dict(config)
    kind = arguments.pop("kind", None)
    if kind not in Layer._registry:
        known = ", ".join(sorted(Layer._registry))
        raise ValueError(f"layer kind {kind!r} is unknown; expected one of: {known}")
    try:
        return Layer._registry[kind].from_arguments(arguments)
    except TypeError as error:
        raise ValueError(f"layer {kind!r} does not take these arguments: {error}") from None
