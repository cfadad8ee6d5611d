"""What there is to see of a Pillow image: upright, not transparent, in grey or in colours."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

__all__ = [
    "GREY_MODES",
    "ORIENTATION_TAG",
    "blend_to_grey",
    "convertible",
    "is_grey",
    "on_white",
    "shown",
    "turned",
]
__dir__ = __all__.copy

ORIENTATION_TAG = 0x0112
"""Of EXIF data."""
GREY_MODES = ("1", "L", "LA", "F", "I", "I;16", "I;16B", "I;16L")
"""Pillow's names of images without colours."""


def convertible(image: Image.Image) -> Image.Image:
    """Return a picture in a mode that Pillow makes others of: "La" becomes nothing but "LA"."""
    return image.convert("LA") if image.mode == "La" else image


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """Turn a picture upright, whether or not it has kept the EXIF data that say how."""
    if orientation == 1:
        return image
    image.getexif()[ORIENTATION_TAG] = orientation
    return ImageOps.exif_transpose(image)


def shown(image: Image.Image) -> Image.Image:
    """Return what is there to see: of a picture with nothing but transparent pixels, their colours.

    Programs that know no transparency leave it at zero.
    """
    opaque = {"RGBA": "RGB", "LA": "L"}.get(image.mode)
    if opaque is None or image.getchannel("A").getextrema() != (0, 0):
        return image
    return image.convert(opaque)


def is_grey(image: Image.Image) -> bool:
    """Tell whether a picture is grey, be it that each of its colours is."""
    if image.mode in GREY_MODES:
        return True
    red, green, blue = np.moveaxis(np.asarray(image.convert("RGB")), 2, 0)
    return bool((red == green).all() and (green == blue).all())


def blend_to_grey(image: Image.Image) -> Image.Image:
    """Return a picture's grey levels, on white where it is transparent."""
    image = on_white(image)
    if image.mode not in ("1", "RGB", "RGBA"):
        image = image.convert("RGB")
    return image.convert("L")


def on_white(image: Image.Image) -> Image.Image:
    """Lay a picture on white where it is transparent."""
    if not ({"A", "a"} & set(image.getbands()) or "transparency" in image.info):
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
