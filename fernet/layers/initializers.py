"""First values of the weights, scaled so that signals keep their size from layer to layer."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["INITIALIZERS", "Initializer", "glorot_uniform", "he_normal", "he_uniform"]
__dir__ = __all__.copy

Initializer = Callable[[NDArray, int, int, np.random.Generator], None]
"""Fills a weight, given its fan in and fan out and a generator."""


def he_normal(weight: NDArray, fan_in: int, fan_out: int, rng: np.random.Generator) -> None:
    """Fill `weight` from a normal distribution of variance ``2 / fan_in``.

    Parameters
    ----------
    weight : ndarray of any shape
        Overwritten.
    fan_in, fan_out : int
        Inputs that one output sums, and outputs that one input reaches.
    rng : numpy.random.Generator
        Source of the values.

    References
    ----------
    He et al., "Delving deep into rectifiers", ICCV 2015, equation 10.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.layers.initializers import he_normal
    >>> weight = np.empty((200, 100), dtype=np.float32)
    >>> he_normal(weight, 200, 100, np.random.default_rng(0))
    >>> round(float(weight.std()), 1)
    0.1
    """
    weight[...] = rng.standard_normal(weight.shape, dtype=np.float32) * math.sqrt(
        2.0 / max(fan_in, 1)
    )


def he_uniform(weight: NDArray, fan_in: int, fan_out: int, rng: np.random.Generator) -> None:
    """Fill `weight` evenly between ``-sqrt(6 / fan_in)`` and ``sqrt(6 / fan_in)``.

    Parameters
    ----------
    weight : ndarray of any shape
        Overwritten.
    fan_in, fan_out : int
        Inputs that one output sums, and outputs that one input reaches.
    rng : numpy.random.Generator
        Source of the values.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.layers.initializers import he_uniform
    >>> weight = np.empty((6, 100), dtype=np.float32)
    >>> he_uniform(weight, 6, 100, np.random.default_rng(0))
    >>> bool(abs(weight).max() <= 1)
    True
    """
    _fill_uniform(weight, math.sqrt(6.0 / max(fan_in, 1)), rng)


def glorot_uniform(weight: NDArray, fan_in: int, fan_out: int, rng: np.random.Generator) -> None:
    """Fill `weight` evenly within ``sqrt(6 / (fan_in + fan_out))`` of zero.

    Parameters
    ----------
    weight : ndarray of any shape
        Overwritten.
    fan_in, fan_out : int
        Inputs that one output sums, and outputs that one input reaches.
    rng : numpy.random.Generator
        Source of the values.

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010, equation 16.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.layers.initializers import glorot_uniform
    >>> weight = np.empty((3, 3), dtype=np.float32)
    >>> glorot_uniform(weight, 3, 3, np.random.default_rng(0))
    >>> bool(abs(weight).max() <= 1)
    True
    """
    _fill_uniform(weight, math.sqrt(6.0 / max(fan_in + fan_out, 1)), rng)


def _fill_uniform(weight: NDArray, limit: float, rng: np.random.Generator) -> None:
    weight[...] = (rng.random(weight.shape, dtype=np.float32) * 2 - 1) * limit


INITIALIZERS: dict[str, Initializer] = {
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "glorot_uniform": glorot_uniform,
}
"""Initializers by the name that a layer's configuration gives."""
