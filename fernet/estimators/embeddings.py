"""What a network makes of images on the way to its classes: the outputs of a layer."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fernet._engine.graph import Graph
from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet.estimators.data import loader
from fernet.estimators.fitted_state import FittedState

__all__ = ["embed", "last_hidden_layer", "last_hidden_size", "layer_names", "part_until"]
__dir__ = __all__.copy


def layer_names(network: Network) -> list[str]:
    """Return the names of the layers that embed, from the first to the last.

    Parameters
    ----------
    network : Network
        Of any layers. A residual block goes by the name of its last part.

    Returns
    -------
    list of str
        One for each of the network's `layers`.

    Examples
    --------
    >>> from fernet.architectures import mlp
    >>> from fernet._engine.network import Network
    >>> from fernet.estimators.embeddings import last_hidden_layer, layer_names
    >>> network = Network(mlp((8,), 7), (16,))
    >>> layer_names(network), last_hidden_layer(network)
    (['linear_1', 'relu_1', 'linear_2'], 'relu_1')
    """
    return [parts[-1] for parts in _parts(network)]


def _parts(network: Network) -> list[list[str]]:
    """Return the names of the nodes that each layer runs as."""
    parts, start = [], 0
    for end in range(1, len(network.layers) + 1):
        nodes = Graph(network.layers[:end], network.input_shape).nodes
        parts.append([node.name for node in nodes[start:]])
        start = len(nodes)
    return parts


def last_hidden_layer(network: Network) -> str:
    """Return the name of the layer whose outputs the classes are computed from.

    Raises
    ------
    ValueError
        If there is none, as in a softmax regression.
    """
    parts = _parts(network)
    learning = {name.split(".")[0] for name, _ in network.named_parameters()}
    *hidden, last = [i for i, names in enumerate(parts) if learning.intersection(names)]
    if not hidden:
        raise ValueError("the network has no hidden layer, whose outputs would be the features")
    # A dropout passes on what it gets.
    while network.layers[last - 1].kind == "dropout":
        last -= 1
    return parts[last - 1][-1]


def last_hidden_size(network: Network) -> int:
    """Return how many numbers `last_hidden_layer` makes of an image."""
    end = layer_names(network).index(last_hidden_layer(network)) + 1
    graph = Graph(network.layers[:end], network.input_shape)
    return math.prod(graph.shapes[-1])


def part_until(network: Network, layer: str) -> Network:
    """Return a network of the layers up to one, with the same weights.

    Parameters
    ----------
    network : Network
        Of any layers; unchanged.
    layer : str
        One of `layer_names`.

    Raises
    ------
    ValueError
        If there is no such layer.

    Examples
    --------
    >>> from fernet.architectures import mlp
    >>> from fernet._engine.network import Network
    >>> from fernet.estimators.embeddings import part_until
    >>> part_until(Network(mlp((8,), 7), (16,)), "relu_1").output_shape
    (8,)
    """
    names = layer_names(network)
    if layer not in names:
        raise ValueError(f"layer is {layer!r}; expected one of {', '.join(names)}")
    layers = network.layers[: names.index(layer) + 1]
    part = Network(layers, network.input_shape, dtype=network.dtype, kernels=network.kernels)
    values = dict(network.named_parameters() + network.named_state())
    wanted = [name for name, _ in part.named_parameters() + part.named_state()]
    part.load_parameters({name: values[name] for name in wanted})
    return part


def embed(fitted: FittedState, rows: NDArray, layer: str) -> NDArray:
    """Return a layer's outputs for images.

    Parameters
    ----------
    fitted : FittedState
        Whose network and scaling count.
    rows : ndarray of shape (n_samples, n_features)
        Checked images.
    layer : str
        One of `layer_names`.

    Returns
    -------
    ndarray of shape (n_samples, *output_shape), float32

    Raises
    ------
    ValueError
        If there is no such layer.
    """
    part = part_until(fitted.network, layer)
    images = loader(fitted, rows)

    def fill(start: int, stop: int, out: NDArray) -> None:
        images.gather(images.indices[start:stop], out.reshape(stop - start, -1))

    return np.ascontiguousarray(Session(part).predict_batches(len(rows), fill))
