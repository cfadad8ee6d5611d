"""A list of layers as a graph of nodes: which layer reads which tensor, and which it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fernet.layers.add import Add
from fernet.layers.base import Layer, Shape
from fernet.layers.kinds import check_kind
from fernet.layers.residual import Residual


@dataclass(frozen=True, slots=True)
class Node:
    """A layer, with the tensors that it reads and makes.

    Parameters
    ----------
    name : str
        Kind and count, such as ``"linear_2"``.
    layer : Layer
        Never a `Residual`.
    inputs : tuple of int
        Tensors that it reads; two for an `Add`, else one.
    output : int
        The tensor that it makes.

    Examples
    --------
    >>> from fernet._engine.graph import Graph
    >>> from fernet.layers import Linear
    >>> Graph([Linear(2)], (3,)).nodes[0].name
    'linear_1'
    """

    name: str
    layer: Layer
    inputs: tuple[int, ...]
    output: int

    @property
    def index(self) -> int:
        """Its number among the graph's nodes."""
        return self.output - 1


class Graph:
    """The nodes of a network in the order in which they run, and its tensors' shapes.

    Tensor 0 is the network's input; tensor ``i + 1`` is made by node ``i``, and the last is the
    network's output. Of a `Residual`, the branch comes first, then the shortcut, then an `Add`.

    Parameters
    ----------
    layers : sequence of Layer
        From input to output.
    input_shape : tuple of int
        Shape of one row.

    Attributes
    ----------
    nodes : list of Node
    shapes : list of tuple of int
        Shape of one row of each tensor.
    consumers : list of list of int
        For each tensor the nodes that read it.

    Raises
    ------
    ValueError
        If a layer does not fit the one before, or its class has no kind of its own.

    Examples
    --------
    >>> from fernet._engine.graph import Graph
    >>> from fernet.layers import Linear, ReLU, Residual
    >>> graph = Graph([Linear(4), Residual([ReLU(), Linear(4)])], (3,))
    >>> for node in graph.nodes:
    ...     print(node.name, node.inputs, node.output)
    linear_1 (0,) 1
    relu_1 (1,) 2
    linear_2 (2,) 3
    add_1 (3, 1) 4
    """

    def __init__(self, layers: Sequence[Layer], input_shape: Shape) -> None:
        self.nodes: list[Node] = []
        self.shapes: list[Shape] = [tuple(input_shape)]
        self._counts: dict[str, int] = {}
        self._append_all(layers, 0)
        self.consumers: list[list[int]] = [[] for _ in self.shapes]
        for index, node in enumerate(self.nodes):
            for tensor in node.inputs:
                self.consumers[tensor].append(index)

    def _append_all(self, layers: Sequence[Layer], tensor: int) -> int:
        for layer in layers:
            check_kind(layer)
            if isinstance(layer, Residual):
                _check_passes(layer)
                layer.output_shape(self.shapes[tensor])  # Refuses branches of different shapes.
                branch = self._append_all(layer.branch, tensor)
                shortcut = self._append_all(layer.shortcut, tensor)
                tensor = self._append(Add(), (branch, shortcut))
            elif isinstance(layer, Add):
                raise ValueError("Add() is among the layers; expected Residual, which makes it")
            else:
                tensor = self._append(layer, (tensor,))
        return tensor

    def _append(self, layer: Layer, inputs: tuple[int, ...]) -> int:
        self.shapes.append(layer.output_shape(self.shapes[inputs[0]]))
        self._counts[layer.kind] = self._counts.get(layer.kind, 0) + 1
        name = f"{layer.kind}_{self._counts[layer.kind]}"
        self.nodes.append(Node(name, layer, inputs, len(self.shapes) - 1))
        return len(self.shapes) - 1

    def sole_consumer(self, tensor: int) -> Node | None:
        """Return the node that reads a tensor if there is exactly one."""
        readers = self.consumers[tensor]
        return self.nodes[readers[0]] if len(readers) == 1 else None

    def producer(self, tensor: int) -> Node | None:
        """Return the node that makes a tensor, None for the network's input."""
        return self.nodes[tensor - 1] if tensor > 0 else None


def _check_passes(layer: Residual) -> None:
    own = [name for name in ("forward", "backward") if name in vars(type(layer))]
    if own:
        raise ValueError(
            f"{type(layer).__name__} overrides {' and '.join(own)} of Residual, which nobody "
            "calls; expected a subclass of Layer for passes of its own"
        )
