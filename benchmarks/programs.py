"""What the programs here share: how they end, whatever ends them, and their options' numbers."""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partialmethod
from typing import NoReturn

try:
    from fernet._training.trainer import Trainer
    from fernet.cli.errors import BAD_INPUT, FAILURE, INTERRUPTED, SIGNALLED, explain, reason
    from fernet.cli.signals import ending_in_order
    from fernet.cli.streams import outlets
except ModuleNotFoundError as error:
    raise SystemExit(
        f"{sys.executable} has no fernet ({error}): pip install . where this repository lies"
    ) from None
except ImportError as error:  # of what is not built, or is set to what is not there
    raise SystemExit(f"Error: {error}") from None


def run(main: Callable[[], int | None]) -> NoReturn:
    """Run a program and leave with what it returns, an error in a sentence (-X dev: in full).

    Ctrl-C, SIGTERM and SIGHUP end it, with the children that it waits for. They do not end a
    training alone, which would keep its model: figures of one that was cut short mean nothing.
    """
    with outlets() as (stdout, _):
        code = _exit_code(main)
        stdout.flush()
        # Whoever closed a pipe, as `| head` does, knows.
        if stdout.error is not None and stdout.error.errno != errno.EPIPE:
            print(f"Error: stdout: {reason(stdout.error)}", file=sys.stderr)
            code = code or FAILURE
    sys.exit(code)


def _exit_code(main: Callable[[], int | None]) -> int:
    try:
        with ending_in_order() as ending, _interrupted_trainings_raise():
            try:
                code = main() or 0
            except Exception as error:
                # What was interrupted may have raised another error of it.
                if ending.number is None:
                    return _tell(error)
    except KeyboardInterrupt as interruption:
        print("Interrupted.", file=sys.stderr)
        return getattr(interruption, "exit_code", INTERRUPTED)
    if ending.number is None:
        return code
    print("Interrupted.", file=sys.stderr)
    return SIGNALLED + ending.number


@contextmanager
def _interrupted_trainings_raise() -> Iterator[None]:
    train = Trainer.train
    Trainer.train = partialmethod(train, keep_interrupted=False)  # type: ignore[assignment]
    try:
        yield
    finally:
        Trainer.train = train  # type: ignore[method-assign]


def _tell(error: Exception) -> int:
    """Say what went wrong; what looks like a fault of the program's with the place."""
    explained = explain(error)
    code = getattr(explained, "exit_code", FAILURE)
    if sys.flags.dev_mode or not (code == BAD_INPUT or isinstance(error, (OSError, ImportError))):
        raise error
    hint = "; --help says what to install" if isinstance(error, ModuleNotFoundError) else ""
    print(f"Error: {explained}{hint}", file=sys.stderr)
    return code


def count(text: str) -> int:
    """Read an option's number of things, of which there must be one."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return number


def seed(text: str) -> int:
    """Read an option's seed."""
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number < 1 << 32:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {(1 << 32) - 1}")
    return number
