"""Tables that fit, and lose nothing."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from fernet._io.text_columns import plain_table
from fernet.cli.tables import (
    Style,
    fitted_table,
    folded,
    shortened,
    wrapped,
)

NAMES = st.text(st.characters(categories=["L", "N"], include_characters="/ ._-"), max_size=80)


@given(NAMES, st.integers(4, 60))
def test_a_name_has_at_most_one_fold_and_is_cut_with_a_mark(name, width):
    lines = folded(name, width, "~")

    assert 1 <= len(lines) <= 2
    assert all(cell_len(line) <= width for line in lines)
    whole = "".join(lines)
    assert whole == name or (whole[0] == "~" and name.endswith(whole[1:]))
    if cell_len(name) <= width:
        assert lines == [name]
    if cell_len(name) <= 2 * width - 1:
        assert whole == name


@given(NAMES, st.integers(1, 60))
def test_what_is_shortened_keeps_its_end(name, width):
    short = shortened(name, width, "~")

    assert cell_len(short) <= width
    assert short == name or (short[0] == "~" and name.endswith(short[1:]))


@given(st.integers(20, 120), st.integers(1, 9), st.integers(1, 5), st.randoms())
def test_a_fitted_table_has_every_value_once_within_the_width(width, n_columns, n_rows, random):
    headings = ["", *(f"P{number}" for number in range(n_columns))]
    values = [
        [str(random.randrange(10 ** random.randrange(1, 7))) for _ in range(n_columns)]
        for _ in range(n_rows)
    ]
    rows = [[f"row{number}", *cells] for number, cells in enumerate(values)]

    tables = fitted_table(headings, rows, width, "~")

    assert max(len(line) for table in tables for line in table) <= width
    found = [[] for _ in rows]
    seen = []
    for table in tables:
        seen += table[0].split()
        for number, line in enumerate(table[1:]):
            name, *cells = line.split()
            assert name == f"row{number}"
            found[number] += cells
    assert seen == headings[1:]
    assert found == values


@given(
    st.lists(st.text("ab高兴ハ행", min_size=1, max_size=9), min_size=1, max_size=4),
    st.integers(24, 60),
)
def test_wide_signs_leave_columns_in_line_and_within_the_width(names, width):
    rows = [[name, "61.84", "0.5"] for name in names]
    for table in fitted_table(["class", "recall", "F1"], rows, width, "~"):
        assert len({cell_len(line) for line in table}) == 1
        assert cell_len(table[0]) <= width


def test_a_table_that_fits_is_one():
    headings, rows = ["emotion", "F1"], [["happy", "61.84"]]

    assert fitted_table(headings, rows, 14, "~") == [plain_table(headings, rows)]


def test_a_long_name_of_a_row_is_cut_with_a_mark():
    (table,) = fitted_table(["class", "F1"], [["a very long name of a class", "61.84"]], 20, "~")

    assert table == ["class             F1", "~e of a class  61.84"]


@pytest.mark.parametrize(("encoding", "signs"), [("utf-8", "\u2500\u2026"), ("ascii", "-~")])
def test_signs_are_those_that_can_be_printed(encoding, signs):
    style = Style(io.TextIOWrapper(io.BytesIO(), encoding=encoding))

    assert style.rule + style.mark == signs


def test_a_word_longer_than_a_line_stays_whole():
    assert wrapped("at runs/mlp-1/model.safetensors here", 10) == [
        "at",
        "runs/mlp-1/model.safetensors",
        "here",
    ]


@given(
    st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=12), st.integers(20, 60)
)
def test_words_that_no_line_holds_go_on_below_each_other(words, width):
    (table,) = fitted_table(
        ["", "amounts"], [["blur", " ".join(words)], ["noise", "5"]], width, "~"
    )

    assert max(map(cell_len, table)) <= width
    blur, noise = " ".join(table[1:-1]).split(), table[-1].split()
    assert blur == ["blur", *words]
    assert noise == ["noise", "5"]
