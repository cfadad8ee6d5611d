"""The forms that rows can have, and which one the options mean."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["ENDINGS", "FORMATS", "choose_layout"]
__dir__ = __all__.copy

FORMATS = ("table", "csv", "jsonl")
"""What ``--format`` takes."""
ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "table", "": "table"}
"""What the ending of a file's name, in lower case, says of its form."""


def choose_layout(layout: str | None, as_json: bool, out: Path | None) -> str:
    """Return the form that ``--format``, ``--json`` and ``--out`` ask for.

    Parameters
    ----------
    layout : {"table", "csv", "jsonl"} or None
        What ``--format`` says.
    as_json : bool
        Whether ``--json`` is given.
    out : Path or None
        Where the rows go; a device or an open file such as ``/dev/stdout`` has no ending.

    Returns
    -------
    {"table", "csv", "jsonl"}

    Raises
    ------
    click.UsageError
        If the options contradict each other, or a name's ending is none of `ENDINGS`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from fernet.cli.predict.layouts import choose_layout
    >>> choose_layout(None, False, Path("rows.csv"))
    'csv'
    """
    if as_json:
        if layout not in (None, "jsonl"):
            raise click.UsageError(f"--json and --format {layout} contradict each other")
        return "jsonl"
    if layout is not None or out is None:
        return layout or "table"
    ending = out.suffix.lower()
    if ending not in ENDINGS:
        known = ", ".join(filter(None, ENDINGS))
        raise click.UsageError(
            f"--out {out}: {ending} files can't be written; expected one of {known}, or --format "
            "to say what goes into it"
        )
    return ENDINGS[ending]
