"""Names: of files that stand beside others, and what of them can be written."""

from __future__ import annotations

import os


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
