"""Channels that tell a network nothing, and part it from the pictures that it may be shown."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from numpy.typing import NDArray

from fernet._io.callers import levels_to_caller

__all__ = ["warn_of_doubtful_channels"]
__dir__ = __all__.copy

_COLOURS = 3
_WITH_OPACITY = (2, 4)
_BLOCK = 256
"""Images looked at at once."""


def warn_of_doubtful_channels(rows: NDArray, image_shape: tuple[int, int, int]) -> None:
    """Warn of grey images given as ones in colours, and of an opacity that is the same everywhere.

    Photos' faces are shown to a network in as many channels as it has learnt from: in colours that
    it has never seen, or not at all, as no face has an opacity.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        Images, one after another in memory.
    image_shape : tuple of int
        (height, width, channels) of each.

    Warns
    -----
    UserWarning
        If three channels are equal in all images, or the last of two or four is one number.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from fernet.estimators.doubtful_channels import warn_of_doubtful_channels
    >>> grey = np.arange(50, dtype=np.uint8).reshape(2, 5, 5, 1)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_of_doubtful_channels(grey.repeat(3, axis=3).reshape(2, -1), (5, 5, 3))
    >>> str(caught[0].message).split(",")[0]
    'X has 3 channels that are equal in all images'
    """
    channels = image_shape[-1]
    pixels = rows.reshape(len(rows), -1, channels)
    if channels == _COLOURS and _are_equal(pixels):
        text = (
            "that are equal in all images, so these are grey. Of a photo the network would be "
            "shown the colours, which it has not learnt from; give one channel, X[..., :1], and "
            "on the command line no --color"
        )
    elif channels in _WITH_OPACITY and _is_constant(pixels[..., -1]):
        text = (
            f"of which the last is {pixels.flat[-1]:g} everywhere, as pictures have an opacity. It "
            "tells nothing, and faces of photos have none; leave it out, "
            f"X[..., :{channels - 1}]"
        )
    else:
        return
    if _is_constant(pixels):  # they are empty, and tell nothing at all
        return
    warnings.warn(f"X has {channels} channels {text}", UserWarning, stacklevel=levels_to_caller())


def _are_equal(pixels: NDArray) -> bool:
    """Tell whether the channels are equal in all images."""
    return all(bool((some == some[..., :1]).all()) for some in _blocks(pixels))


def _is_constant(pixels: NDArray) -> bool:
    """Tell whether all pixels are one number."""
    return all(bool((some == pixels.flat[0]).all()) for some in _blocks(pixels))


def _blocks(pixels: NDArray) -> Iterator[NDArray]:
    """Give some images after others: mostly the first tell."""
    return (pixels[at : at + _BLOCK] for at in range(0, len(pixels), _BLOCK))
