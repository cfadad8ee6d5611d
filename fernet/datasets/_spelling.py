"""Names of classes that are the same but for how they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WHOLE = re.compile(r"[0-9]{1,15}(\.0*)?", re.ASCII)


def written_alike(names: Iterable[str]) -> dict[str, str]:
    """Find names that differ in how they are written alone.

    That is in case, spaces, a full stop or how accents are coded, or as 1, 1.0 and 01 do.

    Parameters
    ----------
    names : iterable of str
        Each once.

    Returns
    -------
    dict of str to str
        For each name that is as one before it, in the order of the alphabet from the end, that
        one: lower case counts more.

    Examples
    --------
    >>> from fernet.datasets._spelling import written_alike
    >>> written_alike(["Very calm", "tense", "very_calm"]), written_alike(["1", "-1"])
    ({'Very calm': 'very_calm'}, {})
    >>> written_alike(["1", "1.0", "10"])
    {'1': '1.0'}
    """
    first: dict[str, str] = {}
    alike = {}
    for name in sorted(names, reverse=True):
        kept = first.setdefault(_plain(name), name)
        if kept != name:
            alike[name] = kept
    return alike


def composed(name: str) -> str:
    r"""Return a name with accents coded in one way: each with its letter.

    Examples
    --------
    >>> from fernet.datasets._spelling import composed
    >>> composed("fro\u0308hlich") == "fr\u00f6hlich"
    True
    """
    return unicodedata.normalize("NFC", name)


def as_compared(name: str) -> str:
    r"""Return a name as it is compared: in lower case, and accents coded in one way.

    Systems code them in two: macOS's older file systems part the letter from its accent.

    Examples
    --------
    >>> from fernet.datasets._spelling import as_compared
    >>> as_compared("FRO\u0308HLICH") == "fr\u00f6hlich"
    True
    """
    return composed(name).lower()


def _plain(name: str) -> str:
    if _WHOLE.fullmatch(name.strip()):
        return str(int(float(name)))
    return re.sub(r"[\s_]+", " ", composed(name.strip(" .")).casefold())
