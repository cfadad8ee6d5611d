"""Decodes pictures of any kind: upright, grey, and refused where they are no such."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from fernet._io.addresses import NOT_FETCHED, is_address
from fernet._io.errors import is_out_of_memory, naming_memory
from fernet.datasets._appearance import (
    GREY_MODES,
    ORIENTATION_TAG,
    blend_to_grey,
    convertible,
    is_grey,
    on_white,
    shown,
    turned,
)
from fernet.datasets._depths import LevelsError, in_bytes, in_strips
from fernet.datasets._kinds import ONLY_A_PREVIEW, is_preview, open_picture, why_no_picture
from fernet.datasets._picture_names import first_lines, names_pictures
from fernet.datasets._profiles import in_srgb
from fernet.datasets._undecoded import JPEG_FORMATS, apart
from fernet.datasets.face_shapes import FaceShape
from fernet.emotions import IMAGE_SHAPE

__all__ = [
    "MAX_IMAGE_PIXELS",
    "ImageError",
    "Photo",
    "photo_from_image",
    "read_photo",
    "read_with",
    "resize_face",
    "to_photo",
    "to_rgb",
]
__dir__ = __all__.copy

MAX_IMAGE_PIXELS = 80_000_000
"""Width times height above which an image is refused before it is decoded."""

# What an image's info holds where it is not to be taken as it is.
_SPECIAL = {
    *("exif", "transparency", "xmp", "XML:com.adobe.xmp", "Raw profile type exif", "icc_profile")
}
_TURNED = (5, 6, 7, 8)  # EXIF orientations that swap width and height
_TABLE_HEAD = 8192  # bytes that show a table of pictures
_LOCKS = [RLock() for _ in range(61)]  # a prime, as addresses are multiples of 16
_EMPTIED = "the image was closed: give it, or its copy(), before"
_CLOSED = "the image was closed before it was decoded: call its load() before"


class ImageError(ValueError):
    """A file is not an image that can be read; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A whole picture, upright and grey.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        Grey levels, perhaps of a smaller picture than the file's.
    size : tuple of int
        Width and height of the upright picture in its file, in pixels.
    is_face : bool
        Whether it is 48x48 and has no colours but greys: a face cut out already, as FER2013's are.
    colors : ndarray of uint8, shape (height, width, 3), default=None
        The same picture in colours, red first, where they were asked for and it has some.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.datasets.photos import Photo
    >>> Photo(np.zeros((480, 640), np.uint8), (1280, 972), False).scales
    (2.0, 2.025)
    """

    grey: np.ndarray
    size: tuple[int, int]
    is_face: bool
    colors: np.ndarray | None = None

    @property
    def scales(self) -> tuple[float, float]:
        """Pixels of the file for each pixel of `grey`, across and down."""
        height, width = self.grey.shape
        return self.size[0] / width, self.size[1] / height

    def picture(self, *, color: bool) -> np.ndarray:
        """Return the grey levels, or the colours: grey ones where it has no others."""
        if not color:
            return self.grey
        return np.repeat(self.grey[:, :, None], 3, axis=2) if self.colors is None else self.colors

    def square(self) -> tuple[int, int, int, int]:
        """Return left, top, width and height, in pixels of `grey`, of the square in the middle."""
        height, width = self.grey.shape
        side = min(width, height)
        return (width - side) // 2, (height - side) // 2, side, side


def read_photo(source: Any, *, max_side: int | None = None, colors: bool = False) -> Photo:
    """Read a whole picture of any size and kind, upright and grey.

    Kinds, orientation, transparency and deep grey levels are treated as by `read_face`.

    Parameters
    ----------
    source : str, path-like or binary file object
        A file of a kind that `read_face` takes. The content decides, not the name.
    max_side : int, default=None
        The longer side's length in pixels above which the picture is made smaller; a JPEG may
        be decoded smaller, which saves most of the time. By default it keeps its size.
    colors : bool, default=False
        Whether to keep the colours beside the grey levels.

    Returns
    -------
    Photo

    Raises
    ------
    ImageError
        As `read_face` does.
    OSError
        If the file can not be opened.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> from fernet.datasets.photos import read_photo
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (640, 480), "red").save(file, "JPEG")
    >>> photo = read_photo(file, max_side=320)
    >>> photo.grey.shape, photo.size, photo.is_face
    ((240, 320), (640, 480), False)
    """
    return read_with(source, lambda image: to_photo(image, max_side, colors=colors))


def photo_from_image(
    image: Image.Image, *, max_side: int | None = None, colors: bool = False
) -> Photo:
    """Make of a Pillow image what `read_photo` makes of a file.

    Parameters
    ----------
    image : PIL.Image.Image
        Of any mode; its size stays.
    max_side : int, default=None
        As for `read_photo`.
    colors : bool, default=False
        As for `read_photo`.

    Returns
    -------
    Photo

    Raises
    ------
    ImageError
        If the image is closed or damaged, or has no pixels or more than `MAX_IMAGE_PIXELS`.
    MemoryError
        If there is no memory to decode it.

    Examples
    --------
    >>> from PIL import Image
    >>> from fernet.datasets.photos import photo_from_image
    >>> photo_from_image(Image.new("L", (48, 48))).is_face
    True
    """
    _check_size(image.size, "image")
    file = getattr(image, "fp", image)
    is_shut = file is None or bool(getattr(file, "closed", False))
    is_closed = is_shut and bool(getattr(image, "tile", None))
    try:
        with _lock_of(image):
            return to_photo(image, max_side, colors=colors, keeps_size=True)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        reason = _CLOSED if is_closed else _reason(error)
        raise ImageError(f"image: {_EMPTIED if _is_emptied(image) else reason}") from error


def _is_emptied(image: Image.Image) -> bool:
    """Tell whether an image's pixels are gone; Pillow then raises at whatever is asked of them."""
    try:
        getattr(image.im, "mode", None)
    except Exception as error:  # another where it was not decoded
        return isinstance(error, ValueError)
    return False


