"""SIGTERM and SIGHUP end a command as Ctrl-C does: what was done is kept."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from fernet.cli.errors import SIGNALLED

__all__ = [
    "Ending",
    "SignalledError",
    "end_threads",
    "ended_by_signals",
    "ending_in_order",
    "ignore_interrupts",
    "interrupted_once",
]
__dir__ = __all__.copy

_PATIENCE = 10.0  # seconds that a command has for its end

# A batch system's end, and that of a terminal or an ssh session. Windows has no SIGHUP, and alone
# has Ctrl-Break.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class SignalledError(KeyboardInterrupt):
    """A signal asks for the end; `exit_code` is the one that shells give to it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = SIGNALLED + number


class Ending:
    """Whether a signal has asked for the end.

    Attributes
    ----------
    number : int or None
        The first signal's.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    @property
    def exit_code(self) -> int:
        """The exit code that tells of the signal; 0 without one."""
        return 0 if self.number is None else SIGNALLED + self.number

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Interrupt what is being done; once that has begun to end, only Ctrl-C does so again."""
        if self.number is None or number == signal.SIGINT:
            self.number = self.number or number
            raise SignalledError(self.number)


@contextmanager
def ending_in_order() -> Iterator[Ending]:
    """Have signals that ask for the end interrupt as Ctrl-C does, for a while.

    Yields
    ------
    Ending
        Which tells what signal came. One that is ignored, as under ``nohup``, stays ignored.

    Examples
    --------
    >>> import os, signal
    >>> from fernet.cli.signals import ending_in_order
    >>> with ending_in_order() as ending:
    ...     try:
    ...         signal.raise_signal(signal.SIGTERM)
    ...     except KeyboardInterrupt:
    ...         ending.exit_code
    143
    """
    ending = Ending()
    try:
        with _handled_by(ending):
            yield ending
    except KeyboardInterrupt:
        if ending.number is None:
            raise
        # What was interrupted may have raised another of its kind.
        raise SignalledError(ending.number) from None


@contextmanager
def ended_by_signals(end: Callable[[], object]) -> Iterator[None]:
    """Have signals that ask for the end call a function in place of an interruption, for a while.

    Parameters
    ----------
    end : callable
        Brings what has no other end to one.

    Examples
    --------
    >>> import signal
    >>> from fernet.cli.signals import ended_by_signals
    >>> with ended_by_signals(lambda: print("the last frame")):
    ...     signal.raise_signal(signal.SIGTERM)
    the last frame
    """
    with _handled_by(lambda number, frame: end()):
        yield


class _Once:
    """Interrupt what is being done at the first signal."""

    def __init__(self) -> None:
        self._first: float | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._first is None:
            self._first = time.monotonic()
            raise SignalledError(number)
        if time.monotonic() - self._first > _PATIENCE:
            os._exit(SIGNALLED + number)


@contextmanager
def interrupted_once() -> Iterator[None]:
    """Have the first signal that asks for the end interrupt what is done, and leave its end alone.

    A second one would interrupt waiting for threads, and Python then takes these for ended, and
    goes down while they are at work. Sent after ten seconds again, it ends the process at once.

    What SIGTERM and SIGHUP do of themselves won't do: they do nothing to the first process of a
    container, which the container's runtime then has to kill, and others they end without a word
    of what is left. A signal that is ignored, or that the caller handles, is left as it is.

    Examples
    --------
    >>> import signal
    >>> from fernet.cli.signals import interrupted_once
    >>> with interrupted_once():
    ...     try:
    ...         signal.raise_signal(signal.SIGTERM)
    ...     except KeyboardInterrupt as error:
    ...         error.exit_code
    143
    """
    with _handled_by(_Once(), if_one_of=(signal.SIG_DFL, signal.default_int_handler)):
        yield


def ignore_interrupts() -> None:
    """Let another Ctrl-C not disturb the end of a command, nor that of Python.

    Other signals do what they do of themselves: they end a process whose end takes too long.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in _numbers():
        if number == signal.SIGINT:
            _on_interrupt(signal.SIG_IGN)
        elif isinstance(signal.getsignal(number), _Once):
            signal.signal(number, signal.SIG_DFL)
    atexit.register(_on_interrupt, signal.SIG_IGN)


def end_threads(
    others: Collection[threading.Thread], exit_code: int, seconds: float = _PATIENCE
) -> None:
    """Wait, after an interruption, for the threads that a command has left.

    A thread that is in a library's C++ code while Python goes down ends the process with
    "FATAL: exception not rethrown". Where one takes longer, the process ends without Python's
    cleaning up.

    Parameters
    ----------
    others : collection of Thread
        Those that are not the command's.
    exit_code : int
        The code to end with then.
    seconds : float, default=10.0
        How long to wait.
    """
    deadline = time.monotonic() + seconds
    left = [thread for thread in threading.enumerate() if thread not in others]
    for thread in left:
        thread.join(max(0.0, deadline - time.monotonic()))
    if any(thread.is_alive() for thread in left):
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(exit_code)


def _on_interrupt(handler: Any) -> None:
    # None stands for a handler that is not Python's.
    if handler is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)


def _numbers() -> Iterator[signal.Signals]:
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None:
            yield number


@contextmanager
def _handled_by(
    handler: Callable[[int, FrameType | None], object], if_one_of: Collection[Any] | None = None
) -> Iterator[None]:
    """Handle all signals that are not ignored, or those alone that are handled by one of some."""
    before = {}
    # Handlers are the main thread's alone to set.
    if threading.current_thread() is threading.main_thread():
        for number in _numbers():
            now = signal.getsignal(number)
            if now is not signal.SIG_IGN and (if_one_of is None or now in if_one_of):
                before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
