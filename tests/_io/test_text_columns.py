"""Columns of text, in which signs may take two places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet._io.text_columns import flush_left, flush_right, n_columns, widest

LINES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("happy", 5), ("高兴", 4), ("ハッピー", 8), ("행복", 4), ("fröhlich", 8), ("😀", 2)],
)
def test_signs_count_as_a_terminal_shows_them(text, columns):
    assert n_columns(text) == columns


@given(LINES, st.integers(0, 40))
def test_a_padded_text_fills_its_columns_and_a_wider_one_stays(text, width):
    for padded in (flush_left(text, width), flush_right(text, width)):
        assert n_columns(padded) == max(width, n_columns(text))
        assert padded.strip(" ") == text.strip(" ")
    assert flush_left(text, width).startswith(text)
    assert flush_right(text, width).endswith(text)


@given(st.lists(LINES))
def test_the_widest_text_fits_and_no_narrower_column_does(texts):
    width = widest(texts)
    assert all(n_columns(text) <= width for text in texts)
    assert width == 0 or any(n_columns(text) == width for text in texts)
