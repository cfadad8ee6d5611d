"""Columns are found by their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets._csv_header import other_size, read_header, without_pixels
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
        ("class,pixels,Usage", "no column 'emotion'"),
        ("emotion,pixels,fold", "no column 'usage'"),
        ("emotion,Usage", "no column 'pixels'"),
        ("emotion,pixels,pixels,Usage", "more than one column 'pixels'"),
        ("emotion,pixel_0,pixel_1,Usage", "2 columns of pixels; expected 2304"),
        (",".join(["emotion", *WIDE[::-1]]), "not numbered in order"),
        (",".join(["class", *WIDE]), "no column 'emotion'"),
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


@pytest.mark.parametrize(
    "lines",
    [
        ["train_00001_aligned.jpg 5", "train_00002_aligned.jpg 4"],
        ["afraid_american_1.JPG 0 28 113 226 141 22.98 0"],
        ["subDirectory_filePath,expression,valence", "689/737db2.jpg,1,0.78"],
        ["image,label", '"train/1.png","happy"'],
        ["path;class", "a/b.tiff;3"],
    ],
    ids=["RAF-DB", "ExpW", "AffectNet", "quoted", "semicolons"],
)
def test_a_list_of_pictures_has_no_pixels(lines):
    assert without_pixels(lines).endswith("load_image_list reads it")


def test_votes_are_told_from_a_list_of_pictures():
    header = (
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    )
    assert "give the faces" in without_pixels(
        [header, "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0"]
    )


@pytest.mark.parametrize("lines", [[], ["label,pixels"], ["label,pixels,file", "3,1 2,a.png"]])
def test_other_tables_are_not_called_lists_of_pictures(lines):
    assert without_pixels(lines) == ""


@given(side=st.integers(2, 300))
def test_other_sizes_are_said_as_sides(side):
    assert f" ({side} x {side})" in other_size(side * side)
    assert "load_image_list" in other_size(side * side)
    assert "expected 2304 (48 x 48)" in other_size(side * side + 1)
    assert "arrays" not in other_size(2303)
