"""Fonts for names in scripts that matplotlib's own font does not have."""

from __future__ import annotations

import unicodedata
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

# It has a sign for everything: a box that tells the script.
_BOXES = "Last Resort High-Efficiency"
_TOLD = 8


def lend_fonts(figure: Figure) -> None:
    """Let texts fall back on installed fonts for signs that their own have not.

    Such as 高兴 and 기쁨, of which matplotlib draws boxes otherwise. A text's own fonts come first,
    and stay its only ones where they suffice.

    Parameters
    ----------
    figure : matplotlib.figure.Figure

    Warns
    -----
    UserWarning
        If no installed font has some signs: they are named.
    """
    from matplotlib.font_manager import fontManager
    from matplotlib.text import Text

    missing = {text: signs for text in figure.findobj(Text) if (signs := _missing(text))}
    if not missing:
        return
    # Fonts may be added after a picture that wanted them.
    fonts, nowhere = _fonts_for(frozenset().union(*missing.values()), len(fontManager.ttflist))
    for text in missing:
        text.set_fontfamily([*text.get_fontfamily(), *fonts])
    if nowhere:
        some = ", ".join(sorted(nowhere)[:_TOLD])
        warnings.warn(
            f"no installed font has {some}{', ...' * (len(nowhere) > _TOLD)}: the picture shows "
            "boxes in their place; install a font of that script, such as one of Google's Noto "
            "fonts",
            stacklevel=4,
        )


def _missing(text: Text) -> set[str]:
    """Return the signs of a text that none of its fonts has."""
    if text.get_text().isascii():
        return set()
    from matplotlib.font_manager import FontProperties, findfont

    signs = {sign for sign in text.get_text() if unicodedata.category(sign)[0] not in "CZ"}
    for family in text.get_fontfamily():
        signs -= _found(findfont(FontProperties(family=[family])), frozenset(signs))
    return signs


@lru_cache(maxsize=64)
def _fonts_for(signs: frozenset[str], n_fonts: int) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return as few of the installed fonts as have all signs, and those that none has."""
    from matplotlib.font_manager import fontManager

    known = [font for font in fontManager.ttflist if font.name != _BOXES]
    known.sort(key=lambda font: (font.style != "normal", _from_regular(font.weight), font.name))
    files: dict[str, str] = {}
    for font in known:
        files.setdefault(font.name, font.fname)
    has = {name: _found(path, signs) for name, path in files.items()}
    fonts: list[str] = []
    left = signs
    while left:
        name = max(has, key=lambda name: len(has[name] & left))
        if not has[name] & left:
            break
        fonts.append(name)
        left -= has[name]
    return tuple(fonts), left


def _from_regular(weight: int | str) -> int:
    return abs(weight - 400) if isinstance(weight, int) else 0


def _found(path: str, signs: frozenset[str]) -> frozenset[str]:
    from matplotlib.font_manager import get_font

    font = get_font(path)
    return frozenset(sign for sign in signs if font.get_char_index(ord(sign)))
