"""Reads tables that name pictures and say what each shows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from fernet.datasets._csv_source import open_csv
from fernet.datasets._kinds import PICTURE_SUFFIXES, is_hidden

Column = str | int | None

_MAX_BYTES = 1 << 28
_HEAD_BYTES = 1 << 13
_SEPARATORS = (",", ";", "\t")
_TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".lst")
_WORDS = re.compile(r"[^\s,;]+")

# Headers of columns, in lower case and without spaces, dashes and underscores.
_IMAGES = (
    *("image", "img", "file", "path", "pth", "picture", "photo"),
    *("filename", "filepath", "imagename", "imgname", "imagepath", "imgpath", "imagefile"),
    *("imageid", "imgid"),
)
_LABELS = (
    *("label", "labels", "emotion", "emotions", "expression", "class", "category", "target"),
    *("emotionlabel", "expressionlabel", "classname", "facialexpression"),
)
_SPLITS = ("usage", "split", "subset", "partition", "set", "phase")
_NUMBERS_OF_ROWS = ("", "unnamed:0", "id", "index")


class PictureTable(NamedTuple):
    """What a table says, a row a picture.

    Attributes
    ----------
    names : list of str
        Files, as they are written there.
    labels : list of str
        What each shows, never empty.
    splits : list of str or None
        Words of a column of splits, if there is one.
    lines : list of int
        Where each row stands, from 1.
    """

    names: list[str]
    labels: list[str]
    splits: list[str] | None
    lines: list[int]


class ColumnError(ValueError):
    """It can not be told which column of a table is which; says how to.

    Parameters
    ----------
    fault : str
        What is wrong, with the file, and what would help there.
    parameter : str
        What names the column instead.
    """

    def __init__(self, fault: str, parameter: str) -> None:
        self.fault = fault
        super().__init__(f"{fault}, or name it by {parameter}")


class _Columns(NamedTuple):
    """Places of the columns, and whether the first row is a header."""

    image: int
    label: int
    split: int | None
    has_header: bool


def names_pictures(lines: Sequence[str]) -> bool:
    """Tell whether the first lines of a text are a table of pictures, not one of their pixels.

    Examples
    --------
    >>> from fernet.datasets._picture_table import names_pictures
    >>> names_pictures(["train_00001_aligned.jpg 5"]), names_pictures(["emotion,pixels", "0,1 2"])
    (True, False)
    """
    if not lines or "pixel" in lines[0].lower():
        return False
    words = [word.strip("\"'").lower() for line in lines for word in _WORDS.findall(line)]
    if any(word.endswith(PICTURE_SUFFIXES) for word in words):
        return True
    header = [_plain(word) for word in _WORDS.findall(lines[0])]
    return len(lines) > 1 and _any_of(header, _IMAGES) and _any_of(header, _LABELS)


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
        return path.is_file() and names_pictures(_text(path, _HEAD_BYTES).splitlines()[:2])
    except (OSError, ValueError):
        return False


def table_within(root: Path) -> Path | None:
    """The first table of pictures that lies directly in a folder; None for none."""
    found = (entry for entry in sorted(root.iterdir()) if not is_hidden(entry.name))
    tables = (entry for entry in found if entry.suffix.lower() in _TABLE_SUFFIXES)
    return next((table for table in tables if is_table(table)), None)


def read_table(
    path: Path, image_column: Column = None, label_column: Column = None
) -> PictureTable:
    """Read a table of pictures.

    Its columns are told by their headers, and by their values where there is no header; values are
    between commas, semicolons, tabs or blanks. It may be compressed, as `open_csv` takes it.

    Parameters
    ----------
    path : Path
        The file.
    image_column, label_column : str, int or None, default=None
        Header of a column, or its place from 0, where it is not found by itself.

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
    rows = list(_rows(path, _text(path, _MAX_BYTES)))
    if not rows:
        raise ValueError(f"{path}: the file is empty")
    fields = [row for _, row in rows]
    for line, row in rows:
        if len(row) != len(fields[0]):
            raise ValueError(
                f"{path}, line {line}: {len(row)} fields; expected {len(fields[0])} as in the first"
            )
    columns = _find_columns(path, fields, image_column, label_column)
    rows = rows[columns.has_header :]
    if not rows:
        raise ValueError(f"{path}: a header and no rows")
    table = PictureTable([], [], None if columns.split is None else [], [])
    for line, row in rows:
        name, label = row[columns.image].strip(), row[columns.label].strip()
        for value, what in ((name, "file's name"), (label, "label")):
            if not value:
                raise ValueError(f"{path}, line {line}: no {what}")
        table.names.append(name)
        table.labels.append(label)
        table.lines.append(line)
        if table.splits is not None and columns.split is not None:
            table.splits.append(row[columns.split].strip())
    return table


