"""From an estimator's `architecture` to the layers of its network."""

from __future__ import annotations

import copy
import inspect
from numbers import Integral
from typing import Any

import numpy as np

from fernet.architectures import ARCHITECTURES
from fernet.estimators.labels import plain
from fernet.estimators.parameters import given_layers, hidden_sizes
from fernet.layers import Layer, MaxPool2D

__all__ = ["filter_groups", "make_layers"]
__dir__ = __all__.copy

_MOST_CONVOLUTIONS = 256


def make_layers(estimator: Any, n_classes: int, input_shape: tuple[int, ...]) -> list[Layer]:
    """List the layers that an estimator's parameters ask for.

    Parameters
    ----------
    estimator : estimator
        Its `architecture` is a name or a list; other parameters go to the architecture of that
        name as far as it has them.
    n_classes : int
        Outputs.
    input_shape : tuple (height, width, channels)
        A named architecture leaves out the poolings for which images are too small.

    Returns
    -------
    list of Layer
    """
    name = estimator.architecture
    if not isinstance(name, str):
        # The network's own: those that were given may be changed for another one.
        return copy.deepcopy(given_layers(name))
    build = ARCHITECTURES[name]
    known = {
        "filters": filter_groups(estimator),
        "hidden_layer_sizes": hidden_sizes(estimator),
        "dropout": estimator.dropout,
        "batch_norm": estimator.batch_norm,
        "width": estimator.width,
        "conv_algorithm": estimator.conv_algorithm,
    }
    taken = inspect.signature(build).parameters
    arguments = {key: value for key, value in known.items() if key in taken}
    return _pooling_what_there_is(build(n_classes, **arguments), input_shape)


def filter_groups(estimator: Any) -> list[tuple[int, int]]:
    """Return `filters` as pairs of whole numbers.

    Raises
    ------
    ValueError
        If it holds anything else, or a number below 1.
    """
    groups = [np.asarray(group, dtype=object).ravel().tolist() for group in estimator.filters]
    numbers = [number for group in groups for number in group]
    whole = all(isinstance(number, Integral) and int(number) >= 1 for number in numbers)
    if not whole or any(len(group) != 2 for group in groups):
        raise ValueError(
            f"filters is {plain(estimator.filters)!r}; expected pairs of whole numbers of 1 or "
            "more: filters and count of each group's convolutions"
        )
    if sum(int(count) for _, count in groups) > _MOST_CONVOLUTIONS:
        raise ValueError(
            f"filters is {plain(estimator.filters)!r}; expected at most {_MOST_CONVOLUTIONS} "
            "convolutions in all"
        )
    return [(int(filters), int(count)) for filters, count in groups]


def _pooling_what_there_is(layers: list[Layer], shape: tuple[int, ...]) -> list[Layer]:
    """Narrow the windows of poolings to planes that are smaller, and leave out what is left 1x1."""
    fitting = []
    for layer in layers:
        if isinstance(layer, MaxPool2D):
            height, width = (min(size, side) for size, side in zip(layer.size, shape, strict=False))
            if (height, width) == (1, 1):
                continue
            layer = MaxPool2D((height, width))
        fitting.append(layer)
        shape = layer.output_shape(shape)
    return fitting
