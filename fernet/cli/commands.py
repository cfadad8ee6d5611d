"""What fernet's commands have beyond click's: examples in their help, and errors in a sentence."""

from __future__ import annotations

import errno
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from fernet.cli.errors import FAILURE, INTERRUPTED, explain, reason
from fernet.cli.signals import end_threads, ignore_interrupts, interrupted_once
from fernet.cli.streams import outlets

__all__ = ["ExampleCommand", "FernetGroup"]
__dir__ = __all__.copy

_SERIAL = "joblib will operate in serial mode"
_OF_FOLDERS = (
    "mkdir -p failed",
    "is not a writable directory",
    "created a temporary cache directory",
)
"""What matplotlib logs where it can't keep its list of fonts, and makes it anew."""


class ExampleCommand(click.Command):
    """A command whose help ends in examples.

    Parameters
    ----------
    *args, **kwargs
        As for `click.Command`.
    examples : sequence of str
        Command lines, shown as they are.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the command line apart; an option that is none gets a hint at what it may be."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            name = error.option_name
            for file in given:
                if file.startswith("-") and os.path.lexists(file):
                    message = f"{error.message} For the file of that name write ./{file}"
                    raise click.NoSuchOption(name, message, ctx=ctx) from None
            if others := _commands_with(name, ctx):
                place = "" if ctx.parent else " before the command"
                message = f"No such option {name!r}{place}; fernet {_enumerated(others)} it."
                raise click.NoSuchOption(name, message, ctx=ctx) from None
            raise

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        if not self.help and sys.flags.optimize > 1:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(
                    "What this does is left out by python -OO and PYTHONOPTIMIZE=2: start Python "
                    "without them to read it."
                )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class FernetGroup(ExampleCommand, click.Group):
    """The group of all commands; it shows no traceback unless asked to."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program; what stdout would not take is an error only once all is done."""
        with interrupted_once(), outlets() as (stdout, _), _telling():
            try:
                return super().main(*args, **kwargs)
            except SystemExit as end:
                stdout.flush()
                if stdout.error is None:
                    raise
                # Whoever closed a pipe, as `| head` does, knows.
                if stdout.error.errno != errno.EPIPE:
                    click.echo(f"Error: stdout: {reason(stdout.error)}", err=True)
                raise SystemExit(end.code or FAILURE) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; turn what it raises into a message and an exit code."""
        others = threading.enumerate()
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            ignore_interrupts()
            exit_code = getattr(error, "exit_code", INTERRUPTED)
            click.echo("Interrupted.", err=True)
            end_threads(others, exit_code)
            ctx.exit(exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            explained = explain(error)
            if ctx.params.get("traceback") or explained is error:
                raise
            raise explained from error


def _commands_with(option: str, ctx: click.Context) -> list[str]:
    """Name the commands of the program that have an option of exactly that name."""
    root = ctx.find_root().command
    commands = root.commands if isinstance(root, click.Group) else {}
    return [
        name
        for name, command in commands.items()
        if any(option in (*known.opts, *known.secondary_opts) for known in command.params)
    ]


def _enumerated(names: Sequence[str]) -> str:
    """Return "a has", or "a, b and c have"."""
    *others, last = names
    return f"{', '.join(others)} and {last} have" if others else f"{last} has"


@contextmanager
def _telling() -> Iterator[None]:
    """Have what libraries remark on said as a command does, or not at all."""
    with _warnings_as_notes(), _quiet_on_folders():
        yield


@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Say a warning in its sentence alone, once, without the line of code that it came from."""
    said: set[str] = set()

    def tell(message: Warning | str, *_: object, **__: object) -> None:
        note = f"Note: {str(message).rstrip('.')}."
        # `fernet sweep`, which alone shares work among processes, tells of it in its own words.
        if note not in said and _SERIAL not in note:
            click.echo(note, err=True)
        said.add(note)

    before, warnings.showwarning = warnings.showwarning, tell
    try:
        yield
    finally:
        warnings.showwarning = before


@contextmanager
def _quiet_on_folders() -> Iterator[None]:
    """Leave out what matplotlib logs of a home folder that is not there: its pictures are whole."""

    def is_told(record: logging.LogRecord) -> bool:
        message = record.getMessage()
        return not any(words in message for words in _OF_FOLDERS)

    log = logging.getLogger("matplotlib")
    log.addFilter(is_told)
    try:
        yield
    finally:
        log.removeFilter(is_told)
