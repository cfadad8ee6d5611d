"""Settings of two-dimensional layers: one number for both axes, or a pair."""

from __future__ import annotations

import operator
from typing import Any

from fernet.layers.base import Shape

__all__ = ["as_pair", "image_axes"]
__dir__ = __all__.copy

# Products of two of them fit into the kernels' 64 bits.
_MOST = 2**31 - 1


def as_pair(value: Any, name: str, least: int = 1) -> tuple[int, int]:
    """Return `value` as whole numbers for the rows and for the columns.

    Parameters
    ----------
    value : int or pair of int
        One number stands for both.
    name : str
        What the value is called in the error.
    least : int, default=1
        Smallest number that makes sense.

    Returns
    -------
    tuple (int, int)

    Raises
    ------
    ValueError
        If `value` is anything else, or above 2**31 - 1.

    Examples
    --------
    >>> from fernet.layers.pairs import as_pair
    >>> as_pair(3, "kernel_size"), as_pair([1, 7], "kernel_size")
    ((3, 3), (1, 7))
    """
    try:
        both = tuple(value) if isinstance(value, tuple | list) else (value, value)
        first, second = (operator.index(number) for number in both)
    except (TypeError, ValueError):
        first = second = least - 1
    if min(first, second) < least:
        raise ValueError(f"{name} is {value!r}; expected a whole number or two, {least} or more")
    if max(first, second) > _MOST:
        raise ValueError(f"{name} is {value!r}; expected {_MOST} at most")
    return first, second


def image_axes(input_shape: Shape, layer: str) -> Shape:
    """Return `input_shape` if it is one of images, channels last.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one row.
    layer : str
        Who asks, for the error.

    Returns
    -------
    tuple (height, width, channels)

    Raises
    ------
    ValueError
        If there are not three axes.

    Examples
    --------
    >>> from fernet.layers.pairs import image_axes
    >>> image_axes((48, 48, 1), "Conv2D")
    (48, 48, 1)
    """
    if len(input_shape) != 3:
        raise ValueError(
            f"{layer} got rows of shape {input_shape}; expected (height, width, channels)"
        )
    return input_shape
