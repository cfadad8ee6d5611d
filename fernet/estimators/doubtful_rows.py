"""Rows whose length tells that they are not what a network takes them for."""

from __future__ import annotations

import math
import warnings

from fernet._io.callers import levels_to_caller

__all__ = ["warn_of_doubtful_rows"]
__dir__ = __all__.copy

_LEAST_SIDE, _STEP = 16, 4
"""Pixels a side of images that are meant: rows of other features are as long by chance."""


def warn_of_doubtful_rows(n_features: int) -> None:
    """Warn of rows that seem to be colour images, or images and their labels.

    Parameters
    ----------
    n_features : int
        Length of the rows, which are not read as square images.

    Warns
    -----
    UserWarning
        If they are as long as square colour images of 16, 20, 24 and so on pixels a side, or one
        number longer than such, grey or in colours.

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
    if side := _side(n_features - 1) or _side((n_features - 1) / 3):
        text = f"one more than images of {side}x{side} pixels; if it is the label, leave it out"
    elif side := _side(n_features / 3):
        text = (
            f"as colour images of {side}x{side} pixels, and is taken for images of one row; if it "
            f"holds images, give them as (n_samples, {side}, {side}, 3)"
        )
    else:
        return
    message = f"X has {n_features} features, {text}"
    warnings.warn(message, UserWarning, stacklevel=levels_to_caller())


def _side(n_pixels: float) -> int:
    """Return the side of a square image of some pixels; 0 if there is none that is likely."""
    side = math.isqrt(int(n_pixels))
    return side if side * side == n_pixels and side >= _LEAST_SIDE and side % _STEP == 0 else 0
