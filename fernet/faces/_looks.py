"""How a face looks, coarsely: enough to tell that another one has come into its place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fernet.faces.cropping import Box

__all__ = ["are_alike", "look_of"]
__dir__ = __all__.copy

_SIDE = 8
_FLAT = 4.0  # levels; what differs by less is noise
# Correlation of two looks. Of pairs of 156 faces of FER2013's PublicTest, in the boxes that YuNet
# finds, 99 % are below; of faces found anew, moved, lit otherwise and turned by some three degrees,
# 98 % are above.
_ALIKE = 0.7


def look_of(image: NDArray[Any], box: Box) -> NDArray[np.float32]:
    """Return a face's coarse light and shade.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width) or (height, width, 3)
        The picture.
    box : Box
        Where the face is.

    Returns
    -------
    ndarray of float32, shape (64,)
        Levels less their mean, of length 1; zeros where there is nothing to see.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces import Box
    >>> from fernet.faces._looks import are_alike, look_of
    >>> ramp = np.tile(np.arange(40, dtype=np.uint8), (40, 1))
    >>> box = Box(5, 5, 20, 20)
    >>> are_alike(look_of(ramp, box), look_of(ramp * 2, box))
    True
    >>> are_alike(look_of(ramp, box), look_of(ramp.T, box))
    False
    """
    left, top = max(0, box.x), max(0, box.y)
    seen = image[top : max(top, box.y + box.height), left : max(left, box.x + box.width)]
    if not seen.size:
        return np.zeros(_SIDE * _SIDE, np.float32)
    coarse = Image.fromarray(seen).convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    levels = np.asarray(coarse, np.float32).ravel()
    levels -= levels.mean()
    length = math.sqrt(levels @ levels)
    return levels / length if length > _FLAT * _SIDE else np.zeros_like(levels)


def are_alike(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    """Tell whether two looks may be those of one face; true where there is nothing to see.

    Parameters
    ----------
    a, b : ndarray of float32, shape (64,)
        As `look_of` gives them.

    Returns
    -------
    bool
    """
    return not (a.any() and b.any()) or bool(a @ b >= _ALIKE)
