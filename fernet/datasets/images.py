"""Finds image files and reads them as 48x48 grey faces."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from joblib import Parallel, delayed
from PIL import Image, ImageOps, UnidentifiedImageError

from fernet.emotions import IMAGE_SHAPE

IMAGE_SUFFIXES = (
    ".bmp",
    ".gif",
    ".jfif",
    ".jpe",
    ".jpeg",
    ".jpg",
    ".pbm",
    ".pgm",
    ".png",
    ".pnm",
    ".ppm",
    ".tif",
    ".tiff",
    ".webp",
)
"""Endings, in lower case, of the file names that `list_images` takes for images."""

MAX_IMAGE_PIXELS = 80_000_000
"""Width times height above which an image is refused before it is decoded."""

# The kinds that people's photos come in. Pillow knows more, and for one, EPS, runs a program.
_FORMATS = ("BMP", "DIB", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
_ORIENTATION_TAG = 0x0112
# A JPEG may be decoded at 1/2 to 1/8 of its size as long as this many pixels are left to average.
_DRAFT_SIDE = 4 * max(IMAGE_SHAPE)
_BATCH = 128


class ImageError(ValueError):
    """A file is not an image that can be read; the message names it and says why."""


def list_images(path: str | os.PathLike[str]) -> list[Path]:
    """List the images in a folder and the folders within it.

    Parameters
    ----------
    path : str or path-like
        A folder, or one file, which is returned whatever its name.

    Returns
    -------
    images : list of Path
        Files whose names end in one of `IMAGE_SUFFIXES`, sorted by path. Hidden files and
        folders, and the ``__MACOSX`` folders of archives, are left out.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.

    Examples
    --------
    >>> import tempfile
    >>> from fernet.datasets.images import list_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     list_images(folder)
    []
    """
    root = Path(path)
    if not root.exists():
        raise FileNotFoundError(f"{root}: no such file or folder")
    if not root.is_dir():
        return [root]
    found: list[Path] = []
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not _is_hidden(name)]
        found += [
            Path(place, name)
            for name in names
            if not _is_hidden(name) and name.lower().endswith(IMAGE_SUFFIXES)
        ]
    return sorted(found)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def read_face(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an image of any size and kind as a 48x48 grey face.

    A 48x48 grey image comes back exactly. Others are turned upright as their EXIF orientation
    says, laid on white where they are transparent, turned grey (ITU-R 601 luma), cropped to the
    square in the middle so that the face keeps its proportions, and resized by bicubic
    interpolation with antialiasing. Of an animation the first frame is taken. 16-bit grey levels
    (and 32-bit integers, as if they were 16-bit) are divided by 257. Floating-point levels are
    taken as 0 to 1 if none is above 1, else as 0 to 255.

    Parameters
    ----------
    path : str or path-like
        A BMP, GIF, JPEG, PNG, PNM, TIFF or WebP file. The content decides, not the name.

    Returns
    -------
    face : ndarray of uint8, shape (48, 48)
        Grey levels, 0 black to 255 white.

    Raises
    ------
    ImageError
        If the file is not an image, is damaged, or has more than `MAX_IMAGE_PIXELS` pixels.
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
    return _read(path, _to_face)


def read_color(path: str | os.PathLike[str], shape: tuple[int, int]) -> np.ndarray:
    """Read a colour image of a known size.

    Parameters
    ----------
    path : str or path-like
        The file, of a kind that `read_face` takes.
    shape : tuple of int
        Height and width that the image must have.

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
    ...     read_color(photo, (32, 32))[0, 0].tolist()
    [255, 0, 0]
    """
    image = _read(path, lambda image: np.asarray(image.convert("RGB")))
    if image.shape[:2] != shape:
        raise ImageError(
            f"{os.fspath(path)}: {image.shape[1]} x {image.shape[0]} pixels; "
            f"expected {shape[1]} x {shape[0]}"
        )
    return image


def _read(path: str | os.PathLike[str], convert: Callable[[Image.Image], np.ndarray]) -> np.ndarray:
    """Open an image, refuse it by its size if need be, decode and convert it."""
    name = os.fspath(path)
    with open(path, "rb") as file:
        try:
            with Image.open(file, formats=_FORMATS) as image:
                _check_size(image.size, name)
                return convert(image)
        except ImageError:
            raise
        except UnidentifiedImageError:
            raise ImageError(f"{name}: {_why_no_image(file)}") from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise ImageError(f"{name}: {_too_large(str(error))}") from None
        # Pillow's decoders raise errors of many kinds on damaged files.
        except Exception as error:
            reason = str(error).rstrip(".") or type(error).__name__
            raise ImageError(f"{name}: damaged image ({reason})") from error


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_IMAGE_PIXELS:
        raise ImageError(f"{name}: {_too_large(f'{width} x {height} pixels')}")
    if min(size) == 0:
        raise ImageError(f"{name}: the image has no pixels ({width} x {height})")


def _too_large(found: str) -> str:
    return f"too large an image: {found}; at most {MAX_IMAGE_PIXELS // 10**6} million are read"


def _why_no_image(file: BinaryIO) -> str:
    file.seek(0)
    return "not an image of a known kind" if file.read(1) else "the file is empty"


def _to_face(image: Image.Image) -> np.ndarray:
    if image.format in ("JPEG", "MPO"):
        image.draft(None, (_DRAFT_SIDE, _DRAFT_SIDE))
    orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    if orientation != 1:
        image = ImageOps.exif_transpose(image)
    image = _to_grey(image)
    height, width = IMAGE_SHAPE
    if image.size != (width, height):
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.resize(
            (width, height), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side)
        )
    return np.asarray(image)


def _to_grey(image: Image.Image) -> Image.Image:
    """Convert an image of any mode to mode L."""
    if image.mode == "L" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_scale_levels(np.asarray(image)))
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("L")
    if image.mode not in ("1", "RGB"):
        image = image.convert("RGB")
    return image.convert("L")


def _scale_levels(levels: np.ndarray) -> np.ndarray:
    """Bring grey levels deeper than a byte to 0..255."""
    if levels.dtype.kind == "f":
        if not np.isfinite(levels).all():
            raise ValueError("levels that are not finite numbers")
        scale = 255.0 if levels.max() <= 1 else 1.0
    else:
        scale = 1 / 257
    return np.clip(np.rint(levels * scale), 0, 255).astype(np.uint8)


def read_images(
    paths: Sequence[Path],
    shape: tuple[int, int] | tuple[int, int, int],
    *,
    n_jobs: int | None = -1,
    on_error: str = "raise",
) -> tuple[np.ndarray, np.ndarray]:
    """Read many images in threads; Pillow decodes without holding the interpreter's lock.

    Parameters
    ----------
    paths : sequence of Path
        The files.
    shape : (48, 48) or (height, width, 3)
        Grey faces read by `read_face`, or colour images of one size read by `read_color`.
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
    if on_error not in ("raise", "skip"):
        raise ValueError(f"on_error must be 'raise' or 'skip', got {on_error!r}")
    data = np.empty((len(paths), int(np.prod(shape))), np.uint8)
    batches = range(0, len(paths), _BATCH)
    work = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_read_batch)(paths[start : start + _BATCH], shape, data[start : start + _BATCH])
        for start in batches
    )
    faults = {
        start + i: fault
        for start, found in zip(batches, work, strict=True)
        for i, fault in found.items()
    }
    kept = np.ones(len(paths), bool)
    if faults:
        first = faults[min(faults)]
        if on_error == "raise":
            raise first
        kept[list(faults)] = False
        warnings.warn(
            f"{len(faults)} of {len(paths)} images left out as unreadable, the first: {first}",
            UserWarning,
            stacklevel=3,
        )
        data = data[kept]
    return data, kept


def _read_batch(
    paths: Sequence[Path], shape: tuple[int, int] | tuple[int, int, int], out: np.ndarray
) -> dict[int, Exception]:
    """Read some images into rows of an array; return the error of each that failed."""
    faults: dict[int, Exception] = {}
    for i, path in enumerate(paths):
        try:
            if shape == IMAGE_SHAPE:
                image = read_face(path)
            else:
                image = read_color(path, (shape[0], shape[1]))
            out[i] = image.ravel()
        except OSError as error:
            faults[i] = ImageError(f"{path}: {error.strerror or error}")
        except ImageError as error:
            faults[i] = error
    return faults
