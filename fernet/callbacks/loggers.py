"""The figures of each epoch in a file, as CSV or as JSON lines."""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from fernet._io.files import atomic_writer, naming
from fernet.callbacks._own_files import own_path, training_digest
from fernet.callbacks.base import Callback

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

__all__ = ["CSVLogger", "JSONLinesLogger", "check_is_log"]
__dir__ = __all__.copy


class CSVLogger(Callback):
    """Write a line for each epoch to a CSV file: the columns of ``history_.epochs``.

    The file is of one training: it starts anew with each `fit`, with the epochs that the training
    goes on from, if any, as after a checkpoint or with ``warm_start=True``; so no epoch is missing
    or there twice. The clones that a search or a cross-validation fits each have a file of their
    own, with twelve digits and letters before the ending; a `JSONLinesLogger` has one for all.
    A line is written as soon as its epoch is done. If one can't be, as on a full disk, a warning
    says so, the training goes on and the file ends.

    Parameters
    ----------
    path : str or path-like
        The file. Figures that there are none of are empty.

    Raises
    ------
    ValueError
        From `fit`, before anything is learnt, if another file is there than a log of epochs, such
        as a data set.
    OSError
        Likewise, if the file can't be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fernet import FERMLPClassifier
    >>> from fernet.callbacks import CSVLogger
    >>> from fernet.datasets import make_faces
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.csv"
    >>> model = FERMLPClassifier((8,), max_iter=2, callbacks=CSVLogger(path)).fit(X, y)
    >>> lines = path.read_text().splitlines()
    >>> lines[0][:24], len(lines)
    ('epoch,loss,accuracy,vali', 3)
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path
        self._is_open = False

    def beside(self, trainer: Trainer, settings: str) -> Self:
        return type(self)(own_path(self.path, training_digest(trainer, settings)))

    def on_train_begin(self, trainer: Trainer) -> None:
        columns = trainer.history.epochs
        rows = [list(columns), *zip(*columns.values(), strict=True)]
        _check_start(self.path, b"epoch,", "it begins with other columns")
        with atomic_writer(self.path, text=True) as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        self._is_open = True

    def on_epoch_end(self, trainer: Trainer) -> None:
        if self._is_open:
            text = io.StringIO()
            row = trainer.history.last_epoch().values()
            csv.writer(text, lineterminator="\n").writerow(row)
            self._is_open = _append(self.path, text.getvalue())


class JSONLinesLogger(Callback):
    r"""Add a line of JSON for each epoch to a file that many trainings may share.

    A line is an object with ``"run"``, the name of the training; ``"time"``, when the epoch
    ended, as ISO 8601 in UTC; the columns of ``history_.epochs``, null where there is no figure;
    and the fields that one wants besides. Lines are added, at once and whole, so trainings at the
    same time, as a search runs them, may write to one file. If a line can't be written, as on a
    full disk, a warning says so and the training goes on without.

    Parameters
    ----------
    path : str or path-like
        The file; made if it is not there.
    run : str, default=None
        Name of the training. None makes one of the time and random letters in each `fit`.
    fields : mapping of str to object, default=None
        Further entries of each line, fit for JSON, such as settings to compare by.

    Raises
    ------
    TypeError, ValueError
        If `fields` can't be written as JSON; from `fit`, before anything is learnt, if it holds
        names that the line has already, or the file has other lines, such as a data set's.
    OSError
        From `fit`, before anything is learnt, if the file can't be written.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> from fernet import FERMLPClassifier
    >>> from fernet.callbacks import JSONLinesLogger
    >>> from fernet.datasets import make_faces
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "runs.jsonl"
    >>> for dropout in (0.0, 0.5):
    ...     logger = JSONLinesLogger(path, f"dropout {dropout}", {"dropout": dropout})
    ...     _ = FERMLPClassifier((8,), dropout=dropout, max_iter=2, callbacks=logger).fit(X, y)
    >>> rows = [json.loads(line) for line in path.read_text().splitlines()]
    >>> [(row["run"], row["epoch"]) for row in rows]
    [('dropout 0.0', 1), ('dropout 0.0', 2), ('dropout 0.5', 1), ('dropout 0.5', 2)]
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        run: str | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        json.dumps(fields if fields is None else dict(fields), allow_nan=False)
        self.path = path
        self.run = run
        self.fields = fields
        self._run = ""
        self._is_open = False

    def on_train_begin(self, trainer: Trainer) -> None:
        if taken := {"run", "time", *trainer.history.epochs}.intersection(self.fields or {}):
            raise ValueError(f"fields has {sorted(taken)}, which each line has already")
        check_is_log(self.path)
        with naming(self.path), Path(self.path).open("a", encoding="utf-8"):
            self._is_open = True
        made = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        self._run = made if self.run is None else self.run

    def on_epoch_end(self, trainer: Trainer) -> None:
        if self._is_open:
            time = datetime.now(UTC).isoformat(timespec="milliseconds")
            row = {"run": self._run, "time": time} | trainer.history.last_epoch()
            line = json.dumps(row | dict(self.fields or {}), allow_nan=False)
            self._is_open = _append(self.path, line + "\n")


def check_is_log(path: str | os.PathLike[str]) -> None:
    """Refuse to add lines to a file of something else.

    Parameters
    ----------
    path : path-like
        A log that is there, or is going to be made.

    Raises
    ------
    ValueError
        If it begins otherwise than a log does.
    """
    _check_start(path, b"{", "it has other lines than of JSON")


def _check_start(path: str | os.PathLike[str], start: bytes, why: str) -> None:
    """Refuse a file that is there, is not empty and begins otherwise."""
    found = b""
    with naming(path):
        if Path(path).is_file():
            with Path(path).open("rb") as file:
                found = file.read(len(start))
    if found not in (b"", start):
        raise ValueError(f"{os.fspath(path)!r} is no log: {why}; expected another file")


def _append(path: str | os.PathLike[str], line: str) -> bool:
    """Add a line to a file in one piece; tell whether that worked, and warn if not."""
    try:
        with Path(path).open("ab", buffering=0) as file:
            file.write(line.encode())
    except OSError as error:
        warnings.warn(
            f"the log {os.fspath(path)!r} ends here, as it can't be written to ({error})",
            UserWarning,
            stacklevel=2,
        )
        return False
    return True
