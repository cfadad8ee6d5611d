"""Finds the columns of a CSV of faces by their names."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fernet.datasets._picture_names import names_pictures
from fernet.datasets._pixel_csv import Role
from fernet.emotions import IMAGE_SHAPE

N_PIXELS = IMAGE_SHAPE[0] * IMAGE_SHAPE[1]

_SEPARATORS = (",", ";", "\t")
_COLUMNS = {"emotion": Role.LABEL, "pixels": Role.PIXELS, "usage": Role.USAGE}
_OTHER_NAMES = {"label": "emotion", "split": "usage"}
# Beside these, a column that is missing can't be one that has another name.
_NUMBERS_OF_ROWS = ("", "unnamed: 0", "id", "index")
_PIXEL = re.compile(r"pixel[ _-]?([0-9]+)")
_VOTES = ("neutral", "unknown", "nf")


class Header(NamedTuple):
    """What the first line tells: the role of each column, and the byte between values."""

    roles: np.ndarray
    separator: int

    @property
    def has_labels(self) -> bool:
        """Whether there is a column of labels."""
        return Role.LABEL in self.roles


def read_header(line: str) -> Header:
    """Read the first line.

    Pixels are in one column, ``pixels``, or in one each, ``pixel0`` or ``pixel_0`` and so on. The
    columns ``emotion`` and ``Usage``, which copies call ``label`` and ``split``, may be missing, as
    in the competition's train.csv and test.csv, if no column of an unknown name could be meant for
    them.

    Raises
    ------
    ValueError
        If it is no such header; the message says what was found.
    """
    readings = [(separator, _fields(line, separator)) for separator in _SEPARATORS]
    for separator, fields in readings:
        names = _names(fields)
        if "pixels" in names or any(_PIXEL.fullmatch(name) for name in names):
            return Header(find_roles(fields), ord(separator))
    return Header(find_roles(readings[0][1]), ord(","))


def without_pixels(lines: Sequence[str]) -> str:
    """Say what a table of faces is that has no pixels, and what helps; "" where it is none.

    Parameters
    ----------
    lines : sequence of str
        The first two.

    Examples
    --------
    >>> from fernet.datasets._csv_header import without_pixels
    >>> without_pixels(["train_00001_aligned.jpg 5"])
    'a list of pictures, without their pixels; load_image_list reads it'
    """
    if not lines or "pixel" in lines[0].lower():
        return ""
    names = [field.strip().lower() for field in lines[0].split(",")]
    if all(name in names for name in _VOTES):
        return "FER+'s votes, without the faces; give the faces, and these as labels"
    if names_pictures(lines):
        return "a list of pictures, without their pixels; load_image_list reads it"
    return ""


def size_in_words(n_pixels: int) -> str:
    """Say which square picture has so many numbers, and in how many colours; "" if none has.

    Examples
    --------
    >>> from fernet.datasets._csv_header import size_in_words
    >>> size_in_words(4096), size_in_words(6912), size_in_words(2303)
    (' (64 x 64)', ' (48 x 48, 3 colours)', '')
    """
    from fernet.estimators.inputs import guess_image_shape

    height, width, channels = guess_image_shape(n_pixels) or (0, 0, 0)
    colours = f", {channels} colours" if channels > 1 else ""
    return f" ({height} x {width}{colours})" if height > 1 else ""


def other_size(n_pixels: int, called: str = "pixels") -> str:
    """Say how many pixels there are, how many there should be, and what takes other sizes."""
    size = size_in_words(n_pixels)
    cure = "; load_image_list reads other sizes" if size else ""
    return f"{n_pixels} {called}{size}; expected {N_PIXELS} (48 x 48){cure}"


def _fields(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error as error:
        fault = "lines end in a carriage return alone" if "\r" in line else str(error)
        raise ValueError(f"a header that can not be read ({fault})") from None


def _names(fields: Sequence[str]) -> list[str]:
    """Return the columns' names in lower case, FER2013's where a copy has another word."""
    names = [field.strip().lower() for field in fields]
    meant = {other: name for other, name in _OTHER_NAMES.items() if name not in names}
    return [meant.get(name, name) for name in names]


def find_roles(fields: Sequence[str]) -> np.ndarray:
    """Return the `Role` of each column by the headers.

    Raises
    ------
    ValueError
        If they are not FER2013's; the message says what was found.
    """
    names = _names(fields)
    roles = [_COLUMNS.get(name, Role.IGNORED) for name in names]
    wide = [place for place, name in enumerate(names) if _PIXEL.fullmatch(name)]
    if wide and "pixels" not in names:
        _check_wide([int(names[place][5:].lstrip(" _-")) for place in wide])
        for place in wide:
            roles[place] = Role.PIXEL
    for name, role in _COLUMNS.items():
        if roles.count(role) > 1:
            raise ValueError(_fault(f"more than one column {name!r}", fields))
    others = [name for name in names if name not in _COLUMNS and not _PIXEL.fullmatch(name)]
    may_lack = all(name in _NUMBERS_OF_ROWS for name in others)
    has_pixels = Role.PIXELS in roles or Role.PIXEL in roles
    for name, role in _COLUMNS.items():
        if role == Role.PIXELS:
            missing = not has_pixels
        else:
            missing = role not in roles and not (may_lack and has_pixels)
        if missing:
            raise ValueError(_fault(f"no column {name!r}", fields))
    return np.array(roles, np.uint8)


def _check_wide(numbers: list[int]) -> None:
    first = numbers[0]
    if len(numbers) != N_PIXELS:
        raise ValueError(other_size(len(numbers), "columns of pixels"))
    if first > 1 or numbers != list(range(first, first + N_PIXELS)):
        raise ValueError(
            f"columns of pixels that are not numbered in order from 0 or 1, but from {first} to "
            f"{numbers[-1]}"
        )


def _fault(fault: str, fields: Sequence[str]) -> str:
    found = ", ".join(repr(field[:20]) for field in fields[:8])
    return (
        f"{fault} in the header; expected 'emotion', 'pixels' and 'Usage' in any order, found "
        f"{found}"
    )
