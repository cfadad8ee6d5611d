"""Tables that hold the pixels of pictures themselves."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets._pixel_rows import first_rows, holds_pixels, n_pixels_of, read_pixel_rows

FORMS = {
    "blanks": " ".join,
    "commas": ",".join,
    "a list": lambda words: f"[{', '.join(words)}]",
    "lists in a list": lambda words: f"[[{' '.join(words[:8])}]\n [{' '.join(words[8:])}]]",
    "floats": lambda words: " ".join(f"{word}.0" for word in words),
}


def write(path, heads, rows, separator=","):
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=separator).writerows([heads, *rows])
    return path


def picture(seed, n_pixels=64):
    return np.random.default_rng(seed).integers(0, 256, n_pixels, np.uint8)


def words_of(pixels):
    return [str(pixel) for pixel in pixels]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("form", FORMS)
def test_one_column_holds_a_picture_in_any_form(tmp_path, form, separator):
    pictures = [picture(0), picture(1)]
    rows = [["sad", FORMS[form](words_of(pixels)), "train"] for pixels in pictures]
    table = write(tmp_path / "a.csv", ["label", "face", "split"], rows, separator)
    found = read_pixel_rows(table)
    assert (found.pixels == pictures).all()
    assert found.image == 1
    assert found.rows[0].fields == ["label", "image", "split"]
    assert [row.fields[0::2] for row in found.rows[1:]] == [["sad", "train"]] * 2


@pytest.mark.parametrize(
    "name",
    [
        "pixel{}",
        "pixel_{}",
        "Pixel {}",
        "p{}",
        "px{}",
        "{}",
        "pixel_{row}_{col}",
        "{row}x{col}",
    ],
)
@pytest.mark.parametrize("first", [0, 1])
def test_each_pixel_may_have_a_column(tmp_path, name, first):
    pixels = picture(2)
    names = [
        name.format(first + i, row=first + i // 8, col=first + i % 8) for i in range(len(pixels))
    ]
    table = write(tmp_path / "a.csv", ["label", *names, "split"], [["sad", *pixels, "train"]])
    found = read_pixel_rows(table)
    assert (found.pixels == [pixels]).all()
    assert [row.fields for row in found.rows] == [
        ["label", "image", "split"],
        ["sad", "line 2", "train"],
    ]


def test_columns_of_pixels_in_another_order_are_refused(tmp_path):
    names = [f"pixel{i}" for i in sorted(range(64), key=str)]
    table = write(tmp_path / "a.csv", ["label", *names], [["sad", *picture(0)]])
    with pytest.raises(ValueError, match="'pixel10' comes after 'pixel1'; expected"):
        read_pixel_rows(table)


@pytest.mark.parametrize("wrong", ["256", "-1", "0.5", "1e400", "nan", "x"])
def test_what_is_no_grey_level_is_named(tmp_path, wrong):
    words = words_of(picture(0))
    rows = [["sad", *words], ["sad", *words[:7], wrong, *words[8:]]]
    table = write(tmp_path / "a.csv", ["label", *(f"pixel{i}" for i in range(64))], rows)
    with pytest.raises(ValueError, match=rf"a\.csv, line 3: pixel 8 is '{wrong}'; expected"):
        read_pixel_rows(table)


def test_pictures_of_other_sizes_than_the_first_are_refused(tmp_path):
    rows = [["sad", " ".join(words_of(picture(0, n)))] for n in (64, 81)]
    table = write(tmp_path / "a.csv", ["label", "pixels"], rows)
    with pytest.raises(ValueError, match=r"line 3: 81 pixels; expected 64 as in the first row"):
        read_pixel_rows(table)


def test_a_field_beyond_what_a_picture_can_be_is_refused_with_its_line(tmp_path, monkeypatch):
    rows = [["sad", " ".join(words_of(picture(0, n)))] for n in (64, 400)]
    table = write(tmp_path / "a.csv", ["label", "pixels"], rows)
    monkeypatch.setattr("fernet.datasets._pixel_rows._LONGEST_FIELD", 600)
    with pytest.raises(ValueError, match=r"a\.csv, line 3: field larger than field limit"):
        read_pixel_rows(table)


def test_a_row_of_other_columns_is_refused(tmp_path):
    row = ["sad", " ".join(words_of(picture(0)))]
    table = write(tmp_path / "a.csv", ["label", "pixels"], [row, [*row, "train"]])
    with pytest.raises(ValueError, match="line 3: 3 fields; expected 2"):
        read_pixel_rows(table)


def test_remarks_blank_lines_and_compression_do_not_matter(tmp_path):
    pixels = picture(3)
    text = f"sep=;\nlabel;pixels\n\nsad;{' '.join(words_of(pixels))}\n"
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode("utf-8-sig")))
    found = read_pixel_rows(tmp_path / "a.csv.gz")
    assert (found.pixels == [pixels]).all()
    assert [row.line for row in found.rows] == [2, 4]


def test_a_large_picture_is_one_field_and_leaves_the_module_csv_as_it_was(tmp_path):
    before = csv.field_size_limit()
    pixels = picture(4, 224 * 224)
    table = write(tmp_path / "a.csv", ["label", "pixels"], [["sad", " ".join(words_of(pixels))]])
    assert n_pixels_of(first_rows(table)) == 224 * 224
    assert (read_pixel_rows(table).pixels == [pixels]).all()
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("heads", "fields"),
    [
        (["image", "landmarks", "label"], ["a.png", "1 " * 68, "sad"]),
        (["image", *map(str, range(128)), "label"], ["a.png", *["0"] * 128, "sad"]),
        (["label", "remark"], ["sad", "no pixels here"]),
        (["label", "few"], ["sad", "1 2 3"]),
        (["label"], ["sad"]),
    ],
)
def test_numbers_beside_a_pictures_name_are_no_pixels_nor_are_a_few(tmp_path, heads, fields):
    assert not holds_pixels(first_rows(write(tmp_path / "a.csv", heads, [fields])))


def test_what_is_no_table_holds_none(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\0\1")
    assert first_rows(tmp_path / "a.csv") == first_rows(tmp_path / "not there") == []


@given(st.lists(st.integers(0, 255), min_size=64, max_size=120), st.sampled_from(sorted(FORMS)))
def test_every_picture_is_read_as_it_was_written(tmp_path_factory, pixels, form):
    path = tmp_path_factory.mktemp("table") / "a.csv"
    table = write(path, ["label", "pixels"], [["sad", FORMS[form](words_of(pixels))]])
    assert read_pixel_rows(table).pixels.tolist() == [pixels]
