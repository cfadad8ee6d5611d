"""Names: of files that stand beside others, what of them can be written, and how on a screen."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
import warnings
from collections.abc import Iterable
from functools import cache

from fernet._io.callers import levels_to_caller

# Line ends, terminals' commands and bytes that are no UTF-8, and what turns the direction of the
# text behind it.
_NO_SIGNS = ("Cc", "Cs", "Zl", "Zp")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LIKE_A_BYTE = re.compile(r"\\x[0-9a-f]{2}")  # as "backslashreplace" writes one
_LONGEST = 255  # bytes of a name
_CURE = "set PYTHONUTF8=1, or a UTF-8 locale such as LC_ALL=C.UTF-8"


def cut(name: str, n_bytes: int = 100) -> str:
    """Return as much of a file's name as has room in some bytes, of 255 that a name has at most.

    Examples
    --------
    >>> from fernet._io.names import cut
    >>> cut("rows.csv", 4)
    'rows'
    >>> cut("\N{GRINNING FACE}" * 30) == "\N{GRINNING FACE}" * 25
    True
    """
    while len(os.fsencode(name)) > n_bytes:
        name = name[:-1]
    return name


def with_ending(name: str, ending: str) -> str:
    """Return a file's name with another ending behind it, cut where both have no room together.

    Examples
    --------
    >>> from fernet._io.names import with_ending
    >>> with_ending("me.png", ".jpg"), len(with_ending("x" * 255, ".jpg"))
    ('me.png.jpg', 255)
    """
    return cut(name, _LONGEST - len(ending)).rstrip(".") + ending


def shortened(name: str, n_signs: int = 60) -> str:
    """Return the beginning of a name of more signs, with three dots.

    Examples
    --------
    >>> from fernet._io.names import shortened
    >>> shortened("iVBORw0KGgo", 8)
    'iVBOR...'
    """
    return name if len(name) <= n_signs else name[: n_signs - 3] + "..."


def escaped(name: str | os.PathLike[str]) -> str:
    r"""Return a file's name as text that tells it from all others, whatever bytes it has.

    Bytes that are no UTF-8 are written as ``\xff``. A name that has such a byte, or these four
    signs, has each of its own backslashes twice; any other stays as it is.

    Examples
    --------
    >>> import os
    >>> from fernet._io.names import escaped
    >>> escaped("me.jpg"), escaped(os.fsdecode(b"\xff.jpg"))
    ('me.jpg', '\\xff.jpg')
    """
    text = os.fsencode(name).decode(errors="backslashreplace")
    if os.sep == "\\" or not _LIKE_A_BYTE.search(text):
        return text
    return os.fsencode(name).replace(b"\\", b"\\\\").decode(errors="backslashreplace")


def is_utf8(name: str) -> bool:
    r"""Tell whether a name can be written; names of files may hold bytes that are no signs.

    Examples
    --------
    >>> from fernet._io.names import is_utf8
    >>> is_utf8("wütend"), is_utf8(b"w\xfctend".decode("utf-8", "surrogateescape"))
    (True, False)
    """
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_misread(name: str) -> bool:
    """Tell whether a file's name is UTF-8, and the locale's encoding takes it for other signs.

    Examples
    --------
    >>> from fernet._io.names import is_misread
    >>> is_misread("wütend.png")  # where names of files are UTF-8, as nearly everywhere
    False
    """
    encoding = sys.getfilesystemencoding()
    if name.isascii() or encoding == "utf-8":
        return False
    try:
        name.encode(encoding, sys.getfilesystemencodeerrors()).decode("utf-8")
    except UnicodeDecodeError:
        return False
    except UnicodeEncodeError:  # some encodings read bytes that they can't write
        return True
    return True


def as_utf8() -> str:
    """Return how to have names of files read as UTF-8, for a sentence on a name."""
    return (
        f"names of files are read as {sys.getfilesystemencoding()}, the locale's encoding; if they "
        f"are UTF-8, {_CURE}"
    )


def warn_of_misread(names: Iterable[str]) -> None:
    """Warn where names of files are UTF-8, and are read as something else.

    Parameters
    ----------
    names : iterable of str
        Names or paths.

    Warns
    -----
    UserWarning
        Once in a process: it is about the locale, not about a line of code.

    Examples
    --------
    >>> from fernet._io.names import warn_of_misread
    >>> warn_of_misread(["happy/a.png"])
    """
    if any(map(is_misread, names)):
        _warn_once(
            f"names of files are UTF-8, and are read as {sys.getfilesystemencoding()}, the "
            f"locale's encoding, so that rows and models get other names; {_CURE}"
        )


@cache
def _warn_once(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=levels_to_caller())


def with_marks(name: str) -> str:
    r"""Return a name with a mark in place of each byte that is no UTF-8.

    Examples
    --------
    >>> from fernet._io.names import with_marks
    >>> with_marks(b"w\xfctend".decode("utf-8", "surrogateescape"))
    'w�tend'
    """
    return "".join("�" if unicodedata.category(sign) == "Cs" else sign for sign in name)


def printable(text: str) -> str:
    r"""Return a name with escapes in place of what is no sign to see, such as the end of a line.

    Examples
    --------
    >>> from fernet._io.names import printable
    >>> print(printable("two\nlines.jpg"))
    two\nlines.jpg
    """
    return "".join(
        sign.encode("unicode_escape").decode()
        if unicodedata.category(sign) in _NO_SIGNS or sign in _TURNING
        else sign
        for sign in text
    )
