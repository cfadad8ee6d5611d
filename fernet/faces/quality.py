"""How much a face's picture lets be said of it.

Calibrated on 1,067 of FER2013's PublicTest faces that were spoilt, by how much the packaged network
``cnn-ferplus`` kept of its agreement with most of FER+'s people, 87.3 %:

=================================================  ==============================================
made so many pixels large, and blown up again      8: 66 %, 12: 79, 16: 91, 18: 94, 20: 94, 24: 98,
                                                   32: 99, 40: 99
blurred by a Gaussian of so many pixels            0.5: 99 %, 1: 98, 1.5: 93, 2: 86, 3: 68
cut off at the top or a side to such a share, the  0.9: 99 %, 0.8: 97, 0.7: 95, 0.6: 91, 0.5: 85
last row or column drawn out
cut off below, so that the mouth goes first        0.9: 98 %, 0.8: 90, 0.7: 79, 0.6: 60, 0.5: 56
turned by so many degrees and left so              10: 99 %, 15: 98, 30: 93, 45: 78
=================================================  ==============================================

Always guessing the commonest emotion would keep 43 %. ``benchmarks/judge_quality.py`` measures it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fernet.augmentation.filters import blur_matrix
from fernet.emotions import IMAGE_SHAPE

__all__ = ["TOO_SMALL_BELOW", "Quality", "sharpness"]
__dir__ = __all__.copy

TOO_SMALL_BELOW = 24
"""Pixels a side below which a face is too small to be judged."""

# The kept accuracy of the text above, at some points of each measure.
_SIZES = ([8, 12, 16, 18, 20, 24, 32, 40], [0.66, 0.79, 0.91, 0.94, 0.94, 0.98, 0.99, 1.0])
# Of all made smaller and all blurred, in groups of equal sharpness.
_SHARPNESSES = (
    [0.028, 0.038, 0.049, 0.061, 0.073, 0.085, 0.098, 0.112, 0.129, 0.150, 0.176],
    [0.68, 0.74, 0.82, 0.85, 0.90, 0.94, 0.94, 0.94, 0.97, 0.99, 1.0],
)
_SHARES = ([0.5, 0.6, 0.7, 0.8, 0.9, 1.0], [0.85, 0.91, 0.95, 0.97, 0.99, 1.0])
_LOWER_SHARES = ([0.5, 0.6, 0.7, 0.8, 0.9, 1.0], [0.56, 0.60, 0.79, 0.90, 0.98, 1.0])
_TURNS = ([0, 10, 15, 30, 45, 90], [1.0, 0.99, 0.98, 0.93, 0.78, 0.43])


class Quality(NamedTuple):
    """How much a face's picture lets be said of it.

    Parameters
    ----------
    size : float
        The box's longer side in pixels of the picture as it was read.
    sharpness : float
        Share of the finest details in the cut-out face, see `sharpness`; FER2013's have 0.18 to
        0.32.
    turn : float
        Degrees that the face is turned within the picture, against the clock; 0 where that is
        not known.
    inside : float
        Share of the box that lies inside the picture, 0 to 1.
    lower : float, default=1.0
        Share of the box's height that lies above the picture's lower edge, 0 to 1.
    turn_left : float, default=0.0
        What of `turn` was left when the face was judged.

    Examples
    --------
    >>> from fernet.faces.quality import Quality
    >>> good, tiny = Quality(80.0, 0.3, 0.0, 1.0), Quality(16.0, 0.3, 0.0, 1.0)
    >>> good.value, tiny.value, tiny.is_too_small
    (1.0, 0.91, True)
    """

    size: float
    sharpness: float
    turn: float
    inside: float
    lower: float = 1.0
    turn_left: float = 0.0

    @property
    def value(self) -> float:
        """Share of the network's accuracy that faces of these measures keep, 0 to 1.

        Smallness makes a face unsharp, so the worse of the two counts; the rest multiplies.
        """
        detail = min(_kept(self.size, *_SIZES), _kept(self.sharpness, *_SHARPNESSES))
        rest = self.inside / self.lower if self.lower > 0 else 0.0
        seen = _kept(rest, *_SHARES) * _kept(self.lower, *_LOWER_SHARES)
        return detail * seen * _kept(abs(self.turn_left), *_TURNS)

    @property
    def is_too_small(self) -> bool:
        """Whether the face has fewer than `TOO_SMALL_BELOW` pixels a side."""
        return self.size < TOO_SMALL_BELOW


def _kept(measure: float, points: Sequence[float], kept: Sequence[float]) -> float:
    """Read the lines between points at one measure, in a fifth of the time of NumPy's `interp`."""
    right = bisect_right(points, measure)
    if right == 0:
        return kept[0]
    if right == len(points):
        return kept[-1]
    left = right - 1
    slope = (kept[right] - kept[left]) / (points[right] - points[left])
    return kept[left] + slope * (measure - points[left])


def sharpness(face: NDArray[np.uint8]) -> float:
    """Return the share of the finest details in a face.

    Parameters
    ----------
    face : ndarray of uint8, shape (48, 48)
        A face that is cut out.

    Returns
    -------
    float
        Standard deviation of what a Gaussian blur of one pixel takes away, by that of the levels;
        0 for a face of one level.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces.quality import sharpness
    >>> ramp = np.tile(np.arange(48, dtype=np.uint8), (48, 1))
    >>> sharpness(ramp) < 0.05 < 0.5 < sharpness(ramp * 40)
    True
    """
    levels = face.astype(np.float32)
    spread = _spread(levels)
    return _spread(levels - _BLUR @ levels @ _BLUR.T) / spread if spread > 0 else 0.0


def _spread(levels: NDArray) -> float:
    """Return what is proportional to the standard deviation of an array's numbers."""
    centred = (levels - levels.mean()).ravel()
    return math.sqrt(centred @ centred)


_BLUR = blur_matrix(IMAGE_SHAPE[0], 1.0, reach=4, border="edge").astype(np.float32)
