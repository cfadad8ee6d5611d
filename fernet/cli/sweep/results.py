"""The file in which a sweep keeps its results, and from which it goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fernet.cli.errors import InputError

__all__ = ["RESULTS_NAME", "Results"]
__dir__ = __all__.copy

RESULTS_NAME = "sweep.jsonl"
"""The file of a sweep's results, in its folder."""

_ROOM_BYTES = 1 << 16  # for a hundred results
_ADDED = ("labels",)  # to the subject by a later version: files of before are without
_FIGURES = ("validation_accuracy", "training_accuracy", "minimum_loss", "epochs")


class Results:
    """Results of candidates, each a line of JSON behind a line that says of what.

    Parameters
    ----------
    path : Path
        The file; if it is there, its results count. It is written anew, whole or not at all,
        with each result added.
    subject : mapping
        What all candidates have in common: data, model, seed; fit for JSON.

    Raises
    ------
    InputError
        If the file is of another subject, or can't be read.
    """

    def __init__(self, path: Path, subject: Mapping[str, Any]) -> None:
        self.path = path
        self.subject = dict(subject)
        self._lines: dict[str, dict[str, Any]] = {}
        if path.is_file():
            self._read()

    def __len__(self) -> int:
        return len(self._lines)

    def get(self, settings: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the result of a candidate, if it is known and whole."""
        line = self._lines.get(_key(settings))
        return line if line is not None and _is_whole(line) else None

    def check_room(self) -> None:
        """Make sure, before the work for it, that a result could be written."""
        from fernet._io.files import check_room

        check_room(self.path, _ROOM_BYTES)

    def add(self, settings: Mapping[str, Any], outcome: Mapping[str, Any]) -> None:
        """Keep the result of a candidate."""
        from fernet._io.files import atomic_writer

        self._lines[_key(settings)] = {"settings": dict(settings), **outcome}
        with atomic_writer(self.path, text=True) as file:
            for line in ({"sweep": self.subject}, *self._lines.values()):
                file.write(json.dumps(line, allow_nan=False) + "\n")

    def _read(self) -> None:
        try:
            head, *lines = map(json.loads, self.path.read_text(encoding="utf-8").splitlines())
            subject = head["sweep"]
            self._lines = {_key(line["settings"]): line for line in lines}
            differing = [
                name
                for name, value in self.subject.items()
                if subject.get(name) != value and (name in subject or name not in _ADDED)
            ]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise InputError(f"{self.path}: not the results of a sweep") from None
        if differing:
            name = differing[0]
            raise InputError(
                f"{self.path} has the results of a sweep with {name} {subject.get(name)!r}, "
                f"this one has {self.subject[name]!r}; choose another --out"
            )


def _is_whole(line: Mapping[str, Any]) -> bool:
    """Tell whether a result says all that is shown of it."""
    error = line.get("error", False)
    return isinstance(error, str) or (
        error is None and all(type(line.get(name)) in (int, float) for name in _FIGURES)
    )


def _key(settings: Mapping[str, Any]) -> str:
    return json.dumps(settings, sort_keys=True, allow_nan=False)
