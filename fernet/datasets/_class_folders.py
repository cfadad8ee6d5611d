"""Reads the names of folders: classes, emotions, splits, and what lies a level too deep."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from fernet.datasets._csv_source import CSV_NAMES
from fernet.datasets._emotion_words import emotion_label, means_emotion, other_words
from fernet.datasets._kinds import PICTURE_SUFFIXES, is_hidden, is_picture
from fernet.datasets._left_out import LeftOut
from fernet.datasets._picture_table import table_hint, table_within
from fernet.datasets._spelling import as_compared, composed
from fernet.datasets.images import iter_images

TRAINING_NAMES = ("train", "training")
VALIDATION_NAMES = ("validation", "valid", "val", "publictest")
SPLIT_NAMES = frozenset((*TRAINING_NAMES, *VALIDATION_NAMES, "test", "testing", "privatetest"))
"""Names, in lower case, of folders that hold a split and not a class."""

NO_SPLIT = "unspecified"
"""The split of an image where there are none."""

_OF_SPLITS = re.compile(r"[\s_-]*(set|data|images|folder)$")
_MAX_DEPTH = 8
_MAX_VISITED = 200


class FolderNamesError(ValueError):
    """Folders have names that tell no emotion; says how to say which is which.

    Parameters
    ----------
    fault : str
        What is wrong, naming the folder.
    names : sequence of str
        The folders' names; where none is known, nothing is suggested.
    """

    def __init__(self, fault: str, names: Sequence[str]) -> None:
        self.fault = fault
        self.suggested = dict.fromkeys(names, "?") | other_words(names)
        pairs = ", ".join(f"{name!r}: {meant!r}" for name, meant in self.suggested.items())
        cure = (
            "; or say which folder is which emotion, None for one to leave out: "
            f"class_names={{{pairs}}}"
        )
        super().__init__(fault + (cure if names else ""))


def class_folders(root: Path) -> list[Path]:
    """Folders directly in a folder, sorted by name, without the hidden ones."""
    return sorted(entry for entry in root.iterdir() if entry.is_dir() and not is_hidden(entry.name))


def doubtful(names: Iterable[str]) -> list[str]:
    """Names, each once, that tell no emotion, or may tell another than they seem to.

    One number beyond FER2013's labels shows that the other numbers follow another order too.
    """
    every = sorted(set(names))
    unknown = [name for name in every if emotion_label(name) is None]
    if any(name.isdecimal() for name in unknown):
        return [name for name in every if name in unknown or name.isdecimal()]
    return unknown


def is_split(name: str) -> bool:
    """Tell whether a folder's name is that of a split."""
    return split_word(name) in SPLIT_NAMES


def split_word(name: str) -> str:
    """The part of a folder's name that may tell a split: "train" of Train_set or FER2013Train."""
    word = name.strip().lower().removeprefix("fer2013").strip(" _-")
    return _OF_SPLITS.sub("", word)


def usage_in_name(name: str, known: Collection[str], otherwise: str) -> str:
    """Return the split that a file's name begins with, as in Kaggle's FER2013, if it is known.

    Examples
    --------
    >>> from fernet.datasets._class_folders import usage_in_name
    >>> usage_in_name("PrivateTest_88305.jpg", ["PublicTest", "PrivateTest"], "PublicTest")
    'PrivateTest'
    """
    return next((usage for usage in known if name.startswith(usage + "_")), otherwise)


def usage_of_split(name: str, *, has_validation: bool) -> str | None:
    """Split of FER2013 that a name means; "test" is the last of two or three.

    Examples
    --------
    >>> from fernet.datasets._class_folders import usage_of_split
    >>> usage_of_split("test", has_validation=False), usage_of_split("test", has_validation=True)
    ('PublicTest', 'PrivateTest')
    """
    name = split_word(name)
    if name in TRAINING_NAMES:
        return "Training"
    if name in VALIDATION_NAMES:
        return "PublicTest"
    if name == "privatetest":
        return "PrivateTest"
    if name in ("test", "testing"):
        return "PrivateTest" if has_validation else "PublicTest"
    return None


