"""Rows whose length tells that they are images, or not what a network takes them for."""

from __future__ import annotations

import math
import warnings

import numpy as np
from numpy.typing import NDArray

from fernet._io.callers import levels_to_caller

__all__ = ["side_of_image", "warn_of_channels_first", "warn_of_doubtful_rows"]
__dir__ = __all__.copy

_SOME = 100  # rows that tell how all are
_ALIKE = 0.8  # of the differences
_LEAST_SIDE, _STEP = 16, 4
"""Pixels a side of images that are meant: rows of other features are as long by chance."""


def warn_of_doubtful_rows(n_features: int) -> None:
    """Warn of rows that seem to be images and their labels.

    Parameters
    ----------
    n_features : int
        Length of the rows, which are not read as square images.

    Warns
    -----
    UserWarning
        If they are one number longer than square images of 16, 20, 24 and so on pixels a side, grey
        or in colours.

    Examples
    --------
    >>> import warnings
    >>> from fernet.estimators.doubtful_rows import warn_of_doubtful_rows
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_of_doubtful_rows(28 * 28 + 1)
    >>> print(caught[0].message)
    X has 785 features, one more than images of 28x28 pixels; if it is the label, leave it out
    """
    side = side_of_image(n_features - 1) or side_of_image((n_features - 1) / 3)
    if side:
        warnings.warn(
            f"X has {n_features} features, one more than images of {side}x{side} pixels; if it is "
            "the label, leave it out",
            UserWarning,
            stacklevel=levels_to_caller(),
        )


def warn_of_channels_first(rows: NDArray, image_shape: tuple[int, int, int]) -> None:
    """Warn of rows that are read as colour images, pixel by pixel, and hold one colour first.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        The images.
    image_shape : tuple of int
        (height, width, channels) that they are read as.

    Warns
    -----
    UserWarning
        If numbers as far apart as pixels above each other in one colour are much more alike than
        those as far apart as in all colours.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from fernet.estimators.doubtful_rows import warn_of_channels_first
    >>> planes = np.arange(3 * 8 * 8).reshape(1, -1)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_of_channels_first(planes, (8, 8, 3))
    >>> print(str(caught[0].message).partition(";")[0])
    X has rows of 192 numbers that look like 8x8 images with all of one channel first
    """
    height, width, channels = image_shape
    line = width * channels
    some = rows[:_SOME].astype(np.float64)
    if channels == 1 or height == 1 or len(some) == 0:
        return
    first, near, far = some[:, :-line], some[:, width : width - line], some[:, line:]
    if np.abs(first - near).sum() < _ALIKE * np.abs(first - far).sum():
        warnings.warn(
            f"X has rows of {rows.shape[1]} numbers that look like {height}x{width} images with "
            "all of one channel first; they are read with all channels of a pixel together: give "
            f"X.reshape(-1, {channels}, {height}, {width}).transpose(0, 2, 3, 1)",
            UserWarning,
            stacklevel=levels_to_caller(),
        )


def side_of_image(n_pixels: float) -> int:
    """Return the side of a square image of some pixels; 0 if there is none that is likely.

    Parameters
    ----------
    n_pixels : float
        How many numbers there are for each channel.

    Returns
    -------
    int

    Examples
    --------
    >>> from fernet.estimators.doubtful_rows import side_of_image
    >>> side_of_image(48 * 48), side_of_image(17 * 17), side_of_image(500.5)
    (48, 0, 0)
    """
    side = math.isqrt(int(n_pixels))
    return side if side * side == n_pixels and side >= _LEAST_SIDE and side % _STEP == 0 else 0
