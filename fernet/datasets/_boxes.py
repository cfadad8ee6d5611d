"""Faces of which a table says where in a picture they are."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from fernet._io.callers import levels_to_caller
from fernet.datasets._columns import plain
from fernet.datasets.face_shapes import FaceShape
from fernet.datasets.photos import ImageError, Photo, read_photo, resize_face

# Headers, as `plain` has them, of the left, the top, and the other ends or the sizes.
_CORNERS = (
    ("left", "top", "right", "bottom"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("x1", "y1", "x2", "y2"),
)
_SIZES = (
    # Width and height may be the picture's.
    ("x", "y", "w", "h"),
    ("x", "y", "width", "height"),
    ("left", "top", "width", "height"),
    ("xmin", "ymin", "width", "height"),
)
_PREFIXES = ("face", "facebox", "bbox", "box", "")
# Of other forms, which are not followed.
_OTHER_BOXES = (
    *("bbox", "box", "boundingbox", "facebox", "facebbox", "facialarea", "rect"),
    *("xcenter", "centerx", "xcentre", "cx", "x0"),
)
# Points of a face begin as corners do, and there are more of them.
_THIRD_POINT = ("x3", "y3")
_COMMA = re.compile(r"\s*[+-]?[0-9]+,[0-9]+\s*")
# A face's box has more; what says where it is in shares of the picture's sides has less.
_LEAST_SIDE = 2
# Name, number of the face, top, left, right, bottom, confidence and label: Zhang et al., 2018.
_EXPW_FIELDS = 8


class Box(NamedTuple):
    """Where a face is, in pixels of the upright picture."""

    left: float
    top: float
    width: float
    height: float


class BoxColumns(NamedTuple):
    """Columns of a table that tell where a face is.

    Attributes
    ----------
    places : tuple of int
        Of the left, the top, and the right and bottom or the width and height.
    are_corners : bool
        Whether the last two are the right and bottom.
    """

    places: tuple[int, ...]
    are_corners: bool

    def box(self, fields: Sequence[str]) -> Box | None:
        """Return the box of a row; None if it is none with an area.

        Examples
        --------
        >>> from fernet.datasets._boxes import BoxColumns
        >>> BoxColumns((1, 2, 3, 4), True).box(["a.png", "10", "20", "50", "80"])
        Box(left=10.0, top=20.0, width=40.0, height=60.0)

        Raises
        ------
        ValueError
            If numbers have decimal commas.
        """
        try:
            left, top, width, height = (float(fields[place]) for place in self.places)
        except ValueError:
            if comma := next((fields[i] for i in self.places if _COMMA.fullmatch(fields[i])), ""):
                raise ValueError(
                    f"{comma!r} in a column of a box; expected 12.5, not 12,5"
                ) from None
            return None
        if self.are_corners:
            width, height = width - left, height - top
        box = Box(left, top, width, height)
        return box if all(map(math.isfinite, box)) and min(width, height) > 0 else None


@dataclass(frozen=True, slots=True)
class BoxedFace:
    """A picture's file, perhaps open, and where the face is; None where there is no such box."""

    file: Path | BinaryIO
    box: Box | None

    def __str__(self) -> str:
        return str(self.file if isinstance(self.file, Path) else self.file.name)


def find_box_columns(names: Sequence[str]) -> BoxColumns | None:
    """Tell by their headers which columns are a face's box; None if none are.

    Examples
    --------
    >>> from fernet.datasets._boxes import find_box_columns
    >>> find_box_columns(["file", "face_x", "face_y", "face_width", "face_height", "expression"])
    BoxColumns(places=(1, 2, 3, 4), are_corners=False)
    >>> find_box_columns(["file", "width", "height", "label"])
    """
    known = list(map(plain, names))
    if any(point in known for point in _THIRD_POINT):
        return None
    for forms, are_corners in ((_CORNERS, True), (_SIZES, False)):
        for prefix in _PREFIXES:
            for form in forms:
                wanted = [prefix + name for name in form]
                if all(name in known for name in wanted):
                    return BoxColumns(tuple(map(known.index, wanted)), are_corners)
    return None


def warn_of_other_box(source: Path, names: Sequence[str]) -> None:
    """Say that a column tells of boxes in a form that is not followed.

    Parameters
    ----------
    source : Path
        The table, for the message.
    names : sequence of str
        Its headers, of which no four are a box as `find_box_columns` finds it.

    Warns
    -----
    UserWarning
        If one is called as such a column.
    """
    if name := next((name for name in names if plain(name) in _OTHER_BOXES), None):
        warnings.warn(
            f"{source}: the column {name!r} tells of boxes in a form that is not followed, so "
            "pictures are read whole; expected four columns in pixels, such as x, y, w and h",
            UserWarning,
            stacklevel=levels_to_caller(),
        )


