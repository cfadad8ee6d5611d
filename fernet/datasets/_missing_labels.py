"""Rows of a data set that have no label: which they are, and what is said of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# What pandas, R and databases write in the place of a value that is not there.
_WRITTEN = frozenset(("", "nan", "NaN", "None", "<NA>", "NA", "null", "NULL"))
# Hugging Face's ClassLabel has -1 for a label that is not known.
_NEGATIVE = re.compile(r"-0*[1-9][0-9]*(\.0+)?")


class NoLabel(NamedTuple):
    """A row without a label.

    Attributes
    ----------
    where : str
        The file and the row.
    written : str
        What stands there in the place of a label; "" for nothing.
    """

    where: str
    written: str

    def __str__(self) -> str:
        return f"{self.where}: no label" + (f" ({self.written})" if self.written else "")


class MissingLabelError(ValueError):
    """A row has no label, and is not to be left out; says how to go on.

    Parameters
    ----------
    label : NoLabel
        The first of them.
    """

    def __init__(self, label: NoLabel) -> None:
        self.label = label
        cure = f", or say by class_names what {label.written!r} stands for" if label.written else ""
        super().__init__(f"{label}; leave such images out by on_error='skip'{cure}")


Label = str | NoLabel
"""The word for a row's label, or that there is none."""


def label_of(word: str, where: str, class_names: Mapping[str, str | None] | None) -> Label:
    """Tell whether a word is a label, or says that there is none.

    Parameters
    ----------
    word : str
        As it is written.
    where : str
        The file and the row.
    class_names : mapping of str to str or None, or None
        A word that it names is a label, whatever it is.

    Returns
    -------
    str or NoLabel

    Examples
    --------
    >>> from fernet.datasets._missing_labels import label_of
    >>> label_of("calm", "faces.csv, line 2", None)
    'calm'
    >>> str(label_of("-1", "faces.csv, line 2", None))
    'faces.csv, line 2: no label (-1)'
    >>> label_of("-1", "faces.csv, line 2", {"-1": "tense"})
    '-1'
    """
    if word not in _WRITTEN and not _NEGATIVE.fullmatch(word):
        return word
    named = class_names if isinstance(class_names, Mapping) else {}
    is_named = word.lower() in (str(name).lower() for name in named)
    return word if is_named else NoLabel(where, word)


def is_missing(word: str) -> bool:
    """Tell whether a word is what is written in the place of one that is not there.

    Examples
    --------
    >>> from fernet.datasets._missing_labels import is_missing
    >>> is_missing("NA"), is_missing("Nadia")
    (True, False)
    """
    return word in _WRITTEN


def words_of(labels: Sequence[Label]) -> list[str]:
    """Return the labels that there are."""
    return [label for label in labels if isinstance(label, str)]


def with_missing(labels: Sequence[Label], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of the labels that there are, with -1 for each that is missing."""
    target = np.full(len(labels), -1, np.int64)
    target[[isinstance(label, str) for label in labels]] = numbers
    return target


def missing_among(
    labels: Sequence[Label], wanted: NDArray[np.bool_], source: Path, on_error: str
) -> list[str]:
    """Say of which of the rows that are wanted the labels are missing, or stop at the first.

    Raises
    ------
    ValueError
        If there are such, unless ``on_error`` is "skip" and others have labels.
    """
    missing = [
        label
        for label, is_wanted in zip(labels, wanted.tolist(), strict=True)
        if is_wanted and isinstance(label, NoLabel)
    ]
    if not missing:
        return []
    word = missing[0].written
    cure = f"say by class_names what {word!r} stands for" if word else ""
    if len(missing) == np.count_nonzero(wanted):
        expected = cure or "expected two classes or more"
        raise ValueError(f"{source}: none of {len(missing)} images has a label; {expected}")
    if on_error == "raise":
        raise MissingLabelError(missing[0])
    return list(map(str, missing))