def _lock_of(image: Image.Image) -> RLock:
    """Return what keeps threads from decoding the same image at once, which Pillow can't do."""
    return _LOCKS[id(image) % len(_LOCKS)]


def read_with(source: Any, convert: Callable[[Image.Image], Any]) -> Any:
    """Open an image, refuse it by its size if need be, decode and convert it.

    Parameters
    ----------
    source : str, path-like or binary file object
        The file.
    convert : callable
        Takes the open Pillow image; may still shrink it as it is decoded.

    Returns
    -------
    object
        What ``convert`` returned.

    Raises
    ------
    ImageError
        If the file is not an image, is damaged, or has more than `MAX_IMAGE_PIXELS` pixels.
    MemoryError
        If there is no memory to decode it, be it sound or not; the message names it.
    OSError
        If the file can not be opened.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> from fernet.datasets.photos import read_with
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (64, 48)).save(file, "PNG")
    >>> read_with(file, lambda image: image.size)
    (64, 48)
    """
    if hasattr(source, "read"):
        name = getattr(source, "name", "image")
        with naming_memory(name):
            return _decode(_seekable(source), name, convert)
    if is_address(source):
        raise ImageError(f"{os.fspath(source)}: {NOT_FETCHED}")
    with naming_memory(os.fspath(source)), open(source, "rb") as file:
        return _decode(_seekable(file), os.fspath(source), convert)


def _seekable(file: BinaryIO) -> BinaryIO:
    """Return what of a pipe can be looked at more than once: its content."""
    can_seek = file.seekable() if hasattr(file, "seekable") else hasattr(file, "seek")
    return file if can_seek else io.BytesIO(file.read())