def read_boxes(columns: BoxColumns, values: Sequence[Sequence[object]]) -> list[Box | None]:
    """Return the boxes of rows of which there are four columns of values, in the order of places.

    Examples
    --------
    >>> from fernet.datasets._boxes import BoxColumns, read_boxes
    >>> read_boxes(BoxColumns((7, 5, 8, 6), False), [[1, None], [2, 2], [30, 30], [40, 40]])
    [Box(left=1.0, top=2.0, width=30.0, height=40.0), None]
    """
    in_order = columns._replace(places=tuple(range(len(values))))
    return [in_order.box(list(map(str, row))) for row in zip(*values, strict=True)]


def check_pixels(source: Path, boxes: Iterable[Box | None]) -> None:
    """Refuse boxes in shares of the picture's sides, of each of which a single pixel would be read.

    Parameters
    ----------
    source : Path
        The table, for the message.
    boxes : iterable of Box or None
        All that it has.

    Raises
    ------
    ValueError
        If none has a side of two pixels.

    Examples
    --------
    >>> from pathlib import Path
    >>> from fernet.datasets._boxes import Box, check_pixels
    >>> check_pixels(Path("faces.csv"), [Box(0.2, 0.1, 0.5, 0.6)])
    Traceback (most recent call last):
        ...
    ValueError: faces.csv: boxes of less than 2 pixels, such as 0.5 x 0.6, as if they were shares \
of the picture's sides; expected pixels: multiply by each picture's width and height
    """
    known = [box for box in boxes if box is not None]
    if known and max(max(box.width, box.height) for box in known) < _LEAST_SIDE:
        raise ValueError(
            f"{source}: boxes of less than {_LEAST_SIDE} pixels, such as {known[0].width:g} x "
            f"{known[0].height:g}, as if they were shares of the picture's sides; expected pixels: "
            "multiply by each picture's width and height"
        )


def expw_columns(fields: Sequence[str]) -> BoxColumns | None:
    """Tell by its first row whether a table without headers is ExpW's; None if it is not.

    Examples
    --------
    >>> from fernet.datasets._boxes import expw_columns
    >>> expw_columns("angry_actor_104.jpg 0 28 113 226 141 22.9362 0".split())
    BoxColumns(places=(3, 2, 4, 5), are_corners=True)
    """
    whole = [*fields[1:6], *fields[7:]]
    is_such = len(fields) == _EXPW_FIELDS and all(word.isdecimal() for word in whole)
    return BoxColumns((3, 2, 4, 5), True) if is_such else None


def read_boxed_face(face: BoxedFace, shape: FaceShape) -> np.ndarray:
    """Read a face out of its picture: the square about its box, moved to lie within.

    Parameters
    ----------
    face : BoxedFace
        The picture is read as `fernet.datasets.images.read_face` does.
    shape : tuple of int
        Of the result.

    Returns
    -------
    ndarray of uint8, of that shape

    Raises
    ------
    ImageError
        If the picture can not be read, there is no box, or it lies outside of the picture.
    OSError
        If it can not be opened.
    """
    box = face.box
    if box is None:
        raise ImageError(f"{face}: the table has no box with an area for the face")
    photo = read_photo(face.file, colors=len(shape) == 3)
    height, width = photo.grey.shape
    across, down = (box.left, box.left + box.width), (box.top, box.top + box.height)
    if across[0] >= width or down[0] >= height or min(across[1], down[1]) <= 0:
        raise ImageError(
            f"{face}: the face's box, {across[0]:g} to {across[1]:g} across and {down[0]:g} to "
            f"{down[1]:g} down, is outside of the picture's {width} x {height} pixels"
        )
    side = max(1, min(round(max(box.width, box.height)), width, height))
    left = _within(box.left + box.width / 2 - side / 2, width - side)
    top = _within(box.top + box.height / 2 - side / 2, height - side)
    rows, columns = slice(top, top + side), slice(left, left + side)
    colors = None if photo.colors is None else photo.colors[rows, columns]
    return resize_face(Photo(photo.grey[rows, columns], (side, side), False, colors), shape)


def _within(start: float, last: int) -> int:
    return min(max(round(start), 0), last)
