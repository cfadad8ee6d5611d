"""Columns of text on a screen, where a sign of an East Asian script takes two places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["flush_left", "flush_right", "n_columns", "plain_table", "widest"]
__dir__ = __all__.copy


def n_columns(text: str) -> int:
    """Return how many columns of a terminal a text takes.

    Parameters
    ----------
    text : str
        A line.

    Returns
    -------
    int

    Examples
    --------
    >>> from fernet._io.text_columns import n_columns
    >>> n_columns("happy"), n_columns("高兴")
    (5, 4)
    """
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def widest(texts: Iterable[str]) -> int:
    """Return how many columns the widest of some texts takes; none take 0.

    Examples
    --------
    >>> from fernet._io.text_columns import widest
    >>> widest(["sad", "生气"])
    4
    """
    return max(map(n_columns, texts), default=0)


def flush_left(text: str, width: int) -> str:
    """Return a text with spaces behind it that fill some columns; a wider one stays as it is.

    Examples
    --------
    >>> from fernet._io.text_columns import flush_left
    >>> flush_left("高兴", 6)
    '高兴  '
    """
    return text + " " * (width - n_columns(text))


def flush_right(text: str, width: int) -> str:
    """Return a text with spaces before it that fill some columns; a wider one stays as it is.

    Examples
    --------
    >>> from fernet._io.text_columns import flush_right
    >>> flush_right("高兴", 6)
    '  高兴'
    """
    return " " * (width - n_columns(text)) + text


def plain_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out a table with spaces alone.

    Parameters
    ----------
    headings : sequence of str
        One for each column.
    rows : sequence of sequences of str
        The cells.

    Returns
    -------
    list of str
        A line for the headings and one for each row; the first column is flush left.

    Examples
    --------
    >>> from fernet._io.text_columns import plain_table
    >>> for line in plain_table(["emotion", "F1"], [["happy", "61.84"]]):
    ...     print(line)
    emotion     F1
    happy    61.84
    """
    widths = [widest(column) for column in zip(headings, *rows, strict=True)]
    lines = []
    for first, *others in [headings, *rows]:
        cells = [flush_left(first, widths[0])]
        cells += map(flush_right, others, widths[1:])
        lines.append("  ".join(cells).rstrip())
    return lines
