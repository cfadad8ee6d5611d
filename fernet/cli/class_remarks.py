"""What the names of classes leave in doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["remark_on_classes", "remark_on_numbers", "remark_on_spelling"]
__dir__ = __all__.copy

_NUMBERED = re.compile(r"([^\W\d_]+[\s_-]?)?\d+")
_PLAIN_NUMBER = re.compile(r"0|[1-9]\d*")
_PARTS = frozenset(
    (
        *("aligned", "original", "originals", "cropped", "raw", "resized", "augmented"),
        *("images", "image", "img", "imgs", "pictures", "photos", "faces", "frames", "masks"),
    )
)
_MOST_NUMBERS = 12
_SHOWN = 4


def remark_on_classes(names: Sequence[str]) -> str:
    """Say that classes are numbers alone, or are called as what is no class; "" if not.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    str

    Examples
    --------
    >>> from fernet.cli.class_remarks import remark_on_classes
    >>> remark_on_classes(["S005", "S010"])[:60]
    'the classes S005, S010 look like people, films or parts of a'
    >>> remark_on_classes(["calm", "tense"])
    ''
    """
    if len(names) < 2:
        return ""
    if all(map(_PLAIN_NUMBER.fullmatch, names)) and len(names) <= _MOST_NUMBERS:
        ordered = sorted(names, key=int)
        return (
            f"the classes {', '.join(ordered)} are called by numbers alone, also in answers and "
            f'reports; --labels "{_pairs(ordered)}" says what they are'
        )
    if all(map(_NUMBERED.fullmatch, names)) or _PARTS.issuperset(map(str.lower, names)):
        more = ", ..." if len(names) > _SHOWN else ""
        return (
            f"the classes {', '.join(names[:_SHOWN])}{more} look like people, films or parts of a "
            "data set, not like what faces show; where other folders or names of files tell that, "
            "a few lines write a table: see the guide's page on pixels"
        )
    return ""


def remark_on_numbers(taken: Mapping[str, str]) -> str:
    """Say which emotions numbers are taken for; "" if there are none.

    Parameters
    ----------
    taken : mapping of str to str
        The emotion for each number.

    Returns
    -------
    str

    Examples
    --------
    >>> from fernet.cli.class_remarks import remark_on_numbers
    >>> remark_on_numbers({})
    ''
    """
    if not taken:
        return ""
    return (
        f"the classes {', '.join(taken)} are taken for FER2013's {', '.join(taken.values())}, "
        f'though other data sets count in other orders; --labels "{_pairs(taken)}" says what they '
        "are"
    )


def remark_on_spelling(names: Sequence[str]) -> str:
    """Say which classes differ in how they are written alone; "" if none do.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    str

    Examples
    --------
    >>> from fernet.cli.class_remarks import remark_on_spelling
    >>> remark_on_spelling(["Calm", "calm"])[:46]
    "the classes 'Calm' and 'calm' differ in how th"
    """
    from fernet.datasets._spelling import written_alike

    alike = written_alike(names)
    if not alike:
        return ""
    name, other = next(iter(alike.items()))
    pairs = ",".join(f"{name}={kept}" for name, kept in alike.items())
    return (
        f"the classes {name!r} and {other!r} differ in how they are written alone, and are learnt "
        f'apart; --labels "{pairs}" makes one of them'
    )


def _pairs(names: Iterable[str]) -> str:
    return ",".join(f"{name}=?" for name in names)
