"""Filters along one axis of an image, as matrices: what a lens, a distance or a motion leaves.

Beyond its ends a line is mirrored, or goes on as it ends (``border="edge"``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "STRENGTHS",
    "Border",
    "blur_matrix",
    "filter_bank",
    "interpolation_matrix",
    "mirrored",
    "motion_matrix",
    "resolution_matrix",
]
__dir__ = __all__.copy

Border = Literal["mirror", "edge"]
"""What lies beyond the ends of a line: the same mirrored, or its last value."""

STRENGTHS = 16
"""Filters of a kind, from a weak one to the strongest."""


def blur_matrix(
    size: int, sigma: float, *, reach: float = 3.0, border: Border = "mirror"
) -> NDArray:
    """Return a Gaussian blur of `size` pixels in a line.

    Parameters
    ----------
    size : int
        Pixels of the line.
    sigma : float
        Standard deviation in pixels, above 0.
    reach : float, default=3.0
        Standard deviations after which it is cut off.
    border : {"mirror", "edge"}, default="mirror"
        What lies beyond the ends.

    Returns
    -------
    ndarray of shape (size, size), float64
        Each row sums to 1.

    Examples
    --------
    >>> from fernet.augmentation.filters import blur_matrix
    >>> [round(float(weight), 2) for weight in blur_matrix(3, 0.5)[1]]
    [0.11, 0.79, 0.11]
    """
    radius = int(np.ceil(reach * sigma))
    offsets = np.arange(-radius, radius + 1)
    return _taps_matrix(size, offsets, np.exp(-0.5 * (offsets / sigma) ** 2), border)


def motion_matrix(size: int, length: float, *, border: Border = "mirror") -> NDArray:
    """Return the blur of a motion by `length` pixels along a line.

    Examples
    --------
    >>> from fernet.augmentation.filters import motion_matrix
    >>> [round(float(weight), 2) for weight in motion_matrix(5, 3.0)[2]]
    [0.0, 0.33, 0.33, 0.33, 0.0]
    """
    radius = int(np.ceil((length - 1) / 2))
    offsets = np.arange(-radius, radius + 1)
    return _taps_matrix(size, offsets, np.clip((length + 1) / 2 - abs(offsets), 0, 1), border)


def _taps_matrix(size: int, offsets: NDArray, weights: NDArray, border: Border) -> NDArray:
    matrix = np.zeros((size, size))
    rows = np.arange(size)
    for offset, weight in zip(offsets, weights, strict=True):
        at = rows + offset
        at = mirrored(at, size) if border == "mirror" else at.clip(0, size - 1)
        np.add.at(matrix, (rows, at), weight)
    return matrix / weights.sum()


def mirrored(positions: NDArray, size: int) -> NDArray:
    """Reflect positions on a line about the centres of its first and its last pixel.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.augmentation.filters import mirrored
    >>> mirrored(np.arange(-2, 6), 4).tolist()
    [2, 1, 0, 1, 2, 3, 2, 1]
    """
    if size == 1:
        return np.zeros_like(positions)
    positions = np.abs(positions) % (2 * (size - 1))
    return np.minimum(positions, 2 * (size - 1) - positions)


def resolution_matrix(size: int, pixels: int) -> NDArray:
    """Return a line averaged to fewer pixels and brought back by straight lines between them.

    Parameters
    ----------
    size : int
        Pixels of the line.
    pixels : int
        Pixels of the coarser line, at most `size`.

    Returns
    -------
    ndarray of shape (size, size), float64
        Each row sums to 1.

    Examples
    --------
    >>> from fernet.augmentation.filters import resolution_matrix
    >>> (resolution_matrix(4, 2) @ [0, 0, 8, 8]).tolist()
    [0.0, 2.0, 6.0, 8.0]
    """
    edges = np.arange(pixels + 1) * (size / pixels)
    starts = np.arange(size)
    covered = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    down = covered.clip(0, None) * (pixels / size)
    places = ((starts + 0.5) * (pixels / size) - 0.5).clip(0, pixels - 1)
    return interpolation_matrix(places, pixels) @ down


def interpolation_matrix(places: NDArray, size: int) -> NDArray:
    """Return the matrix that reads a line between its pixels.

    Parameters
    ----------
    places : ndarray of shape (n,)
        Where to read, 0 to `size` - 1.
    size : int
        Pixels of the line.

    Returns
    -------
    ndarray of shape (n, size), float64
        Each row sums to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.augmentation.filters import interpolation_matrix
    >>> interpolation_matrix(np.array([0.25, 1.0]), 2).tolist()
    [[0.75, 0.25], [0.0, 1.0]]
    """
    return (1 - abs(places[:, None] - np.arange(size))).clip(0, None)


@lru_cache(maxsize=32)
def filter_bank(
    size: int, blur: float, coarsening: float, motion: float
) -> tuple[NDArray, tuple[str, ...]]:
    """Return the filters that an augmentation draws from, `STRENGTHS` of each kind.

    Parameters
    ----------
    size : int
        Pixels of a line.
    blur : float
        Standard deviation of the strongest blur, in pixels; 0 for none.
    coarsening : float
        Pixels that become one in the coarsest resolution; 1 for none.
    motion : float
        Length of the longest motion, in pixels; 1 or less for none.

    Returns
    -------
    bank : ndarray of shape (n_kinds * STRENGTHS, size, size), float32
        Read-only.
    kinds : tuple of str
        Of each `STRENGTHS` filters: ``"blur"``, ``"resolution"``, ``"motion"``.

    Examples
    --------
    >>> from fernet.augmentation.filters import filter_bank
    >>> bank, kinds = filter_bank(48, 2.0, 1.0, 5.0)
    >>> bank.shape, kinds
    ((32, 48, 48), ('blur', 'motion'))
    """
    part = np.arange(1, STRENGTHS + 1) / STRENGTHS
    bank, kinds = [], []
    if blur > 0:
        kinds.append("blur")
        bank += [blur_matrix(size, 0.3 + p * max(blur - 0.3, 0)) for p in part]
    if coarsening > 1:
        kinds.append("resolution")
        bank += [
            resolution_matrix(size, max(1, round(size / (1 + p * (coarsening - 1))))) for p in part
        ]
    if motion > 1:
        kinds.append("motion")
        bank += [motion_matrix(size, 1 + p * (motion - 1)) for p in part]
    filters = np.array(bank, dtype=np.float32).reshape(-1, size, size)
    filters.setflags(write=False)
    return filters, tuple(kinds)
