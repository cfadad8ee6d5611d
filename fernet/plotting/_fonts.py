"""Fonts for names in scripts that matplotlib's own font does not have."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

from fernet._io.fonts import FONT_CURE, installed_fonts, listed_signs, shown_signs, signs_in

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text


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
        warnings.warn(
            f"no installed font has {listed_signs(nowhere)}: the picture shows boxes in their "
            f"place; {FONT_CURE}",
            stacklevel=4,
        )


def _missing(text: Text) -> set[str]:
    """Return the signs of a text that none of its fonts has."""
    if text.get_text().isascii():
        return set()
    from matplotlib.font_manager import FontProperties, findfont

    signs = set(shown_signs(text.get_text()))
    for family in text.get_fontfamily():
        signs -= signs_in(findfont(FontProperties(family=[family])), signs)
    return signs


@lru_cache(maxsize=64)
def _fonts_for(signs: frozenset[str], n_fonts: int) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return as few of the installed fonts as have all signs, and those that none has."""
    has = {name: signs_in(path, signs) for name, path in installed_fonts().items()}
    fonts: list[str] = []
    left = signs
    while left:
        name = max(has, key=lambda name: len(has[name] & left))
        if not has[name] & left:
            break
        fonts.append(name)
        left -= has[name]
    return tuple(fonts), left
