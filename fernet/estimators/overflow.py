"""Tells weights that are too large for float32 before anything is predicted with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.graph import Node
from fernet._engine.network import Network
from fernet._engine.session import Session

__all__ = ["OutputOverflowError", "check_no_overflow", "largest_outputs"]
__dir__ = __all__.copy

_SAFE = 1e32
"""Far below float32's largest number, as kernels may add and scale on the way to an output."""
_MAX_PROBE_WORK = 20_000_000_000
"""Multiplications of a forward pass that may be spent on the question: seconds at most."""
_WORK_OF_A_NUMBER = 16  # that is read and written: memory is that much slower than arithmetic
_BLOCK = 1 << 20  # numbers of a weight that are looked at together


class OutputOverflowError(ValueError):
    """A network's outputs are not finite."""


def check_no_overflow(network: Network, low: NDArray, high: NDArray) -> None:
    """Refuse a network whose outputs are not finite.

    Where the weights' sizes alone show that nothing can overflow, that is all. Otherwise
    three inputs go through the network: zeros, the lowest and the highest numbers. A network for
    which that would take too long passes; predictions tell of outputs that are not finite too.

    Parameters
    ----------
    network : Network
        With its parameters.
    low, high : ndarray of the network's input shape
        Lowest and highest number of each input.

    Raises
    ------
    ValueError
        If an output of one of the three is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._engine.network import Network
    >>> from fernet.estimators.overflow import check_no_overflow
    >>> from fernet.layers import Linear, ReLU
    >>> network = Network([Linear(2), ReLU(), Linear(2)], (2,))
    >>> network.values[:] = 1e30
    >>> check_no_overflow(network, np.zeros(2), np.ones(2))
    Traceback (most recent call last):
        ...
    ValueError: the weights are no good in float32: the outputs for zeros are not finite
    """
    with np.errstate(over="ignore", invalid="ignore"):
        largest = largest_outputs(network, np.maximum(abs(low), abs(high)))
        if largest.max() < _SAFE or _work(network) > _MAX_PROBE_WORK:
            return
        inputs = np.stack([np.zeros_like(low), low, high]).astype(network.dtype)
        outputs = Session(network).predict(inputs).reshape(3, -1)
    names = ("zeros", "the lowest input", "the highest input")
    for name, output in zip(names, outputs, strict=True):
        if not np.isfinite(output).all():
            raise ValueError(
                f"the weights are no good in float32: the outputs for {name} are not finite"
            )


def largest_outputs(network: Network, largest: NDArray) -> NDArray:
    """Bound the sizes of all that a network computes.

    Parameters
    ----------
    network : Network
        With its parameters.
    largest : ndarray of the network's input shape
        Largest size of each input.

    Returns
    -------
    ndarray of shape (n_tensors,), float64
        The input's and each node's largest size, infinite beyond float64.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._engine.network import Network
    >>> from fernet.estimators.overflow import largest_outputs
    >>> from fernet.layers import Linear
    >>> network = Network([Linear(1)], (2,))
    >>> (_, weight), (_, bias) = network.named_parameters()
    >>> weight[:], bias[:] = [[3], [-4]], 5
    >>> largest_outputs(network, np.array([1.0, 10.0])).tolist()
    [10.0, 48.0]
    """
    bounds = {0: _of_channels(largest.astype(np.float64))}
    found = [bounds[0].max()]
    last_use = {i: number for number, node in enumerate(network.nodes) for i in node.inputs}
    for number, node in enumerate(network.nodes):
        inputs = [bounds[i] for i in node.inputs]
        arrays = {**network.node_params[number], **network.node_state[number]}
        bound = _bound(node, inputs, arrays)
        if node.layer.kind == "flatten":
            bound = np.tile(bound, math.prod(network.shapes[node.output]) // len(bound))
        bounds[number + 1] = bound
        found.append(bound.max())
        # A stranger's network may have thousands of them, each as long as its rows.
        for i in {i for i in node.inputs if last_use[i] == number}:
            del bounds[i]
    return np.nan_to_num(np.array(found), nan=math.inf, posinf=math.inf)


def _of_channels(sizes: NDArray) -> NDArray:
    """Return the largest size in each channel of an image, or each number of a row."""
    return sizes.reshape(-1, sizes.shape[-1]).max(axis=0)


def _bound(node: Node, inputs: Sequence[NDArray], arrays: Mapping[str, NDArray]) -> NDArray:
    """Bound what a node makes of inputs up to some sizes; by default it makes nothing larger."""
    layer: Any = node.layer
    kind = layer.kind
    if kind == "add":
        return inputs[0] + inputs[1]
    if kind == "batch_norm":
        scale = abs(arrays["gamma"]) / np.sqrt(arrays["running_var"] + layer.eps)
        return (inputs[0] + abs(arrays["running_mean"])) * scale + abs(arrays["beta"])
    if "weight" not in arrays:
        return inputs[0]
    weight = arrays["weight"]
    matrix = weight.reshape(-1, weight.shape[-1])
    sizes = np.tile(inputs[0], len(matrix) // len(inputs[0]))
    total = abs(arrays.get("bias", np.zeros(1))).astype(np.float64)
    rows = max(1, _BLOCK // matrix.shape[1])
    for start in range(0, len(matrix), rows):
        part = slice(start, start + rows)
        total = total + sizes[part] @ abs(matrix[part]).astype(np.float64)
    return total


def _work(network: Network) -> int:
    """Count the multiplications of a forward pass of the three rows, or what takes as long."""
    products = sum(
        params["weight"].size * math.prod(network.shapes[node.output][:-1])
        for node, params in zip(network.nodes, network.node_params, strict=True)
        if "weight" in params
    )
    moved = sum(math.prod(network.shapes[node.output]) for node in network.nodes)
    return 3 * (products + _WORK_OF_A_NUMBER * moved)
