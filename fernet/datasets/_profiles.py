"""Brings pictures whose colour profile has other tones than sRGB to sRGB."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

__all__ = ["in_srgb"]
__dir__ = __all__.copy

_SPACES = {
    "RGB": "RGB",
    "RGBA": "RGB",
    "L": "GRAY",
    "CMYK": "CMYK",
}  # of a profile that a mode can have
# Levels by which a grey may be off. Phones' and cameras' profiles, such as Display P3 and Adobe
# RGB, differ from sRGB in how far their colours reach; their greys, and so faces, are the same.
_TOLERANCE = 12


def in_srgb(image: Image.Image, profile: Any) -> Image.Image:
    """Return a picture as its colour profile shows it, where its greys are others than sRGB's.

    Parameters
    ----------
    image : PIL.Image.Image
        Of any mode; those of RGB, RGBA, L and CMYK are converted, the latter to RGB.
    profile : bytes or None
        An ICC profile. One that is damaged, or for pictures of another kind, is not heeded.

    Returns
    -------
    PIL.Image.Image
        The same one, where there is nothing to do.

    Examples
    --------
    >>> from PIL import Image, ImageCms
    >>> from fernet.datasets._profiles import in_srgb
    >>> image = Image.new("RGB", (4, 3), "red")
    >>> profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    >>> in_srgb(image, profile) is image
    True
    """
    if not profile or image.mode not in _SPACES or "transparency" in image.info:
        return image
    transform = _transform(profile, image.mode)
    if transform is None:
        return image
    if isinstance(transform, list):
        return image.point(transform)
    return ImageCms.applyTransform(image, transform) or image


@lru_cache(maxsize=64)
def _transform(profile: bytes, mode: str) -> Any:
    """Return how to convert colours, or a list with a level for each grey; None to leave them."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if opened.profile.xcolor_space.strip() != _SPACES[mode]:
            return None
        to = "RGB" if mode in ("L", "CMYK") else mode
        transform = ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            mode,
            to,
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        if mode == "CMYK":
            return transform  # no rule tells what inks look like without
        greys = Image.fromarray(np.arange(256, dtype=np.uint8)[None]).convert(mode)
        shown = np.asarray(ImageCms.applyTransform(greys, transform))[0, :, :3]
    # Its errors are of many kinds; a Pillow without LittleCMS raises an ImportError.
    except Exception:
        return None
    if np.abs(shown.astype(int) - np.arange(256)[:, None]).max() <= _TOLERANCE:
        return None
    return shown[:, 0].tolist() if mode == "L" else transform
