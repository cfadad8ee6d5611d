"""Tables of text: as wide as they are in a pipe, fitted to a terminal without losing a digit."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from fernet._io.text_columns import n_columns, plain_table, widest

__all__ = [
    "Style",
    "fitted_table",
    "folded",
    "shortened",
    "terminal_width",
    "wrapped",
]
__dir__ = __all__.copy

_GAP = 2


class Style:
    """The two signs that tables need, as a stream's encoding allows them.

    Parameters
    ----------
    stream : text stream
        Where the table goes.

    Attributes
    ----------
    rule : str
        What the line below the headings is made of.
    mark : str
        What stands for text that is left out.

    Examples
    --------
    >>> import io
    >>> from fernet.cli.tables import Style
    >>> Style(io.TextIOWrapper(io.BytesIO(), encoding="ascii")).mark
    '~'
    """

    def __init__(self, stream: Any) -> None:
        encoding = (getattr(stream, "encoding", None) or "utf-8").lower()
        has_signs = encoding.replace("_", "-").startswith("utf")
        self.rule, self.mark = ("\u2500", "\u2026") if has_signs else ("-", "~")


def terminal_width() -> int:
    """Return the number of columns of the terminal, or what the environment says of it."""
    return shutil.get_terminal_size().columns


def wrapped(text: str, width: int) -> list[str]:
    """Break text between words into lines; a word that is longer than a line stays whole."""
    return textwrap.wrap(text, max(width, 1), break_long_words=False, break_on_hyphens=False)


def shortened(text: str, width: int, mark: str) -> str:
    """Return the text, or its end behind a mark, where the end of a name tells most.

    Examples
    --------
    >>> from fernet.cli.tables import shortened
    >>> shortened("holiday/beach.jpg", 10, "~")
    '~beach.jpg'
    """
    if n_columns(text) <= width:
        return text
    while text and n_columns(text) > width - n_columns(mark):
        text = text[1:]
    return mark + text


def folded(name: str, width: int, mark: str) -> list[str]:
    """Return a name on one line or two; what two do not hold is left out behind a mark.

    Parameters
    ----------
    name : str
        Such as a file's path; it is folded behind a slash where both parts fit.
    width : int
        Columns of a line, as wide characters count.
    mark : str
        As of `Style`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from fernet.cli.tables import folded
    >>> folded("holiday/beach.jpg", 12, "~")
    ['holiday/', 'beach.jpg']
    >>> folded("a photograph of the beach.jpg", 8, "~")
    ['~ the be', 'ach.jpg']
    """
    if n_columns(name) <= width:
        return [name]
    for place in [index + 1 for index, sign in enumerate(name) if sign == "/"][::-1]:
        parts = [name[:place], name[place:]]
        if parts[1] and widest(parts) <= width:
            return parts
    # One column less than two lines hold: a wide character may not fit at the first one's end.
    name = shortened(name, 2 * width - 1, mark)
    first = ""
    while name and n_columns(first + name[0]) <= width:
        first, name = first + name[0], name[1:]
    return [first, name] if name else [first]


def fitted_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], width: int, mark: str
) -> list[list[str]]:
    """Lay out a table as several below each other where one would be too wide.

    Words in a cell that is too wide for a table of its own go on below it.

    Parameters
    ----------
    headings : sequence of str
        One for each column.
    rows : sequence of sequences of str
        The cells; those of the first column name the rows.
    width : int
        Columns of the terminal.
    mark : str
        As of `Style`, for names of which there would be room for nothing else beside.

    Returns
    -------
    list of list of str
        Each a table as `plain_table` lays it out, with the first column and some of the others.

    Examples
    --------
    >>> from fernet.cli.tables import fitted_table
    >>> fitted_table(["emotion", "recall", "F1"], [["happy", "70.01", "61.84"]], 16, "~")
    [['emotion  recall', 'happy     70.01'], ['emotion     F1', 'happy    61.84']]
    """
    least = max(width - _GAP - widest([headings[0], *(row[0] for row in rows)]), width // 2)
    rows = [line for row in rows for line in _lines_of(row, least)]
    columns = [list(column) for column in zip(headings, *rows, strict=True)]
    names, others = columns[0], columns[1:]
    most = max(map(widest, others), default=0)
    names = [shortened(name, max(width - _GAP - most, width // 3), mark) for name in names]
    room = width - widest(names)
    groups: list[list[list[str]]] = [[]]
    left = room
    for column in others:
        needed = _GAP + widest(column)
        if needed > left and groups[-1]:
            groups.append([])
            left = room
        groups[-1].append(column)
        left -= needed
    tables = []
    for group in groups:
        head, *lines = zip(names, *group, strict=True)
        tables.append(plain_table(head, lines))
    return tables


def _lines_of(row: Sequence[str], width: int) -> list[list[str]]:
    """Return a row, as several where a cell's words are wider than a table has room for."""
    name, *cells = row
    parts = [[cell] if n_columns(cell) <= width else wrapped(cell, width) for cell in cells]
    return [list(line) for line in zip_longest([name], *parts, fillvalue="")]
