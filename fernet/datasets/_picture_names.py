"""Tells a table that names pictures from other texts, by its first lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fernet.datasets._columns import IMAGES, LABELS, plain
from fernet.datasets._kinds import PICTURE_SUFFIXES

_LONGEST_ROW = 4096
_WORDS = re.compile(r"[^\s,;|]+")
_EXCELS_SEPARATOR = re.compile(r"sep=.", re.IGNORECASE)


def names_pictures(lines: Sequence[str]) -> bool:
    """Tell whether the first lines of a text are a table of pictures, not one of their pixels.

    Examples
    --------
    >>> from fernet.datasets._picture_names import names_pictures
    >>> names_pictures(["train_00001_aligned.jpg 5"]), names_pictures(["emotion,pixels", "0,1 2"])
    (True, False)
    """
    if not lines or "pixel" in lines[0].lower():
        return False
    words = [word.strip("\"'").lower() for line in lines for word in _WORDS.findall(line)]
    if any(map(is_picture_name, words)):
        return True
    header = {plain(word) for word in _WORDS.findall(lines[0])}
    named = bool(header.intersection(IMAGES) and header.intersection(LABELS))
    # Longer ones have pixels in a column that is called otherwise.
    return named and len(lines) > 1 and len(lines[1]) <= _LONGEST_ROW


def first_lines(text: str) -> list[str]:
    r"""Return the first two lines of a text that are no remarks.

    Examples
    --------
    >>> from fernet.datasets._picture_names import first_lines
    >>> first_lines("sep=;\nimage;label\na.png;sad\nb.png;sad")
    ['image;label', 'a.png;sad']
    """
    lines = text.splitlines()
    start = count_remarks(lines)
    return lines[start : start + 2]


def count_remarks(lines: Sequence[str]) -> int:
    """Count the lines before the first that says something; comments, and Excel's separator."""
    for number, line in enumerate(lines):
        words = _WORDS.findall(line)
        is_comment = line.startswith("#") and not any(map(is_picture_name, words))
        if words and not is_comment and not _EXCELS_SEPARATOR.fullmatch(line.strip()):
            return number
    return 0


def is_picture_name(field: str) -> bool:
    """Tell whether a field of a table is the name of a picture."""
    word = field.strip().lower()
    return word.endswith(PICTURE_SUFFIXES) and word not in PICTURE_SUFFIXES
