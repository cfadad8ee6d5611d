"""``fernet audit``: duplicates, blank images and doubtful labels in a data set."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from fernet._io.terminals import is_terminal
from fernet.cli.commands import ExampleCommand
from fernet.cli.labels import Labels, labels_option
from fernet.cli.loading import load_bunch
from fernet.cli.paths import FilePath
from fernet.cli.tables import terminal_width

__all__ = ["audit"]
__dir__ = __all__.copy


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet audit fer2013.csv",
        "fernet audit my_faces/ --json",
    ),
)
@click.argument("data", type=FilePath(path_type=Path))
@labels_option
@click.option(
    "--exact-only", is_flag=True, help="Leave out the search for near duplicates, the slow part."
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print all of it as JSON, images by place and file.",
)
def audit(data: Path, labels: Labels | Path | None, exact_only: bool, as_json: bool) -> None:
    """Look for faults in a data set.

    Counts duplicates within and across splits, blank images, duplicates whose labels differ, and
    the images of each class. Of images that are files the first of each fault are named, and all
    with --json. Nothing is changed.
    """
    from fernet.cli.output import Screen
    from fernet.datasets import audit as find_faults

    screen = Screen(json_only=as_json)
    bunch = load_bunch(data, labels)
    report = find_faults(bunch, near_threshold=None) if exact_only else find_faults(bunch)
    if bunch.get("left_out"):
        screen.remark(f"Note: {bunch.left_out}.")
    screen.say(report.to_text(terminal_width() if is_terminal(sys.stdout) else None))
    screen.json(report.to_dict())
