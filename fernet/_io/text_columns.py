"""Columns of text on a screen, where a sign of an East Asian script takes two places."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["flush_left", "flush_right", "n_columns", "widest"]
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
