"""Cuts a face out as FER2013's faces are cut out."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fernet._checks import as_count
from fernet.emotions import IMAGE_SHAPE
from fernet.faces._checks import check_array, check_number

__all__ = ["CROP_SIDE", "Box", "crop_face"]
__dir__ = __all__.copy

CROP_SIDE = 1 / 0.965
"""Side of the crop by the longer side of the detector's box.

Of 513 of FER2013's test faces, blown up to 96 to 240 pixels and with their edges drawn out by a
quarter or a half, YuNet gives boxes whose longer side is in the median 0.94 to 1.06 of the image's
(quartiles 0.86 and 1.19), and whose centre is the image's but for 0.02 of the side.
"""

_LONGEST_BOX = 10  # by the picture's longer side: what lies beyond it is made up, and takes memory


class Box(NamedTuple):
    """A face's place in its picture, in pixels from the upper left corner.

    Examples
    --------
    >>> from fernet.faces import Box
    >>> Box(10, 20, 64, 64).width
    64
    """

    x: int
    y: int
    width: int
    height: int


def crop_face(
    picture: NDArray[np.uint8],
    box: tuple[float, float, float, float],
    angle: float = 0.0,
    *,
    image_size: int = IMAGE_SHAPE[0],
) -> NDArray[np.uint8]:
    """Cut out a face with the margin that FER2013's have.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width) or (height, width, 3)
        Grey levels, or colours.
    box : tuple of float
        Left, top, width and height of what `FaceDetector` found. The crop is the square about
        the same centre, `CROP_SIDE` as large; where it reaches beyond the picture, the picture's
        edge is drawn out.
    angle : float, default=0.0
        How far the face is turned against the clock, in degrees; the crop is turned as far.
    image_size : int, default=48
        Pixels a side of the crop.

    Returns
    -------
    ndarray of uint8, shape (image_size, image_size)
        In colours with a last axis of 3.

    Raises
    ------
    ValueError
        If the picture is of another shape or type; if the box is not of four numbers, has no area,
        lies wholly outside of the picture, or is more than ten times as long as the picture; if
        the angle is not finite, or the size no whole number of pixels.
    TypeError
        If the picture is no array, or the angle no number.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces import crop_face
    >>> picture = np.full((480, 640), 90, np.uint8)
    >>> face = crop_face(picture, (500, 300, 200, 200))
    >>> face.shape, int(face.min()), int(face.max())
    ((48, 48), 90, 90)
    """
    _check_picture(picture)
    x, y, width, height = _four_numbers(box)
    image_size = as_count(image_size, "image_size")
    check_number(angle, "angle")
    if not math.isfinite(angle):
        raise ValueError(f"angle is {angle}; expected a finite number of degrees")
    across, down = picture.shape[1], picture.shape[0]
    inside = x < across and y < down and x + width > 0 and y + height > 0
    if width <= 0 or height <= 0 or not inside:
        raise ValueError(
            f"box is {tuple(box)}; expected one with an area, in a picture of "
            f"{across} x {down} pixels"
        )
    if max(width, height) > _LONGEST_BOX * max(across, down):
        raise ValueError(
            f"box is {tuple(box)}; expected a side of at most {_LONGEST_BOX} times that of the "
            f"picture, which has {across} x {down} pixels"
        )
    side = max(width, height) * CROP_SIDE
    # What the turned square needs about the same centre, with pixels to spare for interpolation.
    turn = math.radians(angle)
    reach = side * (abs(math.cos(turn)) + abs(math.sin(turn))) / 2
    margin = 2 + int(side / 12)
    part, corner = _drawn_out(picture, (x + width / 2, y + height / 2), reach, margin)
    center = x + width / 2 - corner[0], y + height / 2 - corner[1]
    if angle:
        return _turned(Image.fromarray(part), center, side, turn, image_size)
    left, top = center[0] - side / 2, center[1] - side / 2
    image = Image.fromarray(part).resize(
        (image_size, image_size),
        Image.Resampling.BICUBIC,
        box=(left, top, left + side, top + side),
    )
    return np.asarray(image)


def _check_picture(picture: Any) -> None:
    check_array(picture, "picture")
    is_one = picture.ndim in (2, 3) and picture.shape[2:] in ((), (3,))
    if picture.dtype != np.uint8 or not is_one:
        raise ValueError(
            f"picture is {picture.dtype} of shape {picture.shape}; expected uint8, (height, width) "
            "or (height, width, 3)"
        )


def _four_numbers(box: Any) -> tuple[float, float, float, float]:
    try:
        x, y, width, height = map(float, box)
    except (TypeError, ValueError):
        raise ValueError(
            f"box is {box!r:.80}; expected four numbers: left, top, width and height"
        ) from None
    return x, y, width, height


def _drawn_out(
    picture: NDArray[np.uint8], center: tuple[float, float], reach: float, margin: int
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Return the part of a picture about a centre, its edges drawn out, and its corner."""
    middle = np.array(center[::-1])
    first = np.floor(middle - reach).astype(int) - margin
    last = np.ceil(middle + reach).astype(int) + margin
    begin, end = (np.clip(ends, 0, picture.shape[:2]) for ends in (first, last))
    part = picture[begin[0] : end[0], begin[1] : end[1]]
    beyond = [*zip(begin - first, last - end, strict=True), *[(0, 0)] * (picture.ndim - 2)]
    part = np.pad(part, beyond, mode="edge")
    return part, (int(first[1]), int(first[0]))


def _turned(
    part: Image.Image, center: tuple[float, float], side: float, turn: float, image_size: int
) -> NDArray[np.uint8]:
    """Cut a turned square out: sampled once, as finely as the picture is, and then averaged."""
    finer = max(1, math.ceil(side / image_size))
    fine = image_size * finer
    step = side / fine
    # Pillow asks where in the picture each pixel of the crop comes from.
    cos, sin = step * math.cos(turn), step * math.sin(turn)
    half = fine / 2
    matrix = (
        (cos, sin, center[0] - half * (cos + sin)),
        (-sin, cos, center[1] - half * (cos - sin)),
    )
    image = part.transform(
        (fine, fine), Image.Transform.AFFINE, (*matrix[0], *matrix[1]), Image.Resampling.BICUBIC
    )
    return np.asarray(image.reduce(finer) if finer > 1 else image)
