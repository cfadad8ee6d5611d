"""Channels in pairs, each the other's mirror image: what the layers that keep them so share."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "INPUTS",
    "MirrorAxes",
    "as_input",
    "check_pairs",
    "mirror_axes",
    "mirror_second_half",
    "pairs_of",
]
__dir__ = __all__.copy

INPUTS = ("image", "pairs")
"""What the channels of a mirrored convolution's input are: an image's, or pairs."""


def as_input(value: Any) -> str | None:
    """Return `value` if it is one of `INPUTS` or None.

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> from fernet.layers.mirrored import as_input
    >>> as_input("pairs")
    'pairs'
    """
    if value is not None and value not in INPUTS:
        raise ValueError(f"mirrored is {value!r}; expected None, 'image' or 'pairs'")
    return value


def check_pairs(count: int, layer: str, what: str) -> None:
    """Refuse a number of channels that can't be halved.

    Raises
    ------
    ValueError
        Naming the layer.
    """
    if count % 2:
        raise ValueError(
            f"{layer} is mirrored and has {count} {what}; expected an even number, as each is one "
            "of a pair"
        )


def mirror_second_half(weight: NDArray, *, input_pairs: bool) -> None:
    """Make the second half of a convolution's filters the mirror images of the first.

    Parameters
    ----------
    weight : ndarray of shape (KH, KW, C, OC)
        Its second half is written to.
    input_pairs : bool
        Whether the halves of C change places in a mirror image.
    """
    half = weight.shape[-1] // 2
    mirrored = weight[:, ::-1, :, :half]
    if input_pairs:
        mirrored = np.roll(mirrored, weight.shape[2] // 2, axis=2)
    weight[..., half:] = mirrored


class MirrorAxes(NamedTuple):
    """How an array of a mirrored layer is its own mirror image."""

    reversed: tuple[int, ...]
    halves: tuple[int, ...]
    """Axes whose halves change places."""


def mirror_axes(layer: Any, name: str) -> MirrorAxes | None:
    """Say how the mirror image of a layer's parameter or running average is made.

    Parameters
    ----------
    layer : Layer
        Any.
    name : str
        Such as ``"weight"``.

    Returns
    -------
    MirrorAxes or None
        None where it is free to be anything.

    Examples
    --------
    >>> from fernet.layers import Conv2D
    >>> from fernet.layers.mirrored import mirror_axes
    >>> mirror_axes(Conv2D(8, mirrored="pairs"), "weight")
    MirrorAxes(reversed=(1,), halves=(2, 3))
    """
    if not getattr(layer, "mirrored", None):
        return None
    if layer.kind == "conv2d" and name == "weight":
        return MirrorAxes((1,), (2, 3) if layer.mirrored == "pairs" else (3,))
    if layer.kind == "linear" and name == "bias":
        return None
    return MirrorAxes((), (0,))


def pairs_of(view: NDArray) -> NDArray:
    """Return a view of numbers of channels, (C,), in the shape of a weight: (1, 1, 1, C)."""
    return view.reshape(1, 1, 1, -1)