def _text(path: Path, n_bytes: int) -> str:
    """The start of a file as text; what is no UTF-8 stands as in names of files."""
    buffer = bytearray(_HEAD_BYTES)
    found = bytearray()
    with open_csv(path) as source:
        while len(found) < n_bytes and (n_read := source.readinto(memoryview(buffer))):
            found += buffer[:n_read]
    if len(found) >= n_bytes == _MAX_BYTES:
        raise ValueError(f"{path}: more than {_MAX_BYTES >> 20} MB; expected a row a picture")
    if b"\0" in found:
        raise ValueError(f"{path}: not a text file; expected a row a picture")
    return found.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of each line that is not blank."""
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    separator = next((mark for mark in _SEPARATORS if mark in first), None)
    if separator is None:
        yield from ((i, line.split()) for i, line in enumerate(lines, 1) if line.strip())
        return
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    try:
        for row in reader:
            if any(field.strip() for field in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {error}") from None


def _find_columns(path: Path, rows: list[list[str]], image: Column, label: Column) -> _Columns:
    has_header = not any(map(_is_picture_name, rows[0]))
    shown = [field.strip() for field in rows[0]]
    header = [_plain(field) for field in shown] if has_header else []
    body = rows[has_header] if len(rows) > has_header else rows[0]
    named = {
        parameter: _place(path, column, shown, has_header, parameter)
        for parameter, column in (("image_column", image), ("label_column", label))
    }
    at = named["image_column"]
    if at is None:
        at = _only(path, _image_places(header, body), shown, "image")
    to = named["label_column"]
    splits = [i for i, name in enumerate(header) if name in _SPLITS and i not in (at, to)]
    if to is None:
        others = [i for i in range(len(body)) if i not in (at, *splits)]
        to = _only(path, _label_places(header, others), shown, "label")
    if at == to:
        raise ValueError(f"{path}: column {shown[at]!r} can't be both image and label")
    return _Columns(at, to, splits[0] if splits else None, has_header)


def _image_places(header: list[str], row: list[str]) -> list[int]:
    named = [i for i, field in enumerate(row) if _is_picture_name(field)]
    return named or [i for i, name in enumerate(header) if name in _IMAGES]


def _label_places(header: list[str], others: list[int]) -> list[int]:
    if not header:
        return others
    named = [i for i in others if header[i] in _LABELS]
    return named or [i for i in others if header[i] not in _NUMBERS_OF_ROWS]


def _only(path: Path, places: list[int], shown: list[str], which: str) -> int:
    """The one column that is meant, or an error that says how to tell."""
    if len(places) == 1:
        return places[0]
    found = "which column is the" if places else "a column of the"
    raise ColumnError(
        f"{path}: {found} {which} is not to be told from its first line, {_quoted(shown)}; call "
        f"one {which!r} there",
        f"{which}_column",
    )


def _place(
    path: Path, column: Column, shown: list[str], has_header: bool, parameter: str
) -> int | None:
    """The place of a column that the user names."""
    if column is None:
        return None
    if isinstance(column, str):
        names = [name.lower() for name in shown] if has_header else []
        if column.strip().lower() in names:
            return names.index(column.strip().lower())
        raise ValueError(f"{path}: {parameter}={column!r}, but its first line is {_quoted(shown)}")
    if not 0 <= column < len(shown):
        raise ValueError(f"{path}: {parameter}={column}; it has {len(shown)} columns, from 0")
    return int(column)


def _quoted(fields: list[str]) -> str:
    return ", ".join(repr(field[:20]) for field in fields[:8])


def _is_picture_name(field: str) -> bool:
    return field.strip().lower().endswith(PICTURE_SUFFIXES)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name.strip().strip("\"'").lower())


def _any_of(names: Iterable[str], known: Sequence[str]) -> bool:
    return any(name in known for name in names)
