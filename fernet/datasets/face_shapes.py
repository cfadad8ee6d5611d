"""The shapes that faces are read in: FER2013's, or of one's own size and in colours."""

from __future__ import annotations

import math
import operator
from typing import Any, TypeAlias

from fernet._checks import as_truth
from fernet.emotions import IMAGE_SHAPE, MAX_IMAGE_SIZE

__all__ = ["FaceShape", "asked_shape", "face_shape", "in_words", "n_pixels"]
__dir__ = __all__.copy

FaceShape: TypeAlias = tuple[int, int] | tuple[int, int, int]
"""Height and width, equal, of grey faces; in colours a third number, 3."""


def face_shape(image_size: Any, *, color: bool = False) -> FaceShape:
    """Return the shape of faces of a size, or refuse what is none.

    Parameters
    ----------
    image_size : int
        Pixels a side.
    color : bool, default=False
        Whether they are in colours.

    Returns
    -------
    tuple of int
        ``(image_size, image_size)``, or with a third number, 3.

    Raises
    ------
    TypeError, ValueError
        If the size is no whole number from 1 to `MAX_IMAGE_SIZE`, or `color` no truth value: a word
        such as "grey" counts as true.

    Examples
    --------
    >>> from fernet.datasets.face_shapes import face_shape
    >>> face_shape(48), face_shape(64, color=True)
    ((48, 48), (64, 64, 3))
    """
    try:
        side = operator.index(image_size)
    except TypeError:
        raise TypeError(
            f"image_size is {image_size!r}; expected a whole number of pixels, the side of a square"
        ) from None
    if not 1 <= side <= MAX_IMAGE_SIZE:
        raise ValueError(f"image_size is {side}; expected 1 to {MAX_IMAGE_SIZE} pixels")
    as_truth(color, "color")
    return (side, side, 3) if color else (side, side)


def asked_shape(image_size: int | None, color: bool | None) -> FaceShape | None:
    """Return the shape that a user has asked for, None if for none.

    Parameters
    ----------
    image_size : int or None
        None counts as FER2013's, if colours or grey levels are asked for.
    color : bool or None

    Returns
    -------
    tuple of int or None

    Examples
    --------
    >>> from fernet.datasets.face_shapes import asked_shape
    >>> asked_shape(None, None), asked_shape(64, None), asked_shape(None, True)
    (None, (64, 64), (48, 48, 3))
    """
    if image_size is None and color is None:
        return None
    side = IMAGE_SHAPE[0] if image_size is None else image_size
    return face_shape(side, color=bool(color))


def n_pixels(shape: FaceShape) -> int:
    """Return the count of a face's numbers.

    Examples
    --------
    >>> from fernet.datasets.face_shapes import n_pixels
    >>> n_pixels((48, 48))
    2304
    """
    return math.prod(shape)


def in_words(shape: FaceShape) -> str:
    """Say a shape as users say it.

    Examples
    --------
    >>> from fernet.datasets.face_shapes import in_words
    >>> in_words((48, 48)), in_words((64, 64, 3))
    ('48x48 grey pixels', '64x64 pixels in colours')
    """
    return f"{shape[1]}x{shape[0]} " + ("pixels in colours" if len(shape) == 3 else "grey pixels")
