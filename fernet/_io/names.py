"""Names of files that stand beside others."""

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
