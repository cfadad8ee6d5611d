"""Brings pictures of any depth to levels of a byte, by what the file says of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["LevelsError", "in_bytes", "in_strips"]
__dir__ = __all__.copy

_BYTE = 255
_BITS = (8, 10, 12, 14)  # of a level, where it is less deep than its file
_DEEPEST = 2**16 - 1
_OVERSHOOT = 0.1  # share of the largest level by which resampling and the like go beyond a range
_ONE = 2.0  # levels of 0 to 255 that end below it would be black
_STRIP_PIXELS = 1 << 20  # of a picture that is converted, at a time
# Pillow keeps the high byte of these colours' two; read in the other order, they give the low one.
_DEEP_COLORS = ("RGB", "RGBA", "RGBX", "LA")
_N_COLORS = 3
_OTHER_ORDER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_BITS_PER_SAMPLE, _PHOTOMETRIC, _PLANES, _SAMPLE_FORMAT = 258, 262, 284, 339  # a TIFF's
_DEEP_PPM = ("ppm", ("RGB", _DEEPEST))
# Where a JPEG 2000 tells its sizes, and behind that the depth of its first colour, less 1.
_SIZES, _DEPTH, _HEAD_BYTES = b"\xff\x4f\xff\x51", 38, 1 << 16
_WHITE_IS_ZERO, _APART, _UNSIGNED, _SIGNED = 0, 2, 1, 2


class LevelsError(ValueError):
    """A picture's levels can't be told; the message says which they are."""


def in_bytes(image: Image.Image) -> Image.Image:
    """Return a picture with levels of a byte.

    Parameters
    ----------
    image : PIL.Image.Image
        Of any mode; colours deeper than a byte not decoded yet, or their low bytes are lost.

    Returns
    -------
    PIL.Image.Image
        The same one, where its levels are bytes; or grey, or in colours, and no longer turned as
        EXIF data say.

    Raises
    ------
    LevelsError
        If there are levels below zero or above those of 16 bits, or no finite numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from PIL import Image
    >>> from fernet.datasets._depths import in_bytes
    >>> list(in_bytes(Image.fromarray(np.array([[0, 4095]], np.uint16))).tobytes())
    [0, 255]
    """
    tags = getattr(image, "tag_v2", {})
    if image.mode == "F" or image.mode.startswith("I"):
        return _grey(image, tags)
    if tags and image.mode == "L" and _first(tags, _SAMPLE_FORMAT) == _SIGNED:
        levels = np.asarray(image).view(np.int8)
        _largest(int(levels.min()), int(levels.max()))
    _read_as_raw(image)
    kind, _, order = _raw_mode(image).partition(";16")
    if kind not in _DEEP_COLORS or order not in _OTHER_ORDER:
        is_apart = tags and _first(tags, _PLANES) == _APART and len(image.getbands()) > 1
        if is_apart and max(tags.get(_BITS_PER_SAMPLE, (8,))) > 8:
            raise LevelsError("colours of 16 bits in planes apart; save it with 8 bits, or as PNG")
        return _of_jpeg2000(image) if _is_deep_jpeg2000(image) else image
    return _colors(image, kind, order)


def in_strips(
    image: Image.Image, mode: str, convert: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """Convert each pixel by itself, some rows at a time: in between stands no whole picture.

    Parameters
    ----------
    image : PIL.Image.Image
        Left as it is.
    mode : str
        What `convert` makes.
    convert : callable
        From a picture to one of the same size.

    Returns
    -------
    PIL.Image.Image
        The given one, if it has that mode and no transparency.
    """
    if image.mode == mode and "transparency" not in image.info:
        return image
    width, height = image.size
    rows = max(1, _STRIP_PIXELS // width)
    if rows >= height:
        return convert(image)
    image.load()
    converted = Image.new(mode, image.size)
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(top + rows, height)))
        converted.paste(convert(strip), (0, top))
    return converted


def _first(tags: Any, tag: int) -> Any:
    value = tags.get(tag)
    return value[0] if isinstance(value, tuple) and value else value


def _raw_mode(image: Image.Image) -> str:
    """Return how a picture that is not decoded yet is written: Pillow's name; "" of others."""
    tiles = getattr(image, "tile", None) or [("", (), 0, "")]
    args = tiles[0][-1]
    raw = args[0] if isinstance(args, tuple) and args else args
    return raw if isinstance(raw, str) else ""


def _read_as_raw(image: Image.Image) -> None:
    """Have a PPM's colours of 16 bits decoded as those of other kinds are; Pillow divides them."""
    if [tile[::3] for tile in getattr(image, "tile", ())] == [_DEEP_PPM]:
        raw = [tile._replace(codec_name="raw", args=("RGB;16B", 0, 1)) for tile in image.tile]  # type: ignore[attr-defined]
        image.tile = raw  # type: ignore[attr-defined]


