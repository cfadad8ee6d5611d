"""What a stream of text leads to."""

from __future__ import annotations

import os
from typing import Any

__all__ = ["is_terminal"]
__dir__ = __all__.copy


def is_terminal(stream: Any) -> bool:
    """Tell whether a person looks at a stream, on a screen that can move its cursor.

    Parameters
    ----------
    stream : file object
        Where text is written.

    Returns
    -------
    bool
        False for pipes and files, and for all if the environment has ``TERM=dumb``: what shows
        such a terminal, an editor or a log, takes lines alone.

    Examples
    --------
    >>> import io
    >>> from fernet._io.terminals import is_terminal
    >>> is_terminal(io.StringIO())
    False
    """
    if os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return False
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False
