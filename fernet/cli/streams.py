"""Stdout and stderr that take every character and outlive whoever reads them."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

__all__ = ["Outlet", "outlets"]
__dir__ = __all__.copy


class Outlet(io.TextIOBase):
    r"""A text stream before another, for work that must not end where its output ends.

    What the other's encoding lacks is written as an escape such as ``\xe9``. Once a write has
    failed, because its reader has left or a disk is full, the rest is dropped without an error,
    so that files which the same command writes are written all the same.

    Parameters
    ----------
    stream : text stream or None
        Where the text goes; None as `sys.stdout` is when a program is started without one.

    Attributes
    ----------
    error : OSError or None
        Why text was lost.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.error: OSError | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(self._stream, "encoding", None) or "utf-8"

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        if self._stream is None:
            raise io.UnsupportedOperation("no stream, no number")
        return self._stream.fileno()

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"text is a {type(text).__name__}; expected str")
        if self.error is None and text:
            try:
                self._write(text)
            except OSError as error:
                self._lose(error)
        return len(text)

    def flush(self) -> None:
        if self._stream is None or self.error is not None:
            return
        # Python flushes an outlet that it clears away, whose stream may be closed by then.
        if not getattr(self._stream, "closed", False):
            try:
                self._stream.flush()
            except OSError as error:
                self._lose(error)

    def _write(self, text: str) -> None:
        if self._stream is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            raw = text.encode(self.encoding, "backslashreplace")
            self._stream.write(raw.decode(self.encoding))

    def _lose(self, error: OSError) -> None:
        self.error = error
        # What is still in the stream's buffer would fail again when the interpreter ends.
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)


@contextmanager
def outlets() -> Iterator[tuple[Outlet, Outlet]]:
    """Put an `Outlet` before stdout and one before stderr for a while.

    Yields
    ------
    stdout, stderr : Outlet
        Flushed at the end.
    """
    _fill_standard_numbers()
    before = sys.stdout, sys.stderr
    stdout, stderr = Outlet(before[0]), Outlet(before[1])
    sys.stdout, sys.stderr = stdout, stderr
    try:
        yield stdout, stderr
    finally:
        sys.stdout, sys.stderr = before
        stdout.flush()
        stderr.flush()


def _fill_standard_numbers() -> None:
    """Give numbers 0 to 2 that a program was started without to the null device.

    No file of a command's shall get that of stdout, and worker processes, which are told of
    their parent's, do not start without one of stderr.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, number)  # also where it is the same: for children to inherit
            os.set_inheritable(number, True)
            if nowhere != number:
                os.close(nowhere)
