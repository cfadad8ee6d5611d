"""Columns of a table, a class each, that say how many people saw it in a picture."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fernet.datasets._columns import may_be_class
from fernet.datasets._emotion_words import means_emotion
from fernet.datasets._missing_labels import is_missing

_CONTEMPT = "contempt"
_MISWRITTEN = re.compile(r"\s*[0-9]+(,[0-9]+\s*%?|(\.[0-9]+)?\s*%)\s*")
# EmotioNet's for a class that nobody looked for.
_UNKNOWN = 999


class VoteColumns(NamedTuple):
    """Columns of votes, by their headers.

    Attributes
    ----------
    headers : list of str
    places : list of int
        Where each stands.
    """

    headers: list[str]
    places: list[int]


class TableVotes(NamedTuple):
    """Votes on pictures.

    Attributes
    ----------
    headers : list of str
        What the columns are called.
    votes : ndarray of float64, shape (n_images, n_headers)
    """

    headers: list[str]
    votes: NDArray[np.float64]


def find_vote_columns(
    source: Path,
    shown: Sequence[str],
    first: Sequence[str],
    besides: Collection[int],
    explained: Collection[str],
) -> VoteColumns | None:
    """Tell by their headers and first values which columns hold votes.

    Parameters
    ----------
    source : Path
        The table, for messages.
    shown : sequence of str
        Its headers.
    first : sequence of str
        The first picture's values.
    besides : collection of int
        Places of numbers that are something else.
    explained : collection of str
        Headers, in lower case, of which the user says what they stand for.

    Returns
    -------
    VoteColumns or None
        None unless two columns of numbers or more are called after emotions, or explained.

    Raises
    ------
    ValueError
        If they are, and another column of numbers is not, or one of an emotion has decimal commas.

    Examples
    --------
    >>> from pathlib import Path
    >>> from fernet.datasets._vote_columns import find_vote_columns
    >>> headers, values = ["file", "happy", "sad"], ["a.png", "3", "1"]
    >>> find_vote_columns(Path("faces.csv"), headers, values, (), ())
    VoteColumns(headers=['happy', 'sad'], places=[1, 2])
    """
    numbers = [
        place
        for place, header in enumerate(shown)
        if place not in besides and may_be_class(header) and _count(first[place]) is not None
    ]
    for place, header in enumerate(shown):
        if place not in besides and means_emotion(header) and _MISWRITTEN.fullmatch(first[place]):
            raise ValueError(
                f"{source}: {first[place].strip()!r} in the column {header!r}; expected a number "
                "of votes, or a share such as 0.75"
            )
    headers = [shown[place] for place in numbers]
    classes = (*explained, _CONTEMPT)
    known = [name for name in headers if means_emotion(name) or name.lower() in classes]
    if len(known) < 2:
        return None
    if unknown := [name for name in headers if name not in known]:
        raise ValueError(
            f"{source}: columns of numbers, where none is the label, are votes for what they are "
            f"called after, as {known[0]!r}; {unknown[0]!r} may be none: name it in class_names, "
            "as a class, or as one to leave out"
        )
    return VoteColumns(headers, numbers)


def read_votes(
    source: Path,
    columns: VoteColumns,
    rows: Sequence[tuple[int, list[str]]],
    called: str = "line",
) -> TableVotes:
    """Read a table's columns of votes.

    Parameters
    ----------
    source : Path
        The table, for messages.
    columns : VoteColumns
    rows : sequence of (int, list of str)
        Where each stands, and its fields.
    called : str, default="line"
        What it is there, for messages.

    Raises
    ------
    ValueError
        If one is no number, or below 0, or 999 where all others are 0 and 1; naming the line and
        the column.
    """
    votes = np.empty((len(rows), len(columns.places)))
    for i, (line, fields) in enumerate(rows):
        for j, place in enumerate(columns.places):
            count = _count(fields[place])
            if count is None:
                raise ValueError(
                    f"{source}, {called} {line}: {fields[place].strip()[:20]!r} in the column "
                    f"{columns.headers[j]!r}; expected a number of votes, 0 or more"
                )
            votes[i, j] = count
    unknown = votes == _UNKNOWN
    if unknown.any() and np.isin(votes[~unknown], (0, 1)).all():
        i, j = np.argwhere(unknown)[0]
        raise ValueError(
            f"{source}, {called} {rows[i][0]}: {_UNKNOWN} in the column {columns.headers[j]!r}, "
            "beside 0 and 1, is no number of votes but stands for unknown; leave such rows out"
        )
    return TableVotes(columns.headers, votes)


def _count(field: str) -> float | None:
    """The number of votes in a field; None if it is none."""
    word = field.strip()
    if is_missing(word) or word.lower() == "nan":
        return 0.0
    try:
        value = float(field)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
