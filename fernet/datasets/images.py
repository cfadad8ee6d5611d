"""Reads image files as faces."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from PIL import Image

from fernet._io.threads import count_threads, in_threads
from fernet.datasets._image_walk import iter_images, list_images
from fernet.datasets.face_shapes import FaceShape
from fernet.datasets.photos import (
    MAX_IMAGE_PIXELS,
    ImageError,
    read_with,
    resize_face,
    to_photo,
    to_rgb,
)
from fernet.emotions import IMAGE_SHAPE

__all__ = [
    "MAX_IMAGE_PIXELS",
    "ImageError",
    "check_on_error",
    "iter_images",
    "keep_readable",
    "list_images",
    "read_batch",
    "read_color",
    "read_face",
    "read_images",
    "read_in_threads",
    "to_face",
]
__dir__ = __all__.copy

# A JPEG may be decoded at 1/2 to 1/8 of its size if this many times the face's side is left.
_DRAFT = 4
_BATCH = 128
_OF_LOADERS = 4  # from a warning to the caller of a loader, by way of read_images

Reader: TypeAlias = Callable[[Any, FaceShape], np.ndarray]


def read_face(
    path: str | os.PathLike[str] | BinaryIO, shape: FaceShape = IMAGE_SHAPE
) -> np.ndarray:
    """Read an image of any size and kind as a face, by default of 48x48 grey pixels.

    An image of just this shape comes back exactly. Others are turned upright as their EXIF
    orientation says, laid on white where they are transparent, brought to sRGB where their colour
    profile has other tones, as ProPhoto RGB has, or inks, turned grey (ITU-R 601 luma) or into
    colours, cropped to the square in the middle so that the face keeps its proportions, and resized
    by bicubic interpolation with antialiasing. Of an animation the first frame is taken.
    A picture without a pixel that is not wholly transparent is taken as if it had no transparency.
    Levels of 16 bits, grey or of colours, and 32-bit integers, as if they were 16-bit, are divided
    by 257, or taken as levels of 8, 10, 12 or 14 bits if none is above 255, 1023, 4095 or 16383.
    Floating-point levels are taken as 0 to 1 if none is above 2, else as 0 to 255 or as whole
    numbers; what lies a little beyond a range is cut. A picture with other levels, as of -1 to 1,
    is refused.

    Parameters
    ----------
    path : str, path-like or binary file object
        A JPEG, PNG, GIF, WebP, TIFF, BMP, PNM, AVIF (with Pillow 11.3 or later), JPEG 2000, MPO,
        PSD, QOI, ICO, SGI, Sun, PCX or TGA file, or HEIC where pillow-heif is installed
        (``pip install "fernet-emotion[heic]"``). The content decides, not the name.
    shape : tuple of int, default=(48, 48)
        Height and width, equal; in colours with a third number, 3.

    Returns
    -------
    face : ndarray of uint8, of that shape
        Grey levels, 0 black to 255 white; or red, green and blue.

    Raises
    ------
    ImageError
        If the file is not an image, is damaged, has more than `MAX_IMAGE_PIXELS` pixels, or levels
        that can't be told.
    OSError
        If the file can not be opened, for example FileNotFoundError.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> from fernet.datasets.images import read_face
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     photo = os.path.join(folder, "photo.png")
    ...     Image.new("RGB", (640, 480), "red").save(photo)
    ...     face = read_face(photo)
    >>> face.shape, face.dtype, int(face[0, 0])
    ((48, 48), dtype('uint8'), 76)
    """
    draft, color = _DRAFT * shape[0], len(shape) == 3
    photo = read_with(path, lambda image: to_photo(image, None, draft, colors=color))
    return resize_face(photo, shape)


def to_face(pixels: np.ndarray, shape: FaceShape) -> np.ndarray:
    """Bring a picture's pixels to a face's size and colours, as `read_face` does with a file's.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width) or (height, width, 3)
    shape : tuple of int
        The face's.

    Returns
    -------
    face : ndarray of uint8, of that shape

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.datasets.images import to_face
    >>> to_face(np.full((96, 96), 7, np.uint8), (2, 2)).tolist()
    [[7, 7], [7, 7]]
    """
    photo = to_photo(Image.fromarray(pixels), None, colors=len(shape) == 3)
    return resize_face(photo, shape)


def read_color(path: str | os.PathLike[str], shape: FaceShape) -> np.ndarray:
    """Read a colour image of a known size.

    Parameters
    ----------
    path : str or path-like
        The file, of a kind that `read_face` takes.
    shape : tuple of int
        Height and width that the image must have, and 3.

    Returns
    -------
    image : ndarray of uint8, shape (height, width, 3)
        Red, green and blue, 0 to 255.

    Raises
    ------
    ImageError
        As `read_face`, and if the image is of another size.
    OSError
        If the file can not be opened.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> from fernet.datasets.images import read_color
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     photo = os.path.join(folder, "photo.png")
    ...     Image.new("RGB", (32, 32), "red").save(photo)
    ...     read_color(photo, (32, 32, 3))[0, 0].tolist()
    [255, 0, 0]
    """
    image = np.asarray(read_with(path, to_rgb))
    if image.shape != shape:
        raise ImageError(
            f"{os.fspath(path)}: {image.shape[1]} x {image.shape[0]} pixels; "
            f"expected {shape[1]} x {shape[0]}"
        )
    return image


def read_images(
    paths: Sequence[Any],
    shape: FaceShape,
    *,
    read: Reader = read_face,
    n_jobs: int | None = -1,
    on_error: str = "raise",
) -> tuple[np.ndarray, np.ndarray]:
    """Read many images in threads; Pillow decodes without holding the interpreter's lock.

    Parameters
    ----------
    paths : sequence
        The files, or whatever `read` takes.
    shape : tuple of int
        Of each image.
    read : callable, default=read_face
        Reads a file as an image of that shape: `read_face`, or `read_color` for pictures that must
        have the size already.
    n_jobs : int or None, default=-1
        Number of threads, as joblib counts: -1 is one for each processor.
    on_error : {"raise", "skip"}, default="raise"
        Whether an unreadable image stops the work, or is left out with one warning for all.

    Returns
    -------
    data : ndarray of uint8, shape (n_read, n_pixels)
        The images read, flattened, in the order of ``paths``.
    kept : ndarray of bool, shape (len(paths),)
        Which of the paths were read.

    Raises
    ------
    ImageError
        At the first image in order that can not be read, unless such are skipped.

    Examples
    --------
    >>> from fernet.datasets.images import read_images
    >>> data, kept = read_images([], (48, 48))
    >>> data.shape
    (0, 2304)
    """
    check_on_error(on_error)
    data = np.empty((len(paths), int(np.prod(shape))), np.uint8)
    faults = read_in_threads(paths, shape, data, read=read, n_jobs=n_jobs)
    kept = keep_readable(faults, len(paths), on_error, stacklevel=_OF_LOADERS)
    return data if not faults else data[kept], kept


def check_on_error(on_error: str) -> None:
    """Refuse what says neither to stop at an unreadable image nor to skip it.

    Raises
    ------
    ValueError
        If it is another word.

    Examples
    --------
    >>> from fernet.datasets.images import check_on_error
    >>> check_on_error("skip")
    """
    if on_error not in ("raise", "skip"):
        raise ValueError(f"on_error must be 'raise' or 'skip', got {on_error!r}")


def read_in_threads(
    paths: Sequence[Any],
    shape: FaceShape,
    out: np.ndarray,
    *,
    read: Reader = read_face,
    n_jobs: int | None = -1,
) -> dict[int, Exception]:
    """Do the work of `read_batch` in threads.

    Parameters
    ----------
    paths : sequence
        The files, or whatever `read` takes.
    shape, out, read
        As for `read_batch`.
    n_jobs : int or None, default=-1
        Number of threads, as joblib counts: -1 is one for each processor.

    Returns
    -------
    dict of int to Exception
        As `read_batch` does.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.datasets.images import read_in_threads
    >>> read_in_threads([], (48, 48), np.empty((0, 2304), np.uint8))
    {}
    """
    batches = range(0, len(paths), _BATCH)

    def read_from(start: int) -> dict[int, Exception]:
        stop = start + _BATCH
        return read_batch(paths[start:stop], shape, out[start:stop], read=read)

    work = in_threads(read_from, batches, count_threads(n_jobs))
    return {
        start + i: fault
        for start, found in zip(batches, work, strict=True)
        for i, fault in found.items()
    }


def keep_readable(
    faults: Mapping[int, Exception],
    n_images: int,
    on_error: str,
    *,
    stacklevel: int,
    unlabelled: Sequence[str] = (),
) -> np.ndarray:
    """Stop at the first image that could not be read, or tell which were.

    Parameters
    ----------
    faults : mapping of int to Exception
        For the place of each image that could not be read its error.
    n_images : int
        How many there are.
    on_error : {"raise", "skip"}
        Whether to stop, or to warn once for all.
    stacklevel : int
        As for `warnings.warn`, from here to whom the warning is for.
    unlabelled : sequence of str, default=()
        What is wrong with images beside these that were left out for want of a label.

    Returns
    -------
    ndarray of bool, shape (n_images,)
        Which were read.

    Raises
    ------
    Exception
        The first fault, unless such are skipped.

    Warns
    -----
    UserWarning
        With the number of those that are skipped.

    Examples
    --------
    >>> from fernet.datasets.images import keep_readable
    >>> keep_readable({}, 2, "raise", stacklevel=2).tolist()
    [True, True]
    """
    kept = np.ones(n_images, bool)
    unreadable = [str(faults[place]) for place in sorted(faults)]
    if faults and on_error == "raise":
        raise faults[min(faults)]
    kept[list(faults)] = False
    of_kinds = {"as unreadable": unreadable, "without a label": unlabelled}
    told = [
        f"{len(found)} of {n_images + len(unlabelled)} images left out {why}, the first: {found[0]}"
        for why, found in of_kinds.items()
        if found
    ]
    if told:
        warnings.warn("; ".join(told), UserWarning, stacklevel=stacklevel)
    return kept


def read_batch(
    paths: Sequence[Any], shape: FaceShape, out: np.ndarray, *, read: Reader = read_face
) -> dict[int, Exception]:
    """Read some images one by one.

    Parameters
    ----------
    paths : sequence of Path
        The files.
    shape : tuple of int
        As for `read_images`.
    out : ndarray of uint8, shape (len(paths), n_pixels)
        Overwritten.
    read : callable, default=read_face
        As for `read_images`.

    Returns
    -------
    dict of int to Exception
        For the place of each path that failed its error, which names the file.

    Examples
    --------
    >>> import numpy as np
    >>> from pathlib import Path
    >>> from fernet.datasets.images import read_batch
    >>> read_batch([Path("none.png")], (48, 48), np.empty((1, 2304), np.uint8))
    {0: ImageError('none.png: No such file or directory')}
    """
    faults: dict[int, Exception] = {}
    for i, path in enumerate(paths):
        try:
            out[i] = read(path, shape).ravel()
        except OSError as error:
            faults[i] = ImageError(f"{path}: {error.strerror or error}")
        except ImageError as error:
            faults[i] = error
    return faults