def meanings(
    names: Sequence[str],
    class_names: Mapping[str, str | int | None] | None,
    called: str = "folders",
) -> dict[str, str | None]:
    """What each name of a class stands for: what the user says, else the name itself.

    Raises
    ------
    TypeError
        If the user gives something else than a mapping.
    ValueError
        If the user names one that is not there, or a class has an empty name.
    """
    if not isinstance(class_names, Mapping | None):
        raise TypeError(
            f"class_names is of type {type(class_names).__name__}; expected a mapping of names "
            f"of {called} to emotions"
        )
    given: dict[str, str | int | None] = {}
    for name, meant in (class_names or {}).items():
        if given.setdefault(as_compared(str(name)), meant) != meant:
            raise ValueError(
                f"class_names has {name!r} twice, upper or lower case; expected each name once"
            )
    if nameless := [name for name, meant in given.items() if not str(meant).strip()]:
        raise ValueError(
            f"class_names has no name for {nameless[0]!r}; expected one, or None to leave it out"
        )
    there = set(map(as_compared, names))
    if absent := [name for name in class_names or {} if as_compared(str(name)) not in there]:
        raise ValueError(
            f"class_names names {absent}, but there are no such {called}; "
            f"there are {', '.join(sorted(names))}"
        )
    found = {name: given.get(as_compared(name), name) for name in names}
    # A model learns the name, and is to know it where a system codes accents otherwise.
    return {name: None if meant is None else composed(str(meant)) for name, meant in found.items()}


def iter_class(folder: Path, left_out: LeftOut) -> Iterator[Path]:
    """Images of one class; it is an error, at the end, if there are none."""
    of_this = LeftOut()
    empty = True
    for image in iter_images(folder, left_out=of_this.add):
        empty = False
        yield image
    if empty:
        cure = "; remove it, or leave it out with class_names"
        reason = f" ({of_this.remark()})" if of_this.count else cure
        hint = table_hint(folder.parent)
        raise ValueError(f"{folder}: a folder with no images{reason}{hint}")
    left_out.join(of_this)


def count_stray(folder: Path, left_out: LeftOut) -> None:
    """Count the pictures that lie beside folders of classes, and note a table of pictures there."""
    if table := table_within(folder):
        left_out.add_table(table)
    for entry in sorted(folder.iterdir()):
        named_as_picture = entry.name.lower().endswith(PICTURE_SUFFIXES)
        if named_as_picture and not is_hidden(entry.name) and entry.is_file():
            left_out.add_stray(entry)


def holds_data(folder: Path) -> bool:
    """Tell whether a folder is one to load: it holds splits, emotions or FER2013's CSV."""
    inner = class_folders(folder)
    if any(is_split(entry.name) and class_folders(entry) for entry in inner):
        return True
    if sum(means_emotion(entry.name) for entry in inner) > 1:
        return True
    return any((folder / name).is_file() for name in CSV_NAMES)


def data_within(root: Path) -> Path | None:
    """The nearest folder below a folder that is one to load, or None."""
    for folder in _below(root):
        if holds_data(folder):
            return folder
    return None


def csv_within(root: Path) -> Path | None:
    """The first CSV that lies directly in a folder, compressed or not; None for none."""
    found = (entry for entry in sorted(root.iterdir()) if not is_hidden(entry.name))
    return next((entry for entry in found if ".csv" in map(str.lower, entry.suffixes)), None)


def folder_of_folders(root: Path) -> Path | None:
    """The nearest folder in a chain of single folders that holds several folders, or None."""
    for _ in range(_MAX_DEPTH):
        inner = _readable_folders(root)
        if len(inner) != 1:
            return root if inner else None
        root = inner[0]
        if any(entry.is_file() and is_picture(entry) for entry in root.iterdir()):
            return None
    return None


def _below(root: Path) -> Iterator[Path]:
    """Folders below a folder, the nearest first, up to some depth and number."""
    level, visited = [root], 0
    for _ in range(_MAX_DEPTH):
        level = [inner for folder in level for inner in _readable_folders(folder)]
        for folder in level:
            yield folder
            visited += 1
            if visited == _MAX_VISITED:
                return


def _readable_folders(folder: Path) -> list[Path]:
    try:
        return class_folders(folder)
    except OSError:
        return []
