"""Reads a table's rows, whatever stands between their values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from fernet.datasets._csv_source import open_csv
from fernet.datasets._picture_names import count_remarks

HEAD_BYTES = 1 << 13
"""Room for some first rows of names."""

_MAX_BYTES = 1 << 28
_SEPARATORS = (",", ";", "\t", "|")


class Row(NamedTuple):
    """A line's number, from 1, and its fields."""

    line: int
    fields: list[str]


def read_text(path: Path, n_bytes: int = _MAX_BYTES) -> str:
    """Read the start of a file as text; what is no UTF-8 stands as in names of files.

    Parameters
    ----------
    path : Path
        Perhaps compressed, as `open_csv` takes it.
    n_bytes : int, default=256 MiB
        How much is wanted. A file of more than the default is refused.

    Raises
    ------
    ValueError
        If it is too long, or no text.
    OSError
        If it can not be opened.
    """
    buffer = bytearray(HEAD_BYTES)
    found = bytearray()
    with open_csv(path) as source:
        while len(found) < n_bytes and (n_read := source.readinto(memoryview(buffer))):
            found += buffer[:n_read]
    if len(found) >= n_bytes == _MAX_BYTES:
        raise ValueError(f"{path}: more than {_MAX_BYTES >> 20} MB; expected a row a picture")
    if b"\0" in found:
        raise ValueError(f"{path}: not a text file; expected a row a picture")
    return found.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def rows_of_text(path: Path, text: str) -> Iterator[Row]:
    """Give the lines of a text that are not blank."""
    lines = list(io.StringIO(text, newline=None))
    n_remarks = count_remarks(lines)
    lines[:n_remarks] = [""] * n_remarks
    first = next((line for line in lines if line.strip()), "")
    separator = separator_in(first)
    if separator is None:
        yield from (Row(i, line.split()) for i, line in enumerate(lines, 1) if line.strip())
        return
    yield from separated(path, lines, separator)


def separator_in(line: str) -> str | None:
    """Return the mark between a line's values; None where blanks are."""
    return next((mark for mark in _SEPARATORS if mark in line), None)


def separated(path: Path, lines: Iterable[str], separator: str) -> Iterator[Row]:
    """Give the lines that are not blank, cut at a mark between their values.

    Raises
    ------
    ValueError
        If one can not be cut; naming the file and the line.
    """
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    try:
        for row in reader:
            if any(field.strip() for field in row):
                yield Row(reader.line_num, row)
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {error}") from None


def even_rows(path: Path, rows: list[Row]) -> list[Row]:
    """Refuse rows that are of different lengths, or none at all."""
    if not rows:
        raise ValueError(f"{path}: the file is empty")
    for row in rows:
        check_length(path, row, len(rows[0].fields))
    return rows


def check_length(path: Path, row: Row, length: int) -> None:
    """Refuse a row of another number of fields than the first."""
    if len(row.fields) != length:
        raise ValueError(
            f"{path}, line {row.line}: {len(row.fields)} fields; expected {length} as in the first"
        )
