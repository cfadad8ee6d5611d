"""What may stand for pictures: files, folders, bytes, open files, images and arrays."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fernet._io.errors import naming_memory
from fernet._io.names import shortened
from fernet.datasets.images import iter_images
from fernet.datasets.photos import photo_from_image
from fernet.faces._arrays import as_array, is_stack, of_arrow
from fernet.faces.records import Unreadable
from fernet.faces.video import names_video

_TEXT_OF_PICTURE = re.compile(r"(?:/9j/|iVBORw0KGgo|R0lGOD|UklGR)[\w+/=\s-]{40,}", re.ASCII)
_DATA_URL = re.compile(r"data:[^,]{0,100};base64,", re.IGNORECASE)

__all__ = [
    "Source",
    "checked_sources",
    "copy_of",
    "expand",
    "is_single",
    "numbered",
    "status_of",
]
__dir__ = __all__.copy


@dataclass(frozen=True, slots=True)
class Source:
    """A picture to be read, and the name that its records get.

    Parameters
    ----------
    file : str
        Its path, or ``"image 0"`` and so on.
    picture : object
        What `fernet.faces.finding.take_photo` takes, `Unreadable`, or what `numbered` keeps of a
        Pillow image.

    Examples
    --------
    >>> from fernet.faces.sources import Source
    >>> Source("image 0", b"...").file
    'image 0'
    """

    file: str
    picture: Any


def checked_sources(images: Any) -> Any:
    """Refuse what is neither a picture nor several, and make arrays of what counts as such.

    Parameters
    ----------
    images : object
        What a user gave.

    Returns
    -------
    object
        A picture, or an iterable of pictures.

    Raises
    ------
    TypeError
        If it is neither. A table or a dict is none: what stands for pictures in it may be its
        names, its columns or its rows.

    Examples
    --------
    >>> from fernet.faces.sources import checked_sources
    >>> checked_sources(["photo.jpg"])
    ['photo.jpg']
    """
    is_table = hasattr(images, "columns") and hasattr(images, "shape")
    if not (is_table or isinstance(images, Mapping)):
        images = as_array(images)
        if isinstance(images, Iterable) or is_single(images):
            return images
    hint = ", such as one of its columns" if is_table else ""
    hint = ", such as its values" if isinstance(images, Mapping) else hint
    raise TypeError(
        f"images is of type {type(images).__name__}; expected a picture or an iterable of "
        f"pictures{hint}"
    )


def is_single(images: Any) -> bool:
    """Tell whether something is one picture or folder, and not several.

    Parameters
    ----------
    images : object
        What a user gave.

    Returns
    -------
    bool

    Examples
    --------
    >>> from fernet.faces.sources import is_single
    >>> is_single("photo.jpg"), is_single(["photo.jpg"])
    (True, False)
    """
    if isinstance(images, np.ndarray):
        return not is_stack(images)
    kinds = (str, os.PathLike, bytes, bytearray, memoryview, Unreadable)
    return isinstance(images, kinds) or hasattr(images, "convert") or hasattr(images, "read")


def expand(source: Any, left_out: Callable[[Path], object] | None = None) -> Iterator[Any]:
    """Give the pictures of a folder and the folders within it; anything else as it is.

    Parameters
    ----------
    source : object
        A picture or a folder.
    left_out : callable, default=None
        Called with each file in a folder that is no picture.

    Yields
    ------
    object
        The folder's files as `fernet.datasets.images.iter_images` gives them; an `Unreadable` for
        a folder without any, or one that can't be looked into.

    Examples
    --------
    >>> from fernet.faces.sources import expand
    >>> list(expand("photo.jpg"))
    ['photo.jpg']
    """
    if not (isinstance(source, (str, os.PathLike)) and os.path.isdir(source)):
        yield source
        return
    image, videos = None, False

    def look_at(path: Path) -> None:
        nonlocal videos
        videos = videos or names_video(path)
        if left_out is not None:
            left_out(path)

    try:
        for image in iter_images(source, left_out=look_at):
            yield image
    except OSError as error:
        yield Unreadable(os.fspath(source), status_of(error, os.fspath(source)))
        return
    if image is None:
        hint = "; its videos are to be named themselves" if videos else ""
        yield Unreadable(os.fspath(source), f"folder without images{hint}")


def numbered(
    images: Iterable[Any], keep: Callable[[Image.Image], Any] = photo_from_image
) -> Iterator[Source]:
    """Give the pictures of some sources, each with its name.

    Parameters
    ----------
    images : iterable
        Pictures and folders. Open files are read at once, so that they may be closed as soon as
        the next is asked for. Where it is no collection but hands its pictures over one by one,
        it may also use an array or an image again for the next: they are copied.
    keep : callable, default=photo_from_image
        What makes of a Pillow image that may not be decoded yet what is kept of it.

    Yields
    ------
    Source
        Named after its path, or its place in `images`.

    Examples
    --------
    >>> from fernet.faces.sources import numbered
    >>> [source.file for source in numbered(["photo.jpg", b"..."])]
    ['photo.jpg', 'image 1']
    """
    is_kept = isinstance(images, Collection)
    for number, source in enumerate(images):
        for picture in expand(of_arrow(source)):
            named = _named(number, picture)
            yield named if is_kept else _copied(named, keep)


def copy_of(picture: Any, keep: Callable[[Image.Image], Any]) -> Any:
    """Return a picture that stays as it is, whatever becomes of the object that it came as.

    Parameters
    ----------
    picture : object
        As a user hands it over.
    keep : callable
        What makes of a Pillow image what is kept of it.

    Returns
    -------
    object
        Itself, where it can't change.

    Raises
    ------
    ValueError
        If a tensor can't be an array.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces.sources import copy_of
    >>> frame = np.zeros((2, 2), np.uint8)
    >>> copied = copy_of(frame, np.asarray)
    >>> frame[:] = 255
    >>> int(copied.max())
    0
    """
    if isinstance(picture, Image.Image):
        return keep(picture)
    if isinstance(picture, (bytearray, memoryview)):
        return bytes(picture)
    array = as_array(picture)
    return array.copy() if isinstance(array, np.ndarray) else array


def _copied(source: Source, keep: Callable[[Image.Image], Any]) -> Source:
    """Return a source that stays as it is, whatever becomes of the object that it came as."""
    file, picture = source.file, source.picture
    try:
        with naming_memory(file):
            return Source(file, copy_of(picture, keep))
    except (OSError, ValueError) as error:
        return Source(file, Unreadable(file, status_of(error, file)))


def _named(number: int, picture: Any) -> Source:
    if isinstance(picture, Unreadable):
        return Source(picture.file, picture)
    if isinstance(picture, (str, os.PathLike)):
        text = os.fsdecode(picture)
        if fault := _encoded(text):
            text = shortened(text)
            return Source(text, Unreadable(text, fault))
        return Source(text, picture)
    name = f"image {number}"
    # Pillow's images have neither; arrays and the rest are read later, in threads.
    if hasattr(picture, "read"):
        path = getattr(picture, "name", None)
        name = path if isinstance(path, str) else name
        picture = _content(picture, name)
    return Source(name, picture)


def _content(file: Any, name: str) -> Any:
    try:
        content = file.read()
    except (OSError, ValueError) as error:
        return Unreadable(name, f"can't be read: {error}".lower())
    if isinstance(content, str):
        return Unreadable(name, "opened as text; expected a file opened in binary mode")
    if not content and _place(file):
        return Unreadable(name, "an open file that has been read to its end already: call seek(0)")
    return content


def _place(file: Any) -> int:
    """Return where an open file is read on; 0 of such as do not tell."""
    try:
        return int(file.tell())
    except (AttributeError, OSError, ValueError):
        return 0


def _encoded(text: str) -> str:
    """Say what a picture's content as text is, in the place of a path; "" of paths."""
    if _DATA_URL.match(text):
        return "a data URL; give base64.b64decode of what follows its comma"
    if _TEXT_OF_PICTURE.fullmatch(text) and not os.path.lexists(text):
        return "base64 text; give base64.b64decode of it"
    return ""


def status_of(error: OSError | ValueError, file: str) -> str:
    """Say in a record's words why a picture can't be read.

    Parameters
    ----------
    error : OSError or ValueError
        What came of reading it.
    file : str
        The picture's name. A message that begins with it, or with the parameter, loses that.

    Returns
    -------
    str

    Examples
    --------
    >>> from fernet.faces.sources import status_of
    >>> status_of(ValueError("photo.jpg: the file is empty"), "photo.jpg")
    'the file is empty'
    """
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    message = str(error)
    for name in (f"{file}: ", "image: ", "image is "):
        if message.startswith(name):
            return message[len(name) :]
    return message
