"""How much memory a photo takes to decode, told before it is decoded."""

from __future__ import annotations

from typing import BinaryIO

from fernet.datasets.photos import read_with
from fernet.demo.refusals import RefusedError

__all__ = ["MAX_DECODED_BYTES", "MAX_PIXELS", "check_decoded_size"]
__dir__ = __all__.copy

MAX_PIXELS = 40_000_000
"""Width times height of the largest photo that is taken, of any kind."""
MAX_DECODED_BYTES = 300_000_000
"""The most memory that decoding a photo may take, by `check_decoded_size`."""

# Bytes a pixel. Pillow holds colours as four bytes, and a picture beside what it is made of;
# WebP's decoder has canvases of its own, and a progressive JPEG's all coefficients until the end.
# Pictures with transparency may be turned before they are put on white: that is a third one.
# Whether they are is not known yet, as a PNG may say so at its end.
_BYTES, _TRANSPARENT_BYTES, _WEBP_BYTES, _COEFFICIENT_BYTES = 10, 14, 19, 6
_KINDS = ("BMP", "DIB", "GIF", "JPEG", "MPO", "PNG", "WEBP")


def check_decoded_size(file: BinaryIO, side: int | None) -> None:
    """Refuse a photo that would take too much memory, whatever the size of its file.

    Parameters
    ----------
    file : binary file object
        The photo; left at its beginning.
    side : int or None
        Pixels on the longer side that it is wanted with: a JPEG is decoded no larger than needed.

    Raises
    ------
    RefusedError
        If it takes more than `MAX_DECODED_BYTES`, has more than `MAX_PIXELS`, or is of a kind that
        is not taken.
    ImageError
        If it can't be read.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> from fernet.demo.decoding import check_decoded_size
    >>> file = io.BytesIO()
    >>> Image.new("1", (5000, 7000)).save(file, "PNG")
    >>> len(file.getvalue()) < 10_000
    True
    >>> check_decoded_size(file, 2000)
    Traceback (most recent call last):
        ...
    fernet.demo.refusals.RefusedError: the photo is too large: 5000 x 7000 pixels; at most 30 \
million are taken of a PNG
    """
    file.seek(0)
    kind, mode, size, is_progressive = read_with(
        file, lambda image: (image.format, image.mode, image.size, "progressive" in image.info)
    )
    file.seek(0)
    if kind not in _KINDS:
        raise RefusedError(415, f"not a photo of a kind that is taken ({kind}): save it as JPEG")
    pixels = size[0] * size[1]
    is_transparent = mode == "RGBA"
    usual = _TRANSPARENT_BYTES if is_transparent else _BYTES
    n_bytes = _bytes_per_pixel(kind, size, is_progressive, side, usual)
    most = min(MAX_PIXELS, MAX_DECODED_BYTES / n_bytes)
    if pixels > most:
        name = f"{'progressive ' if is_progressive else ''}{kind}"
        name += " with transparency" if is_transparent else ""
        raise RefusedError(
            413,
            f"the photo is too large: {size[0]} x {size[1]} pixels; "
            f"at most {int(most / 10**6)} million are taken of a {name}",
        )


def _bytes_per_pixel(
    kind: str, size: tuple[int, int], is_progressive: bool, side: int | None, usual: int
) -> float:
    if kind == "WEBP":
        return _WEBP_BYTES
    if kind not in ("JPEG", "MPO"):
        return usual
    shrunk = 1
    while side is not None and shrunk < 8 and max(size) >= 2 * shrunk * side:
        shrunk *= 2
    return _BYTES / shrunk**2 + (_COEFFICIENT_BYTES if is_progressive else 0)
