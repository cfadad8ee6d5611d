"""Installed fonts, and which signs they have, as matplotlib tells them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

__all__ = ["FONT_CURE", "installed_fonts", "listed_signs", "shown_signs", "signs_in"]
__dir__ = __all__.copy

FONT_CURE = "install a font of that script, such as one of Google's Noto fonts"
"""What helps where no font has some signs."""

_LISTED = 8
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


def listed_signs(signs: Iterable[str]) -> str:
    """Name some signs, the first few of many.

    Examples
    --------
    >>> from fernet._io.fonts import listed_signs
    >>> listed_signs("ba"), listed_signs("ihgfedcba")
    ('a, b', 'a, b, c, d, e, f, g, h, ...')
    """
    named = sorted(signs)
    return ", ".join([*named[:_LISTED], *["..."] * (len(named) > _LISTED)])


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
