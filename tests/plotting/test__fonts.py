"""Fonts for names in other scripts than matplotlib's own."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

from fernet.plotting import ConfusionMatrixDisplay
from fernet.plotting._fonts import _fonts_for, lend_fonts

MIXED = ["angry", "𓀀", "𓀁 glad"]


@pytest.fixture
def fonts(monkeypatch):
    """The fonts that come with matplotlib, as if no other was installed."""
    from matplotlib import get_data_path
    from matplotlib.font_manager import fontManager

    own = [font for font in fontManager.ttflist if str(font.fname).startswith(get_data_path())]
    monkeypatch.setattr(fontManager, "ttflist", own)
    _fonts_for.cache_clear()
    yield fontManager
    _fonts_for.cache_clear()


@pytest.fixture
def nile(tmp_path):
    """A font of two hieroglyphs."""
    builder = pytest.importorskip("fontTools.fontBuilder").FontBuilder(1000, isTTF=True)
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((0, 700))
    pen.lineTo((700, 700))
    pen.closePath()
    glyphs = [".notdef", "man", "woman"]
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap({ord("𓀀"): "man", ord("𓀁"): "woman"})
    builder.setupGlyf(dict.fromkeys(glyphs, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (800, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Nile", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "nile.ttf")
    return tmp_path / "nile.ttf"


@pytest.fixture
def hieroglyphs(fonts, nile):
    """That font beside them, by its name."""
    fonts.addfont(nile)
    return "Nile"


def texts(display):
    from matplotlib.text import Text

    return {text.get_text(): text for text in display.figure_.findobj(Text)}


def test_names_have_the_signs_of_an_installed_font(ax, hieroglyphs):
    display = ConfusionMatrixDisplay(np.eye(3, dtype=int), target_names=MIXED).plot(ax)

    shown = texts(display)
    own = shown["A0 angry"].get_fontfamily()
    assert hieroglyphs not in own
    assert shown["A2 𓀁 glad"].get_fontfamily() == [*own, hieroglyphs]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        display.figure_.canvas.draw()


def test_a_font_that_the_user_chose_stays_the_first(ax, hieroglyphs):
    text = ax.text(0, 0, "𓀀", fontfamily=["DejaVu Serif", hieroglyphs])
    lend_fonts(ax.figure)
    assert text.get_fontfamily() == ["DejaVu Serif", hieroglyphs]


@pytest.mark.usefixtures("fonts")
def test_signs_of_no_font_are_told_once():
    display = ConfusionMatrixDisplay(np.eye(3, dtype=int), target_names=MIXED)
    with pytest.warns(UserWarning, match="no installed font has 𓀀, 𓀁: the picture shows") as told:
        display.to_bytes()
    assert len(told) == 1


def test_a_font_that_is_added_later_is_found(ax, fonts, nile):
    display = ConfusionMatrixDisplay(np.eye(3, dtype=int), target_names=MIXED)
    with pytest.warns(UserWarning, match="no installed font has"):
        display.plot(ax)
    fonts.addfont(nile)
    assert "Nile" in texts(display.plot(ax))["A1 𓀀"].get_fontfamily()


@pytest.mark.usefixtures("fonts")
def test_the_line_that_plots_is_told(ax):
    with pytest.warns(UserWarning, match=re.escape("no installed font has 𓀀")) as told:
        ConfusionMatrixDisplay(np.eye(2, dtype=int), target_names=["a", "𓀀"]).plot(ax)
    assert told[0].filename == __file__


@pytest.mark.usefixtures("fonts")
def test_accents_need_no_other_font(ax):
    text = ax.text(0, 0, "fröhlich, злой, zły\N{ZERO WIDTH JOINER}")
    own = text.get_fontfamily()
    lend_fonts(ax.figure)
    assert text.get_fontfamily() == own
