"""What a stream of text leads to."""

from __future__ import annotations

import io
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Forgiving", "console_on", "is_terminal"]
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


def console_on(stream: Any) -> Console:
    """Return rich's console for progress on a screen.

    Parameters
    ----------
    stream : file object
        The screen.

    Returns
    -------
    rich.console.Console
        As wide as the screen. ``COLUMNS=0``, which some shells and containers leave in the
        environment, says nothing of that.

    Examples
    --------
    >>> import io
    >>> from fernet._io.terminals import console_on
    >>> console_on(io.StringIO()).width > 0
    True
    """
    from rich.console import Console

    console = Console(file=stream)
    if console.width < 1:
        console.width = shutil.get_terminal_size().columns
    return console


class Forgiving(io.TextIOBase):
    """A screen that may go away, as when a connection breaks: what it does not take is dropped.

    Parameters
    ----------
    stream : text stream
        The screen.

    Examples
    --------
    >>> import io
    >>> from fernet._io.terminals import Forgiving
    >>> class Gone(io.StringIO):
    ...     def write(self, text):
    ...         raise OSError(5, "Input/output error")
    >>> Forgiving(Gone()).write("epoch 3")
    7
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()
