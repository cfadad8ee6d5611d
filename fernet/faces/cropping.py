"""Cuts a face out as FER2013's faces are cut out."""

from __future__ import annotations

import io
import os
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fernet.datasets.photos import Photo, photo_from_image, read_photo, resize_face
from fernet.emotions import IMAGE_SHAPE
from fernet.faces.detection import FaceDetector

__all__ = ["CROP_SIDE", "Box", "crop_face", "find_crops", "take_photo"]
__dir__ = __all__.copy

CROP_SIDE = 1 / 0.965
"""Side of the crop by the detector's box.

The detector, run on 1,500 of FER2013's test faces blown up three times and with their edges
drawn out, gives boxes whose median side is 0.965 of the image's (quartiles 0.90 and 1.03), and
whose centre is the image's but for 0.005 of the side. With the profile cascade it is the same.
"""


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


def crop_face(grey: NDArray[np.uint8], box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    """Cut out a face with the margin that FER2013's have.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        The picture's grey levels.
    box : tuple of float
        Left, top, width and height of what `FaceDetector` found. The crop is the square about
        the same centre, `CROP_SIDE` as large; where it reaches beyond the picture, the picture's
        edge is drawn out.

    Returns
    -------
    ndarray of uint8, shape (48, 48)

    Raises
    ------
    ValueError
        If the box has no area, or lies wholly outside of the picture.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces import crop_face
    >>> picture = np.full((480, 640), 90, np.uint8)
    >>> face = crop_face(picture, (500, 300, 200, 200))
    >>> face.shape, int(face.min()), int(face.max())
    ((48, 48), 90, 90)
    """
    x, y, width, height = box
    inside = x < grey.shape[1] and y < grey.shape[0] and x + width > 0 and y + height > 0
    if width <= 0 or height <= 0 or not inside:
        raise ValueError(
            f"box is {tuple(box)}; expected one with an area, in a picture of "
            f"{grey.shape[1]} x {grey.shape[0]} pixels"
        )
    side = max(width, height) * CROP_SIDE
    left, top = x + (width - side) / 2, y + (height - side) / 2
    # The part that matters, with pixels to spare for the interpolation, and its edges drawn out.
    margin = 2 + int(side / 12)
    first = np.floor([top, left]).astype(int) - margin
    last = np.ceil([top + side, left + side]).astype(int) + margin
    begin, end = np.maximum(first, 0), np.minimum(last, grey.shape)
    part = grey[begin[0] : end[0], begin[1] : end[1]]
    part = np.pad(part, list(zip(begin - first, last - end, strict=True)), mode="edge")
    left, top = left - first[1], top - first[0]
    image = Image.fromarray(part).resize(
        IMAGE_SHAPE[::-1], Image.Resampling.BICUBIC, box=(left, top, left + side, top + side)
    )
    return np.asarray(image)


def take_photo(source: Any, max_side: int | None) -> Photo:
    """Make a `Photo` of whatever a user may hand over as one.

    Parameters
    ----------
    source : str, path-like, bytes, binary file object, PIL.Image.Image or ndarray
        Bytes are those of an image's file. Arrays are uint8: grey (height, width), or colours
        (height, width, 3 or 4).
    max_side : int or None
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
        return photo_from_image(source, max_side=max_side)
    if isinstance(source, np.ndarray):
        return photo_from_image(_image_of(source), max_side=max_side)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return read_photo(io.BytesIO(source), max_side=max_side)
    if not (isinstance(source, (str, os.PathLike)) or hasattr(source, "read")):
        raise ValueError(
            f"image is {'None' if source is None else 'of type ' + type(source).__name__}; "
            "expected a path, bytes, a binary file object, a Pillow image or an array of uint8"
        )
    return read_photo(source, max_side=max_side)


def _image_of(array: NDArray[Any]) -> Image.Image:
    shape = array.shape
    hint = ""
    if array.ndim == 3 and shape[0] in (1, 3, 4) and shape[2] not in (1, 3, 4):
        hint = "; move channels last: image.transpose(1, 2, 0)"
    elif array.dtype.kind == "f" and array.size and array.min() >= 0 and array.max() <= 1:
        hint = "; of levels from 0 to 1: (255 * image).astype('uint8')"
    channels = shape[2:] or (1,)
    is_image = array.ndim in (2, 3) and channels[0] in (1, 3, 4) and array.size > 0
    if array.dtype != np.uint8 or not is_image:
        raise ValueError(
            f"image is an array of {array.dtype}, shape {shape}; expected uint8, "
            f"(height, width) or (height, width, 3){hint}"
        )
    return Image.fromarray(array[:, :, 0] if channels == (1,) and array.ndim == 3 else array)


def find_crops(photo: Photo, detector: FaceDetector | None) -> list[tuple[Box, NDArray[np.uint8]]]:
    """Find the faces of a picture and cut them out.

    Parameters
    ----------
    photo : Photo
        The picture.
    detector : FaceDetector or None
        What finds the faces. None: the middle square is one.

    Returns
    -------
    list of (Box, ndarray of uint8, shape (48, 48))
        Boxes in pixels of the file, and the faces. A picture that is a face already, of 48x48
        grey pixels, is not searched.

    Raises
    ------
    ImportError
        If OpenCV is needed and not installed.
    """
    if photo.is_face or detector is None:
        x, y, width, height = photo.square()
        return [(_in_file(photo, (x, y, width, height)), resize_face(photo))]
    boxes = detector.detect(photo.grey)
    return [(_in_file(photo, box), crop_face(photo.grey, box)) for box in boxes.tolist()]


def _in_file(photo: Photo, box: tuple[int, int, int, int]) -> Box:
    scale = photo.scale
    return Box(*(round(number * scale) for number in box))
