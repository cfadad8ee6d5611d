"""Installed fonts, and which signs they have, as matplotlib tells them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

__all__ = ["installed_fonts", "shown_signs", "signs_in"]
__dir__ = __all__.copy

# It has a sign for everything: a box that tells the script.
_BOXES = "Last Resort High-Efficiency"


def shown_signs(text: str) -> frozenset[str]:
    """Return the signs of a text that a font has to have: no spaces, and none that are not seen.

    Examples
    --------
    >>> from fernet._io.fonts import shown_signs
    >>> sorted(shown_signs("a b "))
    ['a', 'b']
    """
    return frozenset(sign for sign in text if unicodedata.category(sign)[0] not in "CZ")


def installed_fonts() -> dict[str, str]:
    """Return the file of each installed font by its name, upright and regular ones first.

    Returns
    -------
    dict of str to str

    Raises
    ------
    ImportError
        If matplotlib, which knows them, is not installed.
    """
    from matplotlib.font_manager import fontManager

    known = [font for font in fontManager.ttflist if font.name != _BOXES]
    known.sort(key=lambda font: (font.style != "normal", _from_regular(font.weight), font.name))
    files: dict[str, str] = {}
    for font in known:
        files.setdefault(font.name, font.fname)
    return files


def _from_regular(weight: int | str) -> int:
    return abs(weight - 400) if isinstance(weight, int) else 0


def signs_in(path: str, signs: Iterable[str]) -> frozenset[str]:
    """Return those of some signs that a font's file has.

    Parameters
    ----------
    path : str
        The file.
    signs : iterable of str
        Single ones.

    Returns
    -------
    frozenset of str
    """
    from matplotlib.font_manager import get_font

    font = get_font(path)
    return frozenset(sign for sign in signs if font.get_char_index(ord(sign)))
