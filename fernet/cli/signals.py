"""SIGTERM and SIGHUP end a command as Ctrl-C does: what was done is kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from fernet.cli.errors import SIGNALLED

__all__ = ["Ending", "SignalledError", "ended_by_signals", "ending_in_order"]
__dir__ = __all__.copy

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


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    before = {}
    # Handlers are the main thread's alone to set.
    if threading.current_thread() is threading.main_thread():
        for name in _NAMES:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
