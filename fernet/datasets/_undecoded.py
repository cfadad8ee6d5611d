"""Images that Pillow has opened and not decoded yet."""

from __future__ import annotations

import io

from PIL import Image

__all__ = ["JPEG_FORMATS", "apart"]
__dir__ = __all__.copy

JPEG_FORMATS = ("JPEG", "MPO")
"""Pillow's names of what may be decoded at a smaller size."""


def apart(image: Image.Image) -> Image.Image:
    """Return the same picture of an image of its own, where a JPEG may be decoded smaller.

    Its user's image would be smaller from then on, and what is found at places of the picture would
    be at others of the image.

    Parameters
    ----------
    image : PIL.Image.Image
        Left as it is.

    Returns
    -------
    PIL.Image.Image
        `image` itself if it is decoded already, or is no JPEG.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> from fernet.datasets._undecoded import apart
    >>> file = io.BytesIO()
    >>> Image.new("L", (640, 480)).save(file, "JPEG")
    >>> opened = Image.open(file)
    >>> _ = apart(opened).draft(None, (160, 120))
    >>> opened.size
    (640, 480)
    """
    file = getattr(image, "fp", None)
    if image.format not in JPEG_FORMATS or file is None or not getattr(image, "tile", None):
        return image
    place = file.tell()
    file.seek(0)
    content = file.read()
    file.seek(place)
    other = Image.open(io.BytesIO(content))
    if (other.size, other.mode) == (image.size, image.mode) and image.tell() == 0:
        return other
    image.load()  # Another of the pictures in a file, or one that is to be decoded smaller.
    return image
