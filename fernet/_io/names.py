"""Names: of files that stand beside others, what of them can be written, and how on a screen."""

from __future__ import annotations

import os
import unicodedata

# Line ends, terminals' commands and bytes that are no UTF-8, and what turns the direction of the
# text behind it.
_NO_SIGNS = ("Cc", "Cs", "Zl", "Zp")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


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


def shortened(name: str, n_signs: int = 60) -> str:
    """Return the beginning of a name of more signs, with three dots.

    Examples
    --------
    >>> from fernet._io.names import shortened
    >>> shortened("iVBORw0KGgo", 8)
    'iVBOR...'
    """
    return name if len(name) <= n_signs else name[: n_signs - 3] + "..."


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
