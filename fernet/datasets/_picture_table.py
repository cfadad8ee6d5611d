"""Reads tables that name pictures and say what each shows."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fernet._io.names import is_utf8, with_marks
from fernet.datasets._boxes import Box, BoxColumns, expw_columns, find_box_columns
from fernet.datasets._columns import Column, Heads, find_columns, is_label
from fernet.datasets._kinds import is_hidden
from fernet.datasets._mark_columns import find_marks, marked_rows, rivals
from fernet.datasets._missing_labels import is_missing
from fernet.datasets._picture_names import (
    first_lines,
    is_picture_name,
    names_pictures,
)
from fernet.datasets._pixel_rows import first_rows, holds_pixels, read_pixel_rows
from fernet.datasets._strangers import refuse_documents
from fernet.datasets._table_rows import HEAD_BYTES, Row, even_rows, read_text, rows_of_text
from fernet.datasets._vote_columns import TableVotes, find_vote_columns, read_votes
from fernet.emotions import EMOTIONS

_TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".lst")

# Barsoum et al., 2016: a name, its face's place and ten counts of votes; some of the headers that
# their larger list has.
_FERPLUS_FIELDS = 12
_FERPLUS_HEADERS = {"happiness", "contempt", "unknown", "nf"}
_FERPLUS_BOX = re.compile(r"\((\d+, ){3}\d+\)")

NO_UTF8 = ", which is no UTF-8; save the table as UTF-8, which Excel calls CSV UTF-8"
"""What to say of a word that could not be decoded."""


class PictureTable(NamedTuple):
    """What a table says, a row a picture.

    Attributes
    ----------
    names : list of str
        Files, as they are written there.
    labels : list of str
        What each shows, as it is written there; "" for nothing.
    splits : list of str or None
        Words of a column of splits, if there is one.
    lines : list of int
        Where each row stands, from 1.
    groups : list of str or None
        Whose face each is, if there is a column of that.
    boxes : list of Box or None, or None
        Where the face of each row is in its picture, if the table has columns of that.
    votes : TableVotes or None
        How many people saw each class, if the table has columns of that in place of labels, which
        are "" then.
    pixels : ndarray of uint8, shape (n_images, n_pixels), or None
        The pictures, where the table holds them and names none.
    heads : list of str
        Its headers; none where it has no line of them.
    split_column : str
        The header of the column of splits; "" for none.
    """

    names: list[str]
    labels: list[str]
    splits: list[str] | None
    lines: list[int]
    groups: list[str] | None = None
    boxes: list[Box | None] | None = None
    votes: TableVotes | None = None
    pixels: NDArray[np.uint8] | None = None
    heads: Sequence[str] = ()
    split_column: str = ""


def is_table(path: Path) -> bool:
    """Tell by its first lines whether a file is a table of pictures.

    Examples
    --------
    >>> from pathlib import Path
    >>> from fernet.datasets._picture_table import is_table
    >>> is_table(Path("not there"))
    False
    """
    try:
        return path.is_file() and names_pictures(first_lines(read_text(path, HEAD_BYTES)))
    except (OSError, ValueError):
        return False


def has_column(path: Path, name: str) -> bool:
    """Tell whether a table of pictures has a column of that header."""
    first = next(iter(first_rows(path)), Row(0, []))
    return name.strip().lower() in (field.strip().lower() for field in first.fields)


def table_within(root: Path) -> Path | None:
    """The first table of pictures that lies directly in a folder; None for none."""
    try:
        found = [entry for entry in sorted(root.iterdir()) if not is_hidden(entry.name)]
    except OSError:
        return None
    tables = (entry for entry in found if entry.suffix.lower() in _TABLE_SUFFIXES)
    return next((table for table in tables if is_table(table)), None)


def table_hint(root: Path) -> str:
    """Point at a table of pictures in a folder, or in one directly below it; "" for none."""
    if not root.is_dir():
        return ""
    below = (entry for entry in sorted(root.iterdir()) if entry.is_dir())
    table = next(filter(None, map(table_within, (root, *below))), None)
    return (
        f"; if {table.name} says what each picture shows, give it itself: {table}" if table else ""
    )


def read_table(
    path: Path,
    image_column: Column = None,
    label_column: Column = None,
    group_column: Column = None,
    explained: Collection[str] = (),
) -> PictureTable:
    """Read a table of pictures.

    Its columns are told by their headers, and by their values where there is no header; values are
    between commas, semicolons, tabs, bars or blanks. A column of 0 and 1 for each class, of which
    each row has one 1, is as good as one of labels; columns of other numbers, called after
    emotions, are votes. Four may tell a face's box in its picture.
    In the place of a file a row may have its picture's pixels, as `read_pixel_rows` reads them.
    The file may be compressed, as `open_csv` takes it.

    Parameters
    ----------
    path : Path
        The file.
    image_column, label_column, group_column : str, int or None, default=None
        Header of a column, or its place from 0, where it is not found by itself.
    explained : collection of str, default=()
        Headers, in lower case, of columns of votes of which the user says what they stand for.

    Returns
    -------
    PictureTable

    Raises
    ------
    ColumnError
        If a column is not to be told.
    ValueError
        If it is no such table; the message says where and why.
    OSError
        If it can not be opened.
    """
    rows, pixels, image = _read(path)
    image_column = image_column if image is None else image
    first = rows[0].fields
    if label_column is None and pixels is None:
        _refuse_ferplus(path, first)
    has_header = not any(map(is_picture_name, first))
    rows_of_pictures = rows[has_header:]
    if not rows_of_pictures:
        raise ValueError(f"{path}: a header and no rows")
    shown = [field.strip() for field in first]
    box = find_box_columns(shown) if has_header else None
    votes = None
    if has_header and label_column is None and not any(map(is_label, shown)):
        besides = [*_named(shown, image_column, group_column), *(box.places if box else ())]
        marks = find_marks(path, shown, rows_of_pictures, besides, explained)
        if marks is None:
            votes = _votes(path, shown, rows_of_pictures, besides, explained)
        else:
            shown, rows_of_pictures = [*shown, "label"], marked_rows(shown, rows_of_pictures, marks)
    if votes is not None:
        shown = [*shown, "label"]
        rows_of_pictures = [Row(line, [*fields, ""]) for line, fields in rows_of_pictures]
    pictures = [i for i, field in enumerate(rows_of_pictures[0].fields) if is_picture_name(field)]
    heads = Heads(path, shown, has_header, "its first line")
    of_expw = None if has_header or label_column is not None else expw_columns(first)
    boxes = box or of_expw
    columns = find_columns(
        heads,
        pictures,
        image_column,
        len(shown) - 1 if of_expw else label_column,
        group_column,
    )
    labels = _labels(path, rows_of_pictures, columns.label)
    return PictureTable(
        _names(path, rows_of_pictures, columns.image),
        _words_of_expw(labels) if of_expw else labels,
        _values(rows_of_pictures, columns.split),
        [row.line for row in rows_of_pictures],
        _groups(rows_of_pictures, columns.group),
        None if boxes is None else [_box(path, boxes, row) for row in rows_of_pictures],
        votes,
        pixels,
        shown if has_header else (),
        "" if columns.split is None else shown[columns.split],
    )


def _read(path: Path) -> tuple[list[Row], NDArray[np.uint8] | None, int | None]:
    """Read all rows; with pixels, if they are there, and the column in whose place."""
    if holds_pixels(first_rows(path)):
        return read_pixel_rows(path)
    text = read_text(path)
    refuse_documents(path, text)
    if text.lstrip().partition("\n")[0].strip().strip('"') == "pixels":
        raise ValueError(
            f"{path}: faces without labels, as in the competition's test.csv; expected a column of "
            "labels too"
        )
    return even_rows(path, list(rows_of_text(path, text))), None, None


def _refuse_ferplus(path: Path, fields: list[str]) -> None:
    """Refuse FER+'s lists of votes: they are joined to FER2013's faces."""
    has_box = len(fields) == _FERPLUS_FIELDS and _FERPLUS_BOX.fullmatch(fields[1].strip())
    if has_box or {field.strip().lower() for field in fields} >= _FERPLUS_HEADERS:
        raise ValueError(
            f"{path}: FER+'s votes on faces of FER2013; load those themselves, such as "
            "fer2013.csv, with labels='fer2013new.csv', which has the same votes "
            "(fernet train --data fer2013.csv --labels fer2013new.csv)"
        )


def _words_of_expw(labels: list[str]) -> list[str]:
    """The emotions that ExpW's numbers mean, as FER2013's do."""
    word_of = {str(number): name for number, name in enumerate(EMOTIONS)}
    return [word_of.get(label, label) for label in labels]


def _named(shown: list[str], *columns: Column) -> list[int]:
    """Where columns stand that the user names."""
    names = [column.strip().lower() for column in columns if isinstance(column, str)]
    return [i for i, name in enumerate(shown) if name.lower() in names or i in columns]


def _votes(
    path: Path,
    shown: list[str],
    rows: list[Row],
    besides: Collection[int],
    explained: Collection[str],
) -> TableVotes | None:
    """What columns of votes say, if any.

    Marks of 0 and 1, of which a row may have none or several, are none beside a column that may be
    the label.
    """
    columns = find_vote_columns(path, shown, rows[0].fields, besides, explained)
    found = None if columns is None else read_votes(path, columns, rows)
    if columns is None or found is None or not np.isin(found.votes, (0, 1)).all():
        return found
    others = rivals(shown, rows, [*besides, *columns.places])
    return None if others else found


def _box(path: Path, columns: BoxColumns, row: Row) -> Box | None:
    """Where the face of a row is."""
    try:
        return columns.box(row.fields)
    except ValueError as error:
        raise ValueError(f"{path}, line {row.line}: {error}") from None


def _values(rows: list[Row], place: int | None) -> list[str] | None:
    """The values of a column that there may be, and that may be empty."""
    return None if place is None else [row.fields[place].strip() for row in rows]


def _groups(rows: list[Row], place: int | None) -> list[str] | None:
    """Whose face each is; "" where nobody is named, in whatever words."""
    words = _values(rows, place)
    return None if words is None else ["" if is_missing(word) else word for word in words]


def _names(path: Path, rows: list[Row], place: int) -> list[str]:
    """The values of the column of files, none of which may be empty."""
    names = [row.fields[place].strip() for row in rows]
    if "" in names:
        raise ValueError(f"{path}, line {rows[names.index('')].line}: no file's name")
    return names


def _labels(path: Path, rows: list[Row], place: int) -> list[str]:
    """The values of the column of labels; names of files may be no text, but not these."""
    labels = [row.fields[place].strip() for row in rows]
    if unwritten := [label for label in labels if not is_utf8(label)]:
        line = rows[labels.index(unwritten[0])].line
        raise ValueError(f"{path}, line {line}: the label is {with_marks(unwritten[0])!r}{NO_UTF8}")
    return labels
