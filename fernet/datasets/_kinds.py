"""Tells pictures from other files, by name or by content, and opens them."""

from __future__ import annotations

import os
from typing import Any, BinaryIO

from PIL import Image, UnidentifiedImageError, features

from fernet._io.extras import import_extra
from fernet.datasets._strangers import what_else

# Pillow knows more, and for one, EPS, runs a program.
_COMMON = ("JPEG", "BMP", "DIB", "GIF", "PNG", "PPM", "TIFF", "WEBP")
_SIGNED = ("AVIF", "HEIF", "JPEG2000", "ICO", "PSD", "QOI", "SGI", "SUN")
# What these begin with may as well begin another file, so an ending has to vouch for them.
_UNSIGNED = ("PCX", "TGA")

PICTURE_SUFFIXES = (
    ".apng",
    ".avif",
    ".bmp",
    ".dib",
    ".gif",
    ".heic",
    ".heif",
    ".hif",
    ".ico",
    ".j2k",
    ".jfif",
    ".jp2",
    ".jpe",
    ".jpeg",
    ".jpf",
    ".jpg",
    ".jpx",
    ".mpo",
    ".pbm",
    ".pcx",
    ".pgm",
    ".png",
    ".pnm",
    ".ppm",
    ".psd",
    ".qoi",
    ".ras",
    ".sgi",
    ".tga",
    ".tif",
    ".tiff",
    ".webp",
)
"""Endings, in lower case, of the names of files that are taken for pictures unseen."""

_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_AVIF_BRANDS = (b"avif", b"avis")
_HEAD = 160
_REDUCED_TAG = 254  # of a TIFF: what kind of picture the first one in it is

ONLY_A_PREVIEW = "a camera's raw file, of which only a preview can be read; export it as JPEG"
"""What to say of a file that `is_preview`."""


# What systems leave in folders of pictures.
_OF_THE_SYSTEM = frozenset(("__macosx", "desktop.ini", "thumbs.db", "ehthumbs.db", "icon\r"))


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is none of the user's: hidden, or put there by a system.

    Parameters
    ----------
    name : str
        Without the folders that it lies in.

    Returns
    -------
    bool

    Examples
    --------
    >>> from fernet.datasets._kinds import is_hidden
    >>> is_hidden(".DS_Store"), is_hidden("Thumbs.db"), is_hidden("me.jpg")
    (True, True, False)
    """
    return name.startswith(".") or name.lower() in _OF_THE_SYSTEM


def open_picture(file: BinaryIO) -> Image.Image:
    """Open a picture of one of the kinds that are read.

    Parameters
    ----------
    file : binary file object
        At its beginning.

    Returns
    -------
    PIL.Image.Image
        Not decoded yet.

    Raises
    ------
    PIL.UnidentifiedImageError
        If the content is none of these kinds.
    Exception
        Whatever else Pillow raises on damaged files.
    """
    try:
        return Image.open(file, formats=_COMMON)
    except UnidentifiedImageError:
        file.seek(0)
        head = file.read(_HEAD)
        file.seek(0)
        if _is_heic(head) and not _register_heic():
            raise
        return _open_rare(file, (*_SIGNED, *_UNSIGNED))
    except ValueError as error:
        # What Pillow before 11.1 says of a TIFF without a size.
        if str(error) == "Invalid dimensions":
            raise UnidentifiedImageError(str(error)) from error
        raise


def _open_rare(file: BinaryIO, formats: tuple[str, ...]) -> Image.Image:
    Image.init()
    return Image.open(file, formats=[name for name in formats if name in Image.OPEN])


def is_picture(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file is a picture: by its name's ending, or else by its content.

    Parameters
    ----------
    path : str or path-like
        A file. One that is named as a picture is not opened, so it may be damaged.

    Returns
    -------
    bool
    """
    if os.fspath(path).lower().endswith(PICTURE_SUFFIXES):
        return True
    try:
        with open(path, "rb") as file:
            return _shows_picture(file)
    except OSError:
        return False


def _shows_picture(file: BinaryIO) -> bool:
    head = file.read(_HEAD)
    if _is_heic(head):
        return True
    file.seek(0)
    try:
        with Image.open(file, formats=_COMMON):
            return True
    except UnidentifiedImageError:
        pass
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return True
    except MemoryError:
        raise
    # Pillow raises errors of many kinds on what begins as a picture and goes on as none.
    except Exception:
        return False
    file.seek(0)
    try:
        with _open_rare(file, _SIGNED):
            return True
    except MemoryError:
        raise
    except Exception:
        return False


def why_no_picture(file: BinaryIO) -> str:
    """Say why `open_picture` did not know a file's kind; "" where that is not known."""
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        return "the file is empty"
    if _is_heic(head):
        if "HEIF" in Image.OPEN:
            return "a HEIC photo that is damaged or cut off"
        return (
            "a HEIC photo, as iPhones take them; reading it needs pillow-heif (pip install "
            '"fernet-emotion[heic]"), or save it as JPEG'
        )
    if _brand_in(head, _AVIF_BRANDS):
        # The feature is not known where there is no plugin.
        if "AVIF" in Image.OPEN and features.check("avif"):
            return "an AVIF picture that is damaged or cut off"
        return "an AVIF picture; reading it needs Pillow 11.3 or later, or save it as JPEG"
    return what_else(head)


def is_preview(image: Image.Image) -> bool:
    """Tell whether an open picture is a small one in place of what the file is about."""
    kind = getattr(image, "tag_v2", {}).get(_REDUCED_TAG, 0) if image.format == "TIFF" else 0
    return isinstance(kind, int) and bool(kind & 1)


def _is_heic(head: bytes) -> bool:
    return _brand_in(head, _HEIC_BRANDS) and not _brand_in(head, _AVIF_BRANDS)


def _brand_in(head: bytes, brands: tuple[bytes, ...]) -> bool:
    """Look for a brand in the first box of an ISO media file: a size, "ftyp", then brands."""
    if head[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(head[:4], "big"), len(head))
    named = [head[8:12], *(head[at : at + 4] for at in range(16, end, 4))]
    return any(brand in brands for brand in named)


def _register_heic() -> Any:
    """Teach Pillow to read HEIC, where the package for it is installed."""
    try:
        pillow_heif = import_extra("pillow_heif", "HEIC", "pillow-heif", "heic")
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True
