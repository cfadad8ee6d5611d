"""A network: layers in order, over one flat array of parameters and one of gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fernet import _kernels
from fernet._engine.buffers import aligned_zeros, named_views, padded_size
from fernet._engine.graph import Graph
from fernet._engine.random_streams import INITIAL_WEIGHTS, generator
from fernet._kernels.protocol import Kernels
from fernet.layers.base import Layer, Shape
from fernet.layers.kinds import layer_from_config


class Network:
    """Layers from input to output, and their parameters.

    The `nodes` are the layers that run, in order: for a `Residual`, those of its branch and of
    its shortcut, and an `Add`. All parameters are parts of one flat array, those that weight decay
    acts on first, so an optimizer can update them in one call. The gradients are another array of
    the same layout. A `fernet._engine.session.Session` trains and predicts with a network.

    Parameters
    ----------
    layers : sequence of Layer
        From input to output.
    input_shape : tuple of int
        Shape of one row, for instance ``(2304,)``.
    dtype : dtype, default=float32
        Type of parameters and buffers. float64 is for checking gradients and needs
        `kernels` that take it.
    kernels : module, default=None
        None takes the compiled kernels; `fernet._kernels.reference` computes in NumPy.

    Attributes
    ----------
    layers : list of Layer
        As given.
    nodes : list of Node
        The layers in the order in which they run.
    params, grads : ndarray of shape (n_flat,)
        All parameters and their gradients. Each named part starts on a cache line; the few
        elements between parts are always 0.
    state : ndarray of shape (n_state,)
        What is kept with the model but not trained, such as running statistics.
    values : ndarray of shape (n_flat + n_state,)
        `params` and `state` as one array: all that makes two networks of the same layers differ.
    node_params, node_state : list of dict of str to ndarray
        Each node's parts of `params` and `state`, in their shapes.
    node_parts : list of dict of str to slice
        Where in `params` each node's parameters are.
    n_decayed : int
        The first `n_decayed` elements are weights, the rest biases.
    n_parameters : int
        Count of parameters, without the padding.
    is_shared : bool
        Whether others than the owner have had access to these arrays, and may write to them at any
        time: what is prepared from the weights then looks whether it is still true. False at first.
    output_shape : tuple of int
        Shape of one output row.

    Examples
    --------
    >>> from fernet.layers import Linear, ReLU
    >>> from fernet._engine.network import Network
    >>> network = Network([Linear(32), ReLU(), Linear(7)], (2304,))
    >>> network.initialize(seed=0)
    >>> network.n_parameters
    73991
    >>> [name for name, view in network.named_parameters()]
    ['linear_1.weight', 'linear_1.bias', 'linear_2.weight', 'linear_2.bias']
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: Shape,
        *,
        dtype: DTypeLike = np.float32,
        kernels: Kernels | None = None,
    ) -> None:
        if not layers:
            raise ValueError("layers is empty; expected at least one layer")
        self.layers = list(layers)
        self.input_shape = tuple(int(size) for size in input_shape)
        self.dtype = np.dtype(dtype)
        self.kernels = _kernels if kernels is None else kernels
        self.graph = Graph(self.layers, self.input_shape)
        self.nodes = self.graph.nodes
        self.shapes = self.graph.shapes
        self.is_shared = False
        self._allocate()

    def _allocate(self) -> None:
        inputs = [self.shapes[node.inputs[0]] for node in self.nodes]
        layers = [node.layer for node in self.nodes]
        self.names = [node.name for node in self.nodes]
        decayed = [layer.decayed_shapes(s) for layer, s in zip(layers, inputs, strict=True)]
        free = [layer.undecayed_shapes(s) for layer, s in zip(layers, inputs, strict=True)]
        state = [layer.state_shapes(s) for layer, s in zip(layers, inputs, strict=True)]
        self.n_decayed = _total_size(decayed, self.dtype)
        size = self.n_decayed + _total_size(free, self.dtype)
        self.values = aligned_zeros(size + _total_size(state, self.dtype), self.dtype)
        self.params, self.state = self.values[:size], self.values[size:]
        self._shapes_of_parts = (decayed, free)
        self._grads: NDArray | None = None
        self.node_params = _views_per_node(self.params, decayed, free)
        self.node_parts = [
            {name: self._part(view) for name, view in views.items()} for views in self.node_params
        ]
        self.node_state = _views_per_node(self.state, state)
        self.n_parameters = sum(view.size for _, view in self.named_parameters())

    def _part(self, view: NDArray) -> slice:
        start = (view.ctypes.data - self.params.ctypes.data) // self.dtype.itemsize
        return slice(start, start + view.size)

    @property
    def grads(self) -> NDArray:
        """Gradients of all parameters, laid out as `params`; made when first asked for."""
        if self._grads is None:
            self._grads = aligned_zeros(self.params.size, self.dtype)
        return self._grads

    @property
    def node_grads(self) -> list[dict[str, NDArray]]:
        """The gradients as views, a dictionary for each node."""
        return _views_per_node(self.grads, *self._shapes_of_parts)

    @property
    def output_shape(self) -> Shape:
        return self.shapes[-1]

    def initialize(self, seed: int) -> None:
        """Write first values into all parameters, and into the state.

        Parameters
        ----------
        seed : int
            Each layer draws from a stream of its own, keyed by the seed and its number among
            the layers that have parameters.
        """
        with_params = [
            (node.layer, params)
            for node, params in zip(self.nodes, self.node_params, strict=True)
            if params
        ]
        for number, (layer, params) in enumerate(with_params):
            layer.initialize(params, generator(seed, INITIAL_WEIGHTS, number))
        for node, state in zip(self.nodes, self.node_state, strict=True):
            node.layer.initialize_state(state)

    def named_parameters(self) -> list[tuple[str, NDArray]]:
        """Return ``("linear_1.weight", view)`` pairs, in the order of the nodes."""
        return self._named(self.node_params)

    def named_gradients(self) -> list[tuple[str, NDArray]]:
        """Return gradients under the names of their parameters."""
        return self._named(self.node_grads)

    def named_state(self) -> list[tuple[str, NDArray]]:
        """Return what is kept with the model but not trained; empty for an MLP."""
        return self._named(self.node_state)

    def _named(self, views: Iterable[Mapping[str, NDArray]]) -> list[tuple[str, NDArray]]:
        return [
            (f"{layer}.{name}", view)
            for layer, parts in zip(self.names, views, strict=True)
            for name, view in parts.items()
        ]

    def load_parameters(self, arrays: Mapping[str, NDArray]) -> None:
        """Copy values into parameters and state.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            One array for each name of `named_parameters` and `named_state`.

        Raises
        ------
        ValueError
            If a name is missing or unknown, or a shape differs; nothing is changed then.
        """
        wanted = dict(self.named_parameters() + self.named_state())
        if missing := sorted(set(wanted) - set(arrays)):
            raise ValueError(f"parameters {missing} are missing; expected {sorted(wanted)}")
        if unknown := sorted(set(arrays) - set(wanted)):
            raise ValueError(f"parameters {unknown} are unknown; expected {sorted(wanted)}")
        for name, view in wanted.items():
            if arrays[name].shape != view.shape:
                raise ValueError(
                    f"parameter {name} has shape {arrays[name].shape}; expected {view.shape}"
                )
        for name, view in wanted.items():
            view[...] = arrays[name]

    def release_gradients(self) -> None:
        """Give up the memory of `grads`; it comes back when next asked for."""
        self._grads = None

    def config(self) -> list[dict[str, Any]]:
        """Return the layers' configurations, fit for JSON; the inverse of `from_config`."""
        return [layer.config() for layer in self.layers]

    @classmethod
    def from_config(
        cls, config: Sequence[Mapping[str, Any]], input_shape: Shape, **kwargs: Any
    ) -> Network:
        """Build a network, its parameters all 0, from what `config` returned.

        Parameters
        ----------
        config : sequence of mapping
            One entry a layer.
        input_shape : tuple of int
            Shape of one row.
        **kwargs
            Passed to the constructor.

        Returns
        -------
        Network

        Raises
        ------
        ValueError
            If a layer is unknown or does not fit the one before.
        """
        return cls([layer_from_config(entry) for entry in config], input_shape, **kwargs)

    def copy(self) -> Network:
        """Return a network of the same layers with its own copy of parameters and state."""
        other = Network(self.layers, self.input_shape, dtype=self.dtype, kernels=self.kernels)
        other.values[...] = self.values
        return other

    def __getstate__(self) -> dict[str, Any]:
        # Layers of a class of one's own go as they are: another process may not know their kind.
        layers = [layer.config() if layer.comes_with_fernet() else layer for layer in self.layers]
        return {
            "config": layers,
            "input_shape": self.input_shape,
            "dtype": self.dtype.str,
            "params": dict(self.named_parameters() + self.named_state()),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        layers = [
            entry if isinstance(entry, Layer) else layer_from_config(entry)
            for entry in state["config"]
        ]
        network = Network(layers, state["input_shape"], dtype=state["dtype"])
        network.load_parameters(state["params"])
        vars(self).update(vars(network))

    def __repr__(self) -> str:
        layers = ", ".join(map(repr, self.layers))
        return f"Network([{layers}], input_shape={self.input_shape})"


def _total_size(shapes: Sequence[Mapping[str, Shape]], dtype: np.dtype) -> int:
    return sum(padded_size(shape, dtype) for layer in shapes for shape in layer.values())


def _views_per_node(
    flat: NDArray, *groups: Sequence[Mapping[str, Shape]]
) -> list[dict[str, NDArray]]:
    """Cut `flat` group by group, within a group node by node; return each node's views."""
    views: list[dict[str, NDArray]] = [{} for _ in groups[0]]
    start = 0
    for group in groups:
        for parts, shapes in zip(views, group, strict=True):
            parts.update(named_views(flat, shapes, start))
            start += sum(padded_size(shape, flat.dtype) for shape in shapes.values())
    return views
