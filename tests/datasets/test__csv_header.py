"""Columns are found by their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets._csv_header import read_header
from fernet.datasets._pixel_csv import Role

ROLES = {"emotion": Role.LABEL, "pixels": Role.PIXELS, "usage": Role.USAGE, "note": Role.IGNORED}
WIDE = [f"pixel_{i}" for i in range(2304)]


@given(
    columns=st.permutations(list(ROLES)),
    separator=st.sampled_from(",;\t"),
    write=st.sampled_from([str.upper, str.title, " {} ".format, '"{}"'.format]),
)
def test_columns_come_in_any_order_and_spelling(columns, separator, write):
    header = read_header(separator.join(map(write, columns)))
    assert header.roles.tolist() == [ROLES[name] for name in columns]
    assert chr(header.separator) == separator
    assert header.has_labels


def test_pixels_may_have_a_column_each():
    header = read_header(",".join(["emotion", *WIDE, "Usage"]))
    assert header.roles.tolist() == [Role.LABEL, *[Role.PIXEL] * 2304, Role.USAGE]
    assert not read_header(",".join(WIDE)).has_labels


@pytest.mark.parametrize("line", ["pixels", "id,pixels", ",pixels,Usage", "Unnamed: 0;pixels"])
def test_columns_may_be_missing_where_no_other_could_be_meant(line):
    assert not read_header(line).has_labels


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("label,pixels,Usage", "no column 'emotion'"),
        ("emotion,pixels,split", "no column 'usage'"),
        ("emotion,Usage", "no column 'pixels'"),
        ("emotion,pixels,pixels,Usage", "more than one column 'pixels'"),
        ("emotion,pixel_0,pixel_1,Usage", "2 columns of pixels; expected 2304"),
        (",".join(["emotion", *WIDE[::-1]]), "not numbered in order"),
        (",".join(["label", *WIDE]), "no column 'emotion'"),
        ("", "no column 'emotion'"),
    ],
)
def test_other_headers_are_refused(line, message):
    with pytest.raises(ValueError, match=message):
        read_header(line)


@given(st.text(st.characters(exclude_characters="\n"), max_size=60))
def test_any_line_is_read_or_refused(line):
    try:
        header = read_header(line)
    except ValueError:
        return
    assert Role.PIXELS in header.roles or Role.PIXEL in header.roles
