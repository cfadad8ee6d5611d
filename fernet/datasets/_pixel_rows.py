"""Reads tables that hold the pixels of pictures themselves, of any size and number."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fernet.datasets._csv_source import CsvSource, open_csv
from fernet.datasets._picture_names import is_picture_name
from fernet.datasets._table_rows import (
    Row,
    check_length,
    read_text,
    rows_of_text,
    separated,
    separator_in,
)

_HEAD_BYTES = 1 << 21  # room for two rows of pixels
_LEAST_PIXELS = 64
_LONGEST_FIELD = 1 << 24
# pixel0, pixel_0, px0, p0 or 0; or by row and column, pixel_0_0 or 1x1.
_WIDE = re.compile(r"(?:pixel|px|p)?[ _-]?([0-9]+)(?:[ _x-]([0-9]+))?", re.IGNORECASE)
_LEVELS = {str(level): level for level in range(256)}
_BRACKETS = str.maketrans("[](),;", "      ")
_DIGITS = re.compile(r"[0-9]+")
_NUMBERS = re.compile(r"[\s\d.,;\[\]()]+")


class PixelRows(NamedTuple):
    """What such a table holds.

    Attributes
    ----------
    rows : list of Row
        Headers, and each picture's values; one in the place of its pixels.
    pixels : ndarray of uint8, shape (n_images, n_pixels)
    image : int
        The place of that one: the first column of pixels.
    """

    rows: list[Row]
    pixels: NDArray[np.uint8]
    image: int


class _Places(NamedTuple):
    """Which columns hold pixels, and whether there is one for each."""

    of_pixels: list[int]
    is_wide: bool


def first_rows(path: Path) -> list[Row]:
    """Return the first two rows of a text; fewer, or none, where it is none or has no more."""
    try:
        text = read_text(path, _HEAD_BYTES)
        with _long_fields():
            return list(islice(rows_of_text(path, text), 2))
    except (OSError, ValueError):
        return []


def holds_pixels(rows: Sequence[Row]) -> bool:
    """Tell by its first two rows whether a table with headers holds pixels.

    Examples
    --------
    >>> from fernet.datasets._pixel_rows import holds_pixels
    >>> from fernet.datasets._table_rows import Row
    >>> holds_pixels([Row(1, ["label", "face"]), Row(2, ["sad", "7 " * 64])])
    True
    >>> holds_pixels([Row(1, ["label", "face"]), Row(2, ["sad", "a.png"])])
    False
    """
    return _places(rows) is not None


def n_pixels_of(rows: Sequence[Row]) -> int:
    """Return how many numbers the first picture has; 0 where there is none."""
    places = _places(rows)
    if places is None:
        return 0
    fields = [rows[1].fields[place] for place in places.of_pixels]
    return len(fields) if places.is_wide else len(_words(fields[0]))


def read_pixel_rows(path: Path) -> PixelRows:
    """Read a table that `holds_pixels`.

    Raises
    ------
    ValueError
        If a row has another number of fields or pixels than the first, or a pixel is no whole
        number from 0 to 255; naming the line.
    """
    first = first_rows(path)
    places = _places(first)
    if places is None:
        raise ValueError(f"{path}: no column of pixels")
    heads = first[0]
    if places.is_wide:
        _check_order(path, [heads.fields[place] for place in places.of_pixels])
    n_fields, dropped = len(heads.fields), set(places.of_pixels)
    image = places.of_pixels[0]

    def of_picture(row: Row, name: str) -> Row:
        kept = [i for i in range(n_fields) if i == image or i not in dropped]
        return row._replace(fields=[name if i == image else row.fields[i] for i in kept])

    rows = [of_picture(heads, "image")]
    found, n_pixels = bytearray(), 0
    for row in _stream(path, heads):
        check_length(path, row, n_fields)
        words = [row.fields[place] for place in places.of_pixels]
        pixels = _pixels(path, row.line, words if places.is_wide else _words(words[0]))
        n_pixels = n_pixels or len(pixels)
        if len(pixels) != n_pixels:
            raise ValueError(
                f"{path}, line {row.line}: {len(pixels)} pixels; expected {n_pixels} as in the "
                "first row"
            )
        found += pixels
        rows.append(of_picture(row, f"line {row.line}"))
    pictures = np.frombuffer(found, np.uint8).reshape(len(rows) - 1, n_pixels)
    return PixelRows(rows, pictures, image)


def _places(rows: Sequence[Row]) -> _Places | None:
    if len(rows) < 2 or len(rows[0].fields) != len(rows[1].fields):
        return None
    heads, fields = rows[0].fields, rows[1].fields
    may_be: Sequence[int] = range(len(heads))
    if any(map(is_picture_name, fields)):
        # Other numbers may stand beside a picture's name, such as places in it.
        may_be = [i for i in may_be if "pixel" in heads[i].lower()]
    wide = [i for i in may_be if _WIDE.fullmatch(heads[i].strip())]
    if len(wide) >= _LEAST_PIXELS:
        return _Places(wide, True)
    long = [i for i in may_be if _is_pixels(fields[i])]
    return _Places(long, False) if len(long) == 1 else None


def _is_pixels(field: str) -> bool:
    return bool(_NUMBERS.fullmatch(field)) and len(_words(field)) >= _LEAST_PIXELS


def _words(field: str) -> list[str]:
    """The numbers in a field, which may be a list as Python writes it."""
    return field.translate(_BRACKETS).split()


def _check_order(path: Path, names: list[str]) -> None:
    """Refuse columns of pixels that do not go on row by row."""
    numbers = [[int(number) for number in _DIGITS.findall(name)] for name in names]
    pairs = pairwise(numbers)
    wrong = next((i for i, (one, other) in enumerate(pairs, 1) if not _follows(one, other)), None)
    if wrong is not None:
        raise ValueError(
            f"{path}: the column {names[wrong].strip()!r} comes after {names[wrong - 1].strip()!r};"
            " expected pixels in rows from the top left"
        )


def _follows(one: list[int], other: list[int]) -> bool:
    if len(one) == len(other) == 2 and one[0] != other[0]:
        return other[0] == one[0] + 1 and other[1] in (0, 1) and other[1] < one[1]
    return one[:-1] == other[:-1] and other[-1] == one[-1] + 1


def _pixels(path: Path, line: int, words: list[str]) -> bytes:
    try:
        return bytes(map(_LEVELS.__getitem__, words))
    except KeyError:
        # Whole numbers may be written as floats, and one that is none is to be named.
        values = np.array([_number(word) for word in words])
    wrong = np.flatnonzero(~((values >= 0) & (values <= 255) & (values == np.floor(values))))
    if len(wrong):
        place = wrong[0]
        raise ValueError(
            f"{path}, line {line}: pixel {place + 1} is {words[place].strip()[:20]!r}; expected a "
            "whole number from 0 to 255"
        )
    return values.astype(np.uint8).tobytes()


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return np.nan


class _Bytes(io.RawIOBase):
    """A source as a raw stream."""

    def __init__(self, source: CsvSource) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._source.readinto(buffer)


def _stream(path: Path, heads: Row) -> Iterator[Row]:
    """Give the rows behind the headers, one after another: all of the text may be large."""
    with open_csv(path) as source, _long_fields():
        raw = io.BufferedReader(_Bytes(source), 1 << 20)
        text = io.TextIOWrapper(raw, "utf-8-sig", "surrogateescape")
        passed = [text.readline() for _ in range(heads.line)]
        # Blank ones in their place, for the numbers of lines.
        lines = chain([""] * heads.line, text)
        yield from separated(path, lines, separator_in(passed[-1]) or " ")


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let the module csv, which has one limit for all, read a picture of a field."""
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)
