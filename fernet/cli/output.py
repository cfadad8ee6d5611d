"""What the commands print: tables on a terminal, plain text in a pipe, JSON on request."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    from rich.console import Console

    from fernet.metrics import PerEmotionReport

__all__ = [
    "Screen",
    "is_terminal",
    "plain_table",
    "print_rich_table",
    "report_rows",
    "stderr_console",
]
__dir__ = __all__.copy


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

    def remark(self, text: str) -> None:
        """Print a line beside the result, to stderr."""
        if self.shows_progress:
            click.echo(text, err=True)

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Print names and values as two columns."""
        width = max(len(name) for name, _ in pairs)
        for name, value in pairs:
            self.say(f"{name:<{width}}  {value}")

    def table(self, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table; its first column is text, the others are numbers."""
        if not self.shows_results:
            return
        if is_terminal(sys.stdout):
            print_rich_table(title, headings, rows)
        else:
            self.say(f"{title}\n" + "\n".join(plain_table(headings, rows)))
        self.say()

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
        self.say(f"accuracy over all emotions: {100 * report['accuracy']:.2f} %")

    def json(self, document: Any) -> None:
        """Print the one JSON document, if that is what was asked for."""
        if self.json_only:
            click.echo(json.dumps(document, indent=2, allow_nan=False))


def is_terminal(stream: Any) -> bool:
    """Tell whether a person looks at the stream."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def stderr_console() -> Console:
    """Return the rich console for progress."""
    from rich.console import Console

    return Console(stderr=True)


def report_rows(report: PerEmotionReport) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows, in percent, of the per-emotion table."""
    headings = ["emotion", "accuracy %", "precision %", "recall %", "F1 %", "faces"]
    keys = ("accuracy", "precision", "recall", "f1-score")
    names = {name: name for name in report.target_names}
    names |= {"macro avg": "macro mean", "weighted avg": "weighted mean"}
    rows = [
        [shown, *(f"{100 * report[name][key]:.2f}" for key in keys), f"{report[name]['support']:g}"]
        for name, shown in names.items()
    ]
    return headings, rows


def plain_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out a table with spaces alone.

    Parameters
    ----------
    headings : sequence of str
        One for each column.
    rows : sequence of sequences of str
        The cells.

    Returns
    -------
    list of str
        A line for the headings and one for each row; the first column is flush left.

    Examples
    --------
    >>> from fernet.cli.output import plain_table
    >>> for line in plain_table(["emotion", "F1"], [["happy", "61.84"]]):
    ...     print(line)
    emotion     F1
    happy    61.84
    """
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    lines = []
    for first, *others in [headings, *rows]:
        cells = [f"{first:<{widths[0]}}"]
        cells += [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines


def print_rich_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table that fits the terminal's width and colours."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text(title, style="bold"))
    table = Table(box=box.SIMPLE_HEAD)
    for column, heading in enumerate(headings):
        is_text = column == 0 or heading == "status"
        justify: Literal["left", "right"] = "left" if is_text else "right"
        table.add_column(heading, justify=justify, no_wrap=not is_text, overflow="fold")
    for row in rows:
        # Text, not str: a file's name may hold what rich takes for markup.
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
