"""What the commands print: tables on a terminal, plain text in a pipe, JSON on request."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import click

from fernet._io.terminals import is_terminal
from fernet._io.text_columns import plain_table, widest
from fernet.cli.tables import Style, fitted_table, terminal_width, wrapped

if TYPE_CHECKING:
    from rich.console import Console

    from fernet.metrics import GroupReport, PerEmotionReport, RobustnessReport

__all__ = ["Screen", "counted", "report_rows", "stderr_console"]
__dir__ = __all__.copy

_LEAST_VALUE = 40
"""Columns that a value beside its name has at least."""


class Screen:
    """Where a command's results go.

    Results go to stdout, so that they can be piped; progress and remarks go to stderr. With
    `json_only`, stdout gets a single JSON document and nothing else.

    Parameters
    ----------
    json_only : bool, default=False
        Whether everything but `json` is left out.
    quiet : bool, default=False
        Whether progress and remarks are left out; results stay.
    """

    def __init__(self, *, json_only: bool = False, quiet: bool = False) -> None:
        self.json_only = json_only
        self.quiet = quiet

    @property
    def shows_results(self) -> bool:
        return not self.json_only

    @property
    def shows_progress(self) -> bool:
        return not self.quiet

    def say(self, text: str = "") -> None:
        """Print a line of the result."""
        if self.shows_results:
            click.echo(text)

    def sentence(self, text: str) -> None:
        """Print a result in words, on as many lines as a terminal needs."""
        lines = wrapped(text, terminal_width()) if is_terminal(sys.stdout) else [text]
        self.say("\n".join(lines))

    def remark(self, text: str) -> None:
        """Print a line beside the result, to stderr."""
        if self.shows_progress:
            click.echo(text, err=True)

    def warn(self, text: str) -> None:
        """Print a line to stderr that no option keeps back."""
        click.echo(text, err=True)

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Print names and values as two columns; on a narrow terminal values below names."""
        width = max((len(name) for name, _ in pairs), default=0)
        room = terminal_width() - width - 2 if is_terminal(sys.stdout) else None
        for name, value in pairs:
            if room is None:
                self.say(f"{name:<{width}}  {value}")
            elif room < _LEAST_VALUE:
                self.say("\n".join([name, *(f"  {x}" for x in wrapped(value, room + width))]))
            else:
                for label, line in zip_longest([name], wrapped(value, room), fillvalue=""):
                    self.say(f"{label:<{width}}  {line}")

    def table(self, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table; its first column is text, the others are numbers."""
        if not self.shows_results:
            return
        if is_terminal(sys.stdout):
            self._fitted(title, headings, rows)
        else:
            self.say(f"{title}\n" + "\n".join(plain_table(headings, rows)))
        self.say()

    def _fitted(self, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        width, style = terminal_width(), Style(sys.stdout)
        for line in wrapped(title, width):
            self.say(click.style(line, bold=True))
        for number, lines in enumerate(fitted_table(headings, rows, width, style.mark)):
            if number:
                self.say()
            self.say(lines[0])
            self.say(style.rule * widest(lines))
            self.say("\n".join(lines[1:]))

    def report(self, report: PerEmotionReport) -> None:
        """Print the per-emotion table, the confusion matrix and the overall accuracy."""
        self.table("Each emotion against all others", *report_rows(report))
        indices = [f"P{column}" for column in range(len(report.target_names))]
        rows = [
            [
                f"A{row} {name}",
                *(f"{count:g}" if count % 1 else str(int(count)) for count in counts),
            ]
            for row, (name, counts) in enumerate(
                zip(report.target_names, report.confusion_matrix, strict=True)
            )
        ]
        self.table("Confusion matrix: actual (A) down, predicted (P) across", ["", *indices], rows)
        if remark := report.remark_on_absent():
            self.sentence(remark)
        self.say(f"accuracy over all emotions: {100 * report['accuracy']:.2f} %")

    def interval(
        self, ends: tuple[float, float], n_faces: float, people: GroupReport | None
    ) -> None:
        """Print how far the faces tell the accuracy, or the people whose they are."""
        low, high = (f"{100 * end:.1f}" for end in ends)
        whose = "" if people is None else f" of {people.n_groups} groups"
        self.sentence(f"as far as {n_faces} faces{whose} tell: {low} to {high} % (95 % interval)")

    def robustness(self, report: RobustnessReport) -> None:
        """Print accuracies by kind and level of what spoils the faces, and their means."""
        title = "Accuracy in % on faces made worse, by level; starred is what the last mean counts"
        self.table(title, *report.table())
        self.facts(report.summary())

    def groups(self, by: str, report: GroupReport) -> None:
        """Print the accuracy of each group, and what they come to."""
        self.table(f"Accuracy by {by}", *report.table())
        self.facts(report.summary())

    def json(self, document: Any) -> None:
        """Print the one JSON document, if that is what was asked for."""
        if self.json_only:
            click.echo(json.dumps(document, indent=2, allow_nan=False))


def counted(count: int, noun: str) -> str:
    """Put a number before what it counts.

    Parameters
    ----------
    count : int
    noun : str
        For one; more get an s.

    Returns
    -------
    str

    Examples
    --------
    >>> from fernet.cli.output import counted
    >>> counted(1, "face"), counted(0, "photo")
    ('1 face', '0 photos')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def stderr_console() -> Console:
    """Return the rich console for progress."""
    from fernet._io.terminals import console_on

    return console_on(sys.stderr)


def report_rows(report: PerEmotionReport) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows, in percent, of the per-emotion table."""
    headings = ["emotion", "accuracy %", "precision %", "recall %", "F1 %", "faces"]
    keys = ("accuracy", "precision", "recall", "f1-score")
    rows = [
        [shown, *(_percent(row[key]) for key in keys), f"{row['support']:g}"]
        for shown, row in report.shown_rows()
    ]
    return headings, rows


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{100 * rate:.2f}"
