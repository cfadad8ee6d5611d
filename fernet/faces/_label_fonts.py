"""Fonts for labels, whatever the script of their names."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from PIL import ImageFont

from fernet._io.fonts import FONT_CURE, installed_fonts, listed_signs, shown_signs, signs_in

__all__ = ["label_font", "warn_of_missing"]
__dir__ = __all__.copy

_FIRST = "DejaVu Sans"  # it comes with matplotlib, and reads well


def label_font(text: str, size: int) -> tuple[Any, frozenset[str]]:
    """Return a font for a text, and the signs of it that no installed one has.

    Parameters
    ----------
    text : str
        What to write.
    size : int
        In pixels.

    Returns
    -------
    font : PIL.ImageFont.FreeTypeFont
        Pillow's own where that does, and where another has no more of the signs.
    missing : frozenset of str
        Those that `font` has not.

    Examples
    --------
    >>> from fernet.faces._label_fonts import label_font
    >>> font, missing = label_font("1 happy 90 %", 12)
    >>> font.getname()[0], len(missing)
    ('Aileron', 0)
    """
    if text.isascii():
        return ImageFont.load_default(size), frozenset()
    path, missing = _best_file(shown_signs(text))
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size), missing


def warn_of_missing(signs: Iterable[str], *, stacklevel: int) -> None:
    """Name the signs that no installed font has, if there are any.

    Parameters
    ----------
    signs : iterable of str
        As `label_font` tells them.
    stacklevel : int
        As for `warnings.warn`, from here.

    Warns
    -----
    UserWarning
    """
    told = listed_signs(signs)
    if not told:
        return
    cure = FONT_CURE
    if not _installed():
        cure = 'fonts are found by matplotlib: pip install "fernet-emotion[plot]"'
    warnings.warn(
        f"no font has {told}: labels show boxes in their place; {cure}",
        stacklevel=stacklevel + 1,
    )


def _installed() -> dict[str, str]:
    try:
        return installed_fonts()
    except ImportError:
        return {}


@lru_cache(maxsize=256)
def _best_file(signs: frozenset[str]) -> tuple[str, frozenset[str]]:
    """Return the file of the font with most of some signs, and those that it has not."""
    # Pillow's own has no sign but those of ASCII.
    best, missing = "", frozenset(sign for sign in signs if not sign.isascii())
    files = _installed()
    for name in sorted(files, key=lambda name: name != _FIRST):
        path = files[name]
        without = signs - signs_in(path, signs)
        if len(without) < len(missing) and _opens(path):
            best, missing = path, without
        if not missing:
            break
    return best, missing


def _opens(path: str) -> bool:
    """Tell whether Pillow writes with a font: with one of pictures of a size it does not."""
    try:
        ImageFont.truetype(path, 12)
    except OSError:
        return False
    return True