def _decode(file: BinaryIO, name: str, convert: Callable[[Image.Image], Any]) -> Any:
    try:
        with open_picture(file) as image:
            if is_preview(image):
                raise ImageError(f"{name}: {ONLY_A_PREVIEW}")
            _check_size(image.size, name)
            return convert(image)
    except ImageError:
        raise
    except UnidentifiedImageError:
        reason = why_no_picture(file) or _table_in(file) or "not an image of a known kind"
        raise ImageError(f"{name}: {reason}") from None
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise ImageError(f"{name}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Say why a picture can't be decoded: Pillow raises errors of many kinds on damaged files."""
    if isinstance(error, LevelsError):
        return str(error)
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        # Pillow says how many, and "could be decompression bomb DOS attack" of any large picture.
        found = re.search(r"\d+ pixels", str(error))
        return _too_large(found[0] if found else str(error))
    return f"damaged image ({str(error).rstrip('.') or type(error).__name__})"


def _table_in(file: BinaryIO) -> str:
    """Say what reads a table of pictures; "" for other files."""
    file.seek(0)
    head = file.read(_TABLE_HEAD)
    is_table = b"\0" not in head and names_pictures(first_lines(head.decode(errors="replace")))
    words = "a table of pictures; load_image_list reads it, and fernet evaluate with --data"
    return words if is_table else ""


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_IMAGE_PIXELS:
        raise ImageError(f"{name}: {_too_large(f'{width} x {height} pixels')}")
    if min(size) == 0:
        raise ImageError(f"{name}: the image has no pixels ({width} x {height})")


def _too_large(found: str) -> str:
    return f"too large an image: {found}; at most {MAX_IMAGE_PIXELS // 10**6} million are read"


def resize_face(photo: Photo, shape: FaceShape = IMAGE_SHAPE) -> np.ndarray:
    """Cut out a picture's middle square and resize it to a face.

    Parameters
    ----------
    photo : Photo
        With its colours, where the face is to have them.
    shape : tuple of int, default=(48, 48)
        The face's, see `fernet.datasets.face_shapes.face_shape`.

    Returns
    -------
    ndarray of uint8, of that shape

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.datasets.photos import Photo, resize_face
    >>> photo = Photo(np.zeros((480, 640), np.uint8), (640, 480), False)
    >>> resize_face(photo).shape, resize_face(photo, (64, 64, 3)).shape
    ((48, 48), (64, 64, 3))
    """
    picture = photo.picture(color=len(shape) == 3)
    if picture.shape == shape:
        return picture
    left, top, side, _ = photo.square()
    box = (left, top, left + side, top + side)
    image = Image.fromarray(picture)
    return np.asarray(image.resize(shape[1::-1], Image.Resampling.BICUBIC, box=box))


def to_photo(
    image: Image.Image,
    max_side: int | None,
    draft_side: int | None = None,
    *,
    colors: bool = False,
    keeps_size: bool = False,
) -> Photo:
    """Turn an open Pillow image into a `Photo`.

    Parameters
    ----------
    image : PIL.Image.Image
        Not decoded yet.
    max_side : int or None
        As for `read_photo`.
    draft_side : int, default=None
        Least length of either side, in pixels, that a JPEG may be decoded at.
    colors : bool, default=False
        As for `read_photo`.
    keeps_size : bool, default=False
        Whether an image that is a JPEG is not to be smaller afterwards.

    Returns
    -------
    Photo

    Examples
    --------
    >>> from PIL import Image
    >>> from fernet.datasets.photos import to_photo
    >>> to_photo(Image.new("L", (96, 48)), None).grey.shape
    (48, 96)
    """
    size = image.size
    may_shrink = bool(draft_side or max_side)
    given = image
    image = convertible(in_bytes(apart(image) if keeps_size and may_shrink else image))
    # The way of the many: faces as FER2013 has them, with nothing to turn, shrink or blend.
    if size == IMAGE_SHAPE[::-1] and image.mode == "L":
        # NumPy makes an object of an image that fails to; a PNG's EXIF may stand behind its pixels.
        image.load()
        if not image.info.keys() & _SPECIAL:
            return Photo(np.asarray(image), size, True)
    is_jpeg = image.format in JPEG_FORMATS
    if is_jpeg and may_shrink:
        image.draft(None, _draft_size(size, max_side, draft_side))
    orientation = given.getexif().get(ORIENTATION_TAG, 1)
    if orientation != 1:
        image = turned(image, orientation)
    if not is_jpeg:
        size = image.size  # a TIFF may have been upright before
    elif orientation in _TURNED:
        size = size[::-1]
    is_face = size == IMAGE_SHAPE[::-1] and is_grey(image)
    image = in_srgb(shown(image), given.info.get("icc_profile"))
    if colors and not is_face and image.mode not in GREY_MODES:
        image = in_strips(image, "RGB", lambda strip: on_white(strip).convert("RGB"))
    else:
        image, colors = in_strips(image, "L", blend_to_grey), False
    if max_side is not None and max(image.size) > max_side:
        image = image.copy() if image is given else image
        image.thumbnail((max_side, max_side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return Photo(
        np.asarray(image.convert("L")), size, is_face, np.asarray(image) if colors else None
    )


def _draft_size(
    size: tuple[int, int], max_side: int | None, draft_side: int | None
) -> tuple[int, int]:
    """Return the least size that a JPEG may be decoded at."""
    if draft_side is not None:
        return draft_side, draft_side
    share = min(1.0, (max_side or max(size)) / max(size))
    # Pillow divides by them, and a side of a few pixels would come to none.
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert an image of any mode to colours, upright and on white where it is transparent.

    Parameters
    ----------
    image : PIL.Image.Image
        Left as it is.

    Returns
    -------
    PIL.Image.Image
        In mode RGB.

    Examples
    --------
    >>> from PIL import Image
    >>> from fernet.datasets.photos import to_rgb
    >>> to_rgb(Image.new("RGBA", (1, 1), (0, 0, 0, 55))).getpixel((0, 0))
    (200, 200, 200)
    """
    upright = turned(convertible(in_bytes(image)), image.getexif().get(ORIENTATION_TAG, 1))
    picture = in_srgb(shown(upright), image.info.get("icc_profile"))
    return on_white(picture).convert("RGB")
