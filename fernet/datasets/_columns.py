"""Finds which columns of a table are pictures, labels, splits and people, by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

Column = str | int | None
"""How a user names one: by its header, by its place from 0, or not at all."""

# Headers in lower case, without spaces, dashes and underscores.
IMAGES = (
    *("image", "img", "file", "path", "pth", "picture", "photo"),
    *("filename", "filepath", "imagename", "imgname", "imagepath", "imgpath", "imagefile"),
    *("imageid", "imgid"),
)
LABELS = (
    *("label", "labels", "emotion", "emotions", "expression", "class", "category", "target"),
    *("emotionlabel", "expressionlabel", "classname", "facialexpression"),
)
SURE_SPLITS = ("usage", "split", "subset", "partition")
# Of two that a table has, the first one here is meant.
_SPLITS = (*SURE_SPLITS, "set", "phase")
_GROUPS = (
    *("subject", "subjectid", "person", "personid", "identity", "participant", "participantid"),
    *("actor", "actorid", "speaker", "speakerid", "group", "groups", "groupid"),
)
_NUMBERS_OF_ROWS = ("", "unnamed:0", "id", "index")


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


class Columns(NamedTuple):
    """Places of the columns; None for no splits, or no groups."""

    image: int
    label: int
    split: int | None
    group: int | None


class Heads(NamedTuple):
    """What a table shows of its columns.

    Attributes
    ----------
    source : Path
        The file.
    shown : list of str
        A word for each column.
    are_names : bool
        Whether the words are the columns' names, or only their first values.
    called : str
        What the words are, for messages.
    """

    source: Path
    shown: list[str]
    are_names: bool
    called: str


def plain(name: str) -> str:
    """Return a column's name as it is compared.

    Examples
    --------
    >>> from fernet.datasets._columns import plain
    >>> plain(" Image_Name")
    'imagename'
    """
    return re.sub(r"[\s_-]", "", name.strip().strip("\"'").lower())


def is_label(name: str) -> bool:
    """Tell whether a column's name says that it holds labels.

    Examples
    --------
    >>> from fernet.datasets._columns import is_label
    >>> is_label("Emotion Label"), is_label("happy")
    (True, False)
    """
    return plain(name) in LABELS


def may_be_class(name: str) -> bool:
    """Tell whether a column may be called after a class: it is no number of rows, and no split.

    Examples
    --------
    >>> from fernet.datasets._columns import may_be_class
    >>> may_be_class("happy"), may_be_class("Unnamed: 0")
    (True, False)
    """
    return plain(name) not in (*_NUMBERS_OF_ROWS, *_SPLITS, *_GROUPS, *IMAGES)


def find_columns(
    heads: Heads,
    pictures: Sequence[int],
    image: Column,
    label: Column,
    group: Column = None,
) -> Columns:
    """Tell which column is which.

    Parameters
    ----------
    heads : Heads
        Of the table.
    pictures : sequence of int
        Places of the columns whose values show that they are pictures.
    image, label, group : str, int or None
        What the user says.

    Returns
    -------
    Columns

    Raises
    ------
    ColumnError
        If one is not to be told.
    ValueError
        If there is none of the name, or at the place, that the user says.
    """
    names = list(map(plain, heads.shown)) if heads.are_names else []
    at = _place(heads, image, "image_column")
    to = _place(heads, label, "label_column")
    of = _place(heads, group, "group_column")
    if at is None:
        named = [i for i, name in enumerate(names) if name in IMAGES]
        at = _only(heads, pictures or named, "image")
    splits = _ranked(names, _SPLITS, (at, to))
    if to is None:
        apart = of if of is None or not is_label(heads.shown[of]) else None
        others = [i for i in range(len(heads.shown)) if i not in (at, apart, *splits)]
        to = _only(heads, _labels(names, others), "label")
    if at == to:
        raise ValueError(
            f"{heads.source}: column {heads.shown[at]!r} can't be both image and label"
        )
    if of is None:
        of = next(iter(_ranked(names, _GROUPS, (at, to))), None)
    return Columns(at, to, next(iter(splits), None), of)


def _ranked(names: list[str], known: Sequence[str], besides: Sequence[int | None]) -> list[int]:
    """Where columns of some names stand, in the order of those names."""
    found = [i for i, name in enumerate(names) if name in known and i not in besides]
    return sorted(found, key=lambda i: known.index(names[i]))


def _labels(names: list[str], others: list[int]) -> list[int]:
    if not names:
        return others
    named = [i for i in others if names[i] in LABELS]
    others = [i for i in others if names[i] not in _NUMBERS_OF_ROWS]
    return named or [i for i in others if names[i] not in _GROUPS] or others


def _only(heads: Heads, places: Sequence[int], which: str) -> int:
    """The one column that is meant, or an error that says how to tell."""
    if len(places) == 1:
        return places[0]
    found = "which column is the" if places else "a column of the"
    called_so = [
        heads.shown[i] for i in places if heads.are_names and plain(heads.shown[i]) == which
    ]
    cure = f"call one {which!r} there"
    if called_so:
        cure = "rename the others there"
    raise ColumnError(
        f"{heads.source}: {found} {which} is not to be told from {heads.called}, "
        f"{_quoted(heads)}; {cure}",
        f"{which}_column",
    )


def _place(heads: Heads, column: Column, parameter: str) -> int | None:
    """The place of a column that the user names."""
    if column is None:
        return None
    if isinstance(column, str):
        names = [name.lower() for name in heads.shown] if heads.are_names else []
        if column.strip().lower() in names:
            return names.index(column.strip().lower())
        found = f"but {heads.called} has {_quoted(heads)}"
        raise ValueError(f"{heads.source}: {parameter}={column!r}, {found}")
    n_columns = len(heads.shown)
    if not 0 <= column < n_columns:
        raise ValueError(
            f"{heads.source}: {parameter}={column}; it has {n_columns} columns, from 0"
        )
    return int(column)


def _quoted(heads: Heads) -> str:
    return ", ".join(repr(field[:20]) for field in heads.shown[:8])
