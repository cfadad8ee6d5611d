"""Takes whatever is a photo, finds its faces and cuts them out."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fernet.datasets.face_shapes import FaceShape
from fernet.datasets.photos import Photo, photo_from_image, read_photo, resize_face
from fernet.emotions import IMAGE_SHAPE
from fernet.faces._arrays import as_array, image_of
from fernet.faces._asking import ask
from fernet.faces._closer_look import turn_of
from fernet.faces.cropping import Box, crop_face
from fernet.faces.detections import Detector
from fernet.faces.quality import Quality, sharpness

__all__ = ["READ_SIDE", "UPRIGHT_FROM", "Face", "find_faces", "read_side", "take_photo"]
__dir__ = __all__.copy

_LONGEST_PATH = 4096  # bytes

READ_SIDE = 2000
"""Pixels on the longer side that pictures are read with for a detector that does not say."""

UPRIGHT_FROM = 10.0
"""Degrees from which on a face is turned upright before it is cut out.

Of FER2013's PublicTest faces the packaged network ``cnn-ferplus`` said what most people say, as
they lay and turned back from this angle on, of 85.0 and 84.7 % where the picture was not turned,
of 83.5 and 84.0 % by 15 degrees, of 80.4 and 84.1 % by 30 (``benchmarks/judge_upright.py``).
"""


@dataclass(frozen=True, slots=True)
class Face:
    """A face that was found and cut out.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (48, 48)
        The face, upright; of another shape where that was asked for.
    box : Box
        Its place, in pixels of the file.
    score : float, default=None
        The detector's, the higher the more certain. None for a picture that was not searched.
    angle : float, default=0.0
        How far it is turned against the clock within the picture, in degrees; 0 where that is
        less than `UPRIGHT_FROM`, or not known.
    quality : Quality, default=None
        What its picture is like.
    """

    pixels: NDArray[np.uint8]
    box: Box
    score: float | None = None
    angle: float = 0.0
    quality: Quality | None = None


def take_photo(source: Any, max_side: int | None, *, colors: bool = False) -> Photo:
    """Make a `Photo` of whatever a user may hand over as one.

    Parameters
    ----------
    source : str, path-like, bytes, binary file object, PIL.Image.Image or ndarray
        Bytes are those of an image's file. Arrays are uint8: grey (height, width), or colours
        (height, width, 3 or 4), red first; tensors and nested lists count as arrays.
    max_side : int or None
        As for `read_photo`.
    colors : bool, default=False
        As for `read_photo`.

    Returns
    -------
    Photo

    Raises
    ------
    ImageError, OSError
        As `read_photo` does.
    ValueError
        If it is nothing of the kind, or an array is of another shape or type.
    """
    if isinstance(source, Image.Image):
        return photo_from_image(source, max_side=max_side, colors=colors)
    source = as_array(source)
    if isinstance(source, np.ndarray):
        return photo_from_image(image_of(source), max_side=max_side, colors=colors)
    if isinstance(source, (bytes, bytearray, memoryview)):
        if isinstance(source, bytes) and _is_path(source):
            raise ValueError("image is a path as bytes; expected text: give os.fsdecode of it")
        return read_photo(io.BytesIO(source), max_side=max_side, colors=colors)
    if not (isinstance(source, (str, os.PathLike)) or hasattr(source, "read")):
        raise ValueError(
            f"image is {'None' if source is None else 'of type ' + type(source).__name__}; "
            "expected a path, bytes, a binary file object, a Pillow image or an array of uint8"
        )
    return read_photo(source, max_side=max_side, colors=colors)


def _is_path(content: bytes) -> bool:
    is_short = 0 < len(content) <= _LONGEST_PATH and b"\n" not in content
    return is_short and os.path.lexists(content)


def read_side(detector: Detector | None) -> int | None:
    """Return the pixels on the longer side that pictures are to be read with.

    Parameters
    ----------
    detector : Detector or None
        One that has a ``read_side`` of its own says so; None needs no limit.

    Returns
    -------
    int or None
    """
    return None if detector is None else getattr(detector, "read_side", READ_SIDE)


def find_faces(
    photo: Photo,
    detector: Detector | None,
    *,
    upright: bool = True,
    shape: FaceShape = IMAGE_SHAPE,
) -> list[Face]:
    """Find the faces of a picture and cut them out.

    Parameters
    ----------
    photo : Photo
        The picture.
    detector : Detector or None
        What finds the faces. None: the middle square is one.
    upright : bool, default=True
        Whether to turn faces upright that are turned by `UPRIGHT_FROM` degrees or more, where the
        detector gives landmarks.
    shape : tuple of int, default=(48, 48)
        Of the faces' pixels. In colours with a third number, 3; then the picture has been taken
        with its colours.

    Returns
    -------
    list of Face
        The most certain first. A picture that is a face already, of 48x48 grey pixels or of just
        that shape, is not searched.

    Raises
    ------
    ImportError
        If OpenCV is needed and not installed.
    ValueError
        If the detector's answer is none, or its boxes are no left, top, width and height in pixels
        of the picture.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces.finding import find_faces, take_photo
    >>> photo = take_photo(np.zeros((200, 300), np.uint8), None)
    >>> [(face.box.width, face.score) for face in find_faces(photo, lambda image: (
    ...     [[10, 10, 90, 110], [120, 40, 80, 100]], [0.7, 0.9]))]
    [(80, 0.9), (90, 0.7)]
    """
    if detector is None or _is_face(photo, shape):
        square, grey = photo.square(), resize_face(photo)
        quality = Quality(float(square[2]), sharpness(grey), 0.0, 1.0)
        pixels = grey if shape == IMAGE_SHAPE else resize_face(photo, shape)
        return [Face(pixels, _in_file(photo, square), quality=quality)]
    found = ask(detector, photo.picture(color=True))
    picture = photo.picture(color=len(shape) == 3)
    faces = []
    for i, (box, score) in enumerate(zip(found.boxes.tolist(), found.scores.tolist(), strict=True)):
        if not _touches(box, photo.grey.shape):
            continue
        turn = 0.0 if found.landmarks is None else turn_of(found.landmarks[i])
        angle = turn if upright and abs(turn) >= UPRIGHT_FROM else 0.0
        grey = crop_face(photo.grey, box, angle)
        inside, lower = _shares_inside(box, photo.grey.shape)
        quality = Quality(max(box[2:]), sharpness(grey), turn, inside, lower, turn - angle)
        pixels = grey
        if shape != IMAGE_SHAPE:
            pixels = crop_face(picture, box, angle, image_size=shape[0])
        faces.append(Face(pixels, _in_file(photo, box), score, angle, quality))
    return faces


def _is_face(photo: Photo, shape: FaceShape) -> bool:
    """Tell pictures that are as faces are to be, grey ones also where these have colours."""
    return photo.is_face or (
        photo.size == shape[1::-1] and (len(shape) == 3 or photo.colors is None)
    )


def _shares_inside(box: Any, shape: tuple[int, ...]) -> tuple[float, float]:
    """Return the share of a box in the picture, and of its height above the lower edge."""
    x, y, width, height = box
    across = min(x + width, shape[1]) - max(x, 0)
    down = min(y + height, shape[0]) - max(y, 0)
    return across * down / (width * height), min(1.0, (shape[0] - y) / height)


def _touches(box: Any, shape: tuple[int, ...]) -> bool:
    x, y, width, height = box
    return x < shape[1] and y < shape[0] and x + width > 0 and y + height > 0


def _in_file(photo: Photo, box: Any) -> Box:
    across, down = photo.scales
    x, y, width, height = box
    return Box(round(x * across), round(y * down), round(width * across), round(height * down))
