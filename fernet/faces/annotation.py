"""Draws boxes and labels into a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PIL import Image, ImageDraw, ImageFont

from fernet.datasets.photos import to_rgb
from fernet.faces._label_fonts import label_font, warn_of_missing
from fernet.faces.records import FaceRecord

__all__ = ["annotated"]
__dir__ = __all__.copy

# Colour-blind eyes tell these apart from each other and from skin; the label says it anyway.
_COLORS = ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2")

_LEAST_SIZE = 10  # of a label's font, in pixels
_ZOOMED = 640  # pixels that the longer side of an enlarged picture has at most
# Between names from right to left and what follows, which would be taken for part of them.
_ON = "\N{LEFT-TO-RIGHT MARK}"


def annotated(image: Image.Image, records: Iterable[FaceRecord]) -> Image.Image:
    """Return a picture with a box about each face, and its number, emotion and probability.

    The box is turned as the face is; a question mark says that the emotion is doubtful. A picture
    that is too narrow for its labels, as one of 48 pixels, is enlarged by a whole number.

    Parameters
    ----------
    image : PIL.Image.Image
        The picture; it is left as it is. An EXIF orientation is applied.
    records : iterable of FaceRecord
        Of that picture; those without a box or an emotion are passed over.

    Returns
    -------
    PIL.Image.Image
        In RGB, upright.

    Raises
    ------
    TypeError
        If `image` is no Pillow image.

    Warns
    -----
    UserWarning
        If no installed font has some signs of an emotion's name: they are named.

    Examples
    --------
    >>> from PIL import Image
    >>> from fernet.faces import Box
    >>> from fernet.faces.annotation import annotated
    >>> from fernet.faces.records import FaceRecord
    >>> face = FaceRecord("a.png", "ok", 1, Box(10, 30, 40, 40), "happy", {"happy": 0.9})
    >>> picture = annotated(Image.new("L", (100, 100)), [face])
    >>> picture.size, picture.getpixel((10, 50))
    ((100, 100), (86, 180, 233))
    """
    if not isinstance(image, Image.Image):
        raise TypeError(
            f"image is of type {type(image).__name__}; expected a Pillow image, such as "
            "PIL.Image.open of a path or PIL.Image.fromarray of an array"
        )
    records = list(records)
    picture = to_rgb(image)
    picture = picture.copy() if picture is image else picture
    texts = {
        i: _text_of(record)
        for i, record in enumerate(records)
        if None not in (record.box, record.face, record.probabilities)
    }
    zoom = _zoom(picture.size, texts.values())
    if zoom > 1:
        size = (zoom * picture.width, zoom * picture.height)
        picture = picture.resize(size, Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(picture)
    line = max(1, round(max(picture.size) / 300))
    missing: set[str] = set()
    for i, text in texts.items():
        face, angle = records[i].face or 0, records[i].angle
        x, y, width, height = (zoom * number for number in records[i].box or ())
        color = _COLORS[(face - 1) % len(_COLORS)]
        if angle:
            corners = _turned_corners((x, y, width, height), angle)
            draw.polygon(corners, outline=color, width=line)
            y = round(min(corner[1] for corner in corners))
        else:
            # A box may be of less than half a pixel.
            corner = x + max(width, 1) - 1, y + max(height, 1) - 1
            draw.rectangle((x, y, *corner), outline=color, width=line)
        font_size = max(_LEAST_SIZE, min(round(width / 8), round(max(picture.size) / 25)))
        missing |= _label(draw, picture.size, text, (x, y), font_size, color)
    warn_of_missing(missing, stacklevel=2)
    return picture


def _text_of(record: FaceRecord) -> str:
    chances = record.probabilities or {}
    chance = chances[record.emotion] if record.emotion else 0.0
    doubt = " ?" if record.is_doubtful else ""
    return f"{record.face} {record.emotion}{_ON}{doubt} {100 * chance:.0f} %"


def _zoom(size: tuple[int, int], texts: Iterable[str]) -> int:
    """Return by what a picture is enlarged to hold its labels."""
    plain = [text.replace(_ON, "") for text in texts]
    lengths = [label_font(text, _LEAST_SIZE)[0].getlength(text) for text in plain]
    needed = max(lengths, default=0.0) + 2 * _pad(_LEAST_SIZE)
    return max(1, min(math.ceil(needed / size[0]), _ZOOMED // max(size)))


def _pad(font_size: int) -> int:
    return max(2, font_size // 5)


def _turned_corners(box: tuple[int, int, int, int], angle: float) -> list[tuple[float, float]]:
    """Return the corners of a box that is turned about its centre, against the clock.

    A box is as its picture lies: of a face on its side, the height goes from ear to ear.
    """
    x, y, width, height = box
    middle, below_top = x + width / 2, y + height / 2
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    if abs(cos) < abs(sin):
        width, height = height, width
    corners = []
    for across, down in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        right, below = across * width / 2, down * height / 2
        corners.append(
            (
                middle + cos * right + sin * below,
                below_top - sin * right + cos * below,
            )
        )
    return corners


def _label(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    text: str,
    corner: tuple[int, int],
    font_size: int,
    color: str,
) -> frozenset[str]:
    """Write above the box, or inside of it where there is no room; return signs without a font."""
    plain = text.replace(_ON, "")
    font, missing = label_font(plain, font_size)
    way = "ltr" if font.layout_engine == ImageFont.Layout.RAQM else None
    text = text if way else plain
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font, direction=way)
    pad = _pad(font_size)
    width, height = right - left + 2 * pad, bottom - top + 2 * pad
    x = max(0, min(corner[0], size[0] - width))
    y = corner[1] - height if corner[1] >= height else max(0, corner[1])
    draw.rectangle((x, y, x + width - 1, y + height - 1), fill=color)
    draw.text((x + pad - left, y + pad - top), text, fill="black", font=font, direction=way)
    return missing