def _is_deep_jpeg2000(image: Image.Image) -> bool:
    """Tell whether it is a JPEG 2000 with levels of 16 bits, not decoded yet."""
    if [tile[0] for tile in getattr(image, "tile", ())] != ["jpeg2k"]:
        return False
    file = image.fp  # type: ignore[attr-defined]
    place = file.tell()
    file.seek(0)
    _, _, sizes = file.read(_HEAD_BYTES).partition(_SIZES)
    file.seek(place)
    return sizes[_DEPTH : _DEPTH + 1] in (b"\x0f", b"\x8f")


def _of_jpeg2000(image: Image.Image) -> Image.Image:
    """Refuse levels of which Pillow gives the high byte alone, where that says too little."""
    if _white(image.split()[:_N_COLORS], 1 + _OVERSHOOT) == _DEEPEST:
        return image
    raise LevelsError(
        "colours of 10 to 14 bits in a JPEG 2000 of 16, whose low bytes can't be read; save it "
        "with 8 bits, or as PNG"
    )


def _grey(image: Image.Image, tags: Any) -> Image.Image:
    levels = np.asarray(image)
    if image.mode == "I" and tags and _first(tags, _SAMPLE_FORMAT) in (None, _UNSIGNED):
        levels = levels.view(np.uint32)  # Pillow has signed ones alone
    is_float = image.mode == "F"
    if is_float and not np.isfinite(levels).all():
        raise LevelsError("levels that are not finite numbers")
    low, high = levels.min().item(), levels.max().item()
    # What a lossy compression gives back may be a little more than was put in.
    is_rough = is_float or image.format == "JPEG2000"
    scale = _BYTE / _largest(low, high, is_float=is_float, is_rough=is_rough)
    # Of deep levels Pillow does not heed it.
    is_negative = _first(tags, _PHOTOMETRIC) == _WHITE_IS_ZERO

    def convert(strip: Image.Image) -> Image.Image:
        levels = np.clip(np.rint(np.asarray(strip) * scale), 0, _BYTE).astype(np.uint8)
        return Image.fromarray(_BYTE - levels if is_negative else levels)

    return in_strips(image, "L", convert)


def _largest(low: float, high: float, *, is_float: bool = False, is_rough: bool = False) -> float:
    """Return which level is white: of more bits than there are, pictures would be black."""
    over = 1 + _OVERSHOOT * is_rough
    if low < -_OVERSHOOT * max(high, 0) or high > _DEEPEST * over:
        raise LevelsError(
            f"levels from {low:g} to {high:g}; expected 0 to 255 or 65535"
            f"{', or 0 to 1' * is_float}: scale them"
        )
    if is_float and high <= _ONE:
        return 1
    return next((2**bits - 1 for bits in _BITS if high <= (2**bits - 1) * over), _DEEPEST)


def _colors(image: Image.Image, kind: str, order: str) -> Image.Image:
    """Return the high bytes of deep colours, or levels of fewer bits brought to a byte."""
    source, place = getattr(image, "filename", "") or image.fp, image.tell()  # type: ignore[attr-defined]
    image.load()
    bands = image.split()
    white = _white(bands[:_N_COLORS])
    if white == _DEEPEST:
        return image
    whites = (*[white] * _N_COLORS, _white(bands[_N_COLORS:]))
    low = _low_bytes(type(image), source, place, kind, order)
    merged = [_to_byte(*parts) for parts in zip(bands, low, whites, strict=False)]
    return Image.merge(image.mode, merged)


def _white(bands: tuple[Image.Image, ...], over: float = 1) -> int:
    """Return the white of bands of which there are the high bytes."""
    high = max((band.getextrema()[1] for band in bands), default=_BYTE)
    return next((2**bits - 1 for bits in _BITS if high < 2 ** (bits - 8) * over), _DEEPEST)


def _low_bytes(
    opener: Any, source: Any, place: int, kind: str, order: str
) -> tuple[Image.Image, ...]:
    if hasattr(source, "seek"):
        source.seek(0)
    again = opener(source)
    _read_as_raw(again)
    if place:
        again.seek(place)
    raw = "RGBA" if kind == "LA" else f"{kind};16{_OTHER_ORDER[order]}"

    def other(args: Any) -> Any:
        return (raw, *args[1:]) if isinstance(args, tuple) else raw

    again.tile = [tile._replace(args=other(tile.args)) for tile in again.tile]
    again.load()
    bands = again.split()
    # Grey levels with transparency, read as four bytes: high, low, high, low.
    return (bands[1], bands[1], bands[1], bands[3]) if kind == "LA" else bands


def _to_byte(high: Image.Image, low: Image.Image, white: int) -> Image.Image:
    levels = np.asarray(high).astype(np.float32) * 256 + np.asarray(low)
    return Image.fromarray(np.rint(levels * (_BYTE / white)).astype(np.uint8))
