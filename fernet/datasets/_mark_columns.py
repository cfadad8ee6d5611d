"""Columns of a table, a class each, of which one has the mark in each row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from fernet.datasets._columns import ColumnError, may_be_class
from fernet.datasets._emotion_words import means_emotion
from fernet.datasets._picture_names import is_picture_name
from fernet.datasets._table_rows import Row

# What programs write for a class that a row has, or has not.
_HAS = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}


def find_marks(
    source: Path,
    shown: Sequence[str],
    rows: Sequence[Row],
    besides: Collection[int],
    explained: Collection[str],
) -> list[int] | None:
    """Tell which columns are 0 but for a 1 in one of them, in each row.

    Those called after emotions, or that the user names, count for more than others such as
    ``male`` and ``female``, which are classes where nothing else may be.

    Parameters
    ----------
    source : Path
        The table, for messages.
    shown : sequence of str
        Its headers.
    rows : sequence of Row
        Those of pictures.
    besides : collection of int
        Places of columns that are something else.
    explained : collection of str
        Headers, in lower case, of which the user says what they stand for.

    Returns
    -------
    list of int or None
        Places; None if no columns are such.

    Raises
    ------
    ColumnError
        If other columns are such, beside one that may be the label.

    Examples
    --------
    >>> from pathlib import Path
    >>> from fernet.datasets._mark_columns import find_marks
    >>> from fernet.datasets._table_rows import Row
    >>> rows = [Row(2, ["a.png", "1", "0", "0"]), Row(3, ["b.png", "0", "1", "0"])]
    >>> find_marks(Path("faces.csv"), ["file", "happy", "sad", "male"], rows, [], [])
    [1, 2, 3]
    """
    marks = [
        place
        for place, values in enumerate(zip(*(row.fields for row in rows), strict=True))
        if place not in besides
        and may_be_class(shown[place])
        and all(value.strip().lower() in _HAS for value in values)
    ]
    named = [i for i in marks if means_emotion(shown[i]) or shown[i].lower() in explained]
    told = next((m for m in (marks, named) if len(m) > 1 and _one_a_row(rows, m)), None)
    if told is None or len(named) > 1:
        return told
    others = [shown[i] for i in rivals(shown, rows, [*besides, *marks])]
    if sum(means_emotion(name) for name in others) > 1:
        return None  # votes
    if others:
        raise ColumnError(
            f"{source}: {others[0]!r} may be the label, and so may {shown[told[0]]!r} and "
            f"{shown[told[1]]!r}, of which each row has one: call the one 'label' that is, or name "
            "the classes in class_names",
            "label_column",
        )
    return told


def marked_rows(shown: Sequence[str], rows: Sequence[Row], marks: Sequence[int]) -> list[Row]:
    """Add a field to each row: the header of the column that has the mark.

    Examples
    --------
    >>> from fernet.datasets._mark_columns import marked_rows
    >>> from fernet.datasets._table_rows import Row
    >>> marked_rows(["file", "happy", "sad"], [Row(2, ["a.png", "0", "1"])], [1, 2])
    [Row(line=2, fields=['a.png', '0', '1', 'sad'])]
    """
    marked = [shown[next(i for i in marks if _has(row, i))] for row in rows]
    return [Row(row.line, [*row.fields, word]) for row, word in zip(rows, marked, strict=True)]


def rivals(shown: Sequence[str], rows: Sequence[Row], besides: Collection[int]) -> list[int]:
    """Tell which other columns may be the label: those that are no picture, split or person.

    Examples
    --------
    >>> from fernet.datasets._mark_columns import rivals
    >>> from fernet.datasets._table_rows import Row
    >>> rivals(["file", "mood", "split"], [Row(2, ["a.png", "calm", "train"])], [])
    [1]
    """
    return [
        place
        for place, header in enumerate(shown)
        if place not in besides
        and may_be_class(header)
        and not is_picture_name(rows[0].fields[place])
    ]


def _one_a_row(rows: Sequence[Row], marks: Sequence[int]) -> bool:
    return all(sum(_has(row, place) for place in marks) == 1 for row in rows)


def _has(row: Row, place: int) -> bool:
    return _HAS[row.fields[place].strip().lower()]
