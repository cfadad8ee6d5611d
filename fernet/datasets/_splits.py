"""Tells training from test by the words that data sets have for them."""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from fernet._io.callers import levels_to_caller
from fernet.datasets._class_folders import (
    NO_SPLIT,
    VALIDATION_NAMES,
    is_split,
    split_word,
    usage_of_split,
)
from fernet.datasets._columns import SURE_SPLITS, plain

_AFTER_FIRST_WORD = re.compile(r"[_-].*", re.DOTALL)


def split_in(name: str) -> str:
    """The word for a split among a file's folders, or at the start of its name; "" for none.

    Of several folders it is the innermost: the outer ones may be of somebody's machine.

    Examples
    --------
    >>> from fernet.datasets._splits import split_in
    >>> split_in("faces/Train/1.png"), split_in("test-00000-of-00001.parquet"), split_in("a.png")
    ('Train', 'test', '')
    >>> split_in("/data/test/fer/train/1.png")
    'train'
    """
    *folders, last = PurePosixPath(name.replace("\\", "/")).parts or ("",)
    first = _AFTER_FIRST_WORD.sub("", last.partition(".")[0])
    return next(filter(is_split, (*reversed(folders), first)), "")


def usages(words: Sequence[str] | None, files: Sequence[str]) -> list[str]:
    """Name the split of each of many pictures, by FER2013's names.

    Parameters
    ----------
    words : sequence of str or None
        What says it, if anything does; taken where at least one is a word for a split.
    files : sequence of str
        Names of files, which say it otherwise, if all do.

    Returns
    -------
    list of str
        "unspecified" throughout, where nothing says it of all.

    Raises
    ------
    ValueError
        If some of `words` are for splits and one is not; names it and its place, from 0.

    Examples
    --------
    >>> from fernet.datasets._splits import usages
    >>> usages(None, ["train_1.png", "test_1.png"]), usages(["x"], ["a.png"])
    (['Training', 'PublicTest'], ['unspecified'])
    """
    if words is None or not any(map(is_split, words)):
        words = list(itertools.takewhile(bool, map(split_in, files)))
        if len(words) < len(files):
            return [NO_SPLIT] * len(files)
    has_validation = any(split_word(word) in VALIDATION_NAMES for word in words)
    usage_of = {word: usage_of_split(word, has_validation=has_validation) for word in set(words)}
    named = [usage_of[word] for word in words]
    if None in named:
        at = named.index(None)
        raise UnknownSplitError(words[at], at)
    return [usage for usage in named if usage is not None]


def warn_of_no_split(source: Path, header: str, words: Sequence[str] | None) -> None:
    """Say that a column of splits by its header has no words for any, and is not followed.

    Columns called ``set`` or ``phase`` may well be of something else.

    Warns
    -----
    UserWarning
        If it is so.
    """
    values = list(filter(None, words or ()))
    if values and plain(header) in SURE_SPLITS and not any(map(is_split, values)):
        warnings.warn(
            f"{source}: the column {header!r} has {values[0]!r}, and no word for a split such as "
            "train or test, so it is not followed",
            UserWarning,
            stacklevel=levels_to_caller(),
        )


class UnknownSplitError(ValueError):
    """A word stands among those for splits and is none.

    Parameters
    ----------
    word : str
        The word.
    place : int
        Which of the words it is, from 0.
    """

    def __init__(self, word: str, place: int) -> None:
        self.place = place
        super().__init__(f"{word!r} in the column of splits; expected train, validation or test")


def rows_of(
    usage: NDArray[np.str_], subset: str | None, source: Path, *, mix: bool
) -> NDArray[np.bool_]:
    """Tell which images are of the split that is asked for.

    Parameters
    ----------
    usage : ndarray of str, shape (n_images,)
        The split of each.
    subset : str or None
        A split, or "all"; None is "all", where splits are not mixed up.
    source : Path
        Where the images are from, for messages.
    mix : bool
        Whether images of several splits, all together, can still be told apart.

    Returns
    -------
    ndarray of bool, shape (n_images,)

    Raises
    ------
    ValueError
        If there is no such split, or there are several and none is asked for.
    """
    present = sorted(set(usage.tolist()))
    found = f"it has {', '.join(present)}"
    if subset is None and len(present) > 1 and not mix:
        raise ValueError(f"{source}: which images? {found}; expected one as subset, or 'all'")
    if subset is None or subset == "all":
        return np.ones(len(usage), bool)
    if subset not in present:
        raise ValueError(f"{source}: no images of subset={subset!r}; {found}")
    return usage == subset
