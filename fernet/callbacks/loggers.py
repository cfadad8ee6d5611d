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

import numpy as np

from fernet._io.files import UnwrittenWarning, atomic_writer, is_replaceable, naming
from fernet._training.history import EPOCH_COLUMNS, NEWER_COLUMNS
from fernet.callbacks._own_files import check_only_writer, whole, with_own_path
from fernet.callbacks.base import Callback

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

__all__ = ["CSVLogger", "JSONLinesLogger", "check_is_log"]
__dir__ = __all__.copy

_LONGEST_LINE = 1 << 24  # bytes
_OF_EACH_LINE = {"run", "time", "epoch", "loss", "accuracy"}


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
        From `fit`, before anything is learnt, if another file is there than a log of these columns,
        such as a data set or a log of another program's, or if the checkpoint or another callback
        writes that file.
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

    _writes_path = True

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path
        self._is_open = False

    def beside(self, trainer: Trainer, settings: str) -> Self:
        return with_own_path(self, trainer, settings)

    def on_train_begin(self, trainer: Trainer) -> None:
        check_only_writer(self, trainer)
        _check_heading(self.path)
        self._write_all(trainer)
        self._is_open = True

    def _write_all(self, trainer: Trainer) -> None:
        columns = trainer.history.epochs
        rows = [list(columns), *zip(*columns.values(), strict=True)]
        with atomic_writer(self.path, text=True) as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    def on_epoch_end(self, trainer: Trainer) -> None:
        if not self._is_open:
            return
        text = io.StringIO()
        row = trainer.history.last_epoch().values()
        csv.writer(text, lineterminator="\n").writerow(row)
        try:
            self._is_open = _append(self.path, text.getvalue())
        except KeyboardInterrupt:  # the line may be there or not
            if is_replaceable(self.path):
                self._write_all(trainer)
            raise


class JSONLinesLogger(Callback):
    r"""Add a line of JSON for each epoch to a file that many trainings may share.

    A line is an object with ``"run"``, the name of the training; ``"time"``, when the epoch
    ended, as ISO 8601 in UTC; the columns of ``history_.epochs``, null where there is no figure;
    and the fields that one wants besides. Lines are added, at once and whole, so trainings at the
    same time, as a search runs them, may write to one file. A training that was killed and goes on
    from its checkpoint adds the epochs behind that again: of two lines of one epoch the last
    counts. If a line can't be written, as on a
    full disk, a warning says so and the training goes on without.

    Parameters
    ----------
    path : str or path-like
        The file; made if it is not there.
    run : str, default=None
        Name of the training. None makes one of the time and random letters in each `fit`.
    fields : mapping of str to object, default=None
        Further entries of each line, fit for JSON, such as settings to compare by. NumPy's scalars
        are written as Python's.

    Raises
    ------
    TypeError, ValueError
        If `fields` can't be written as JSON; from `fit`, before anything is learnt, if it holds
        names that the line has already, the file begins with anything but such a line, as a data
        set does, or the checkpoint or another callback writes that file.
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

    _writes_path = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        run: str | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        try:
            _as_json({} if fields is None else dict(fields))
        except (TypeError, ValueError) as error:
            raise type(error)(f"fields can't be written as JSON: {error}") from None
        self.path = path
        self.run = run
        self.fields = fields
        self._run = ""
        self._is_open = False

    def on_train_begin(self, trainer: Trainer) -> None:
        if taken := {"run", "time", *trainer.history.epochs}.intersection(self.fields or {}):
            raise ValueError(f"fields has {sorted(taken)}, which each line has already")
        check_only_writer(self, trainer, shared=True)
        check_is_log(self.path)
        with naming(self.path), Path(self.path).open("ab") as file:
            self._is_open = True
            if not _ends_in_a_line(self.path):
                file.write(b"\n")
        made = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        self._run = made if self.run is None else self.run

    @whole
    def on_epoch_end(self, trainer: Trainer) -> None:
        if self._is_open:
            time = datetime.now(UTC).isoformat(timespec="milliseconds")
            row = {"run": self._run, "time": time} | trainer.history.last_epoch()
            line = _as_json(row | dict(self.fields or {}))
            self._is_open = _append(self.path, line + "\n")


def check_is_log(path: str | os.PathLike[str]) -> None:
    """Refuse to add lines to a file of something else than `JSONLinesLogger` writes.

    Parameters
    ----------
    path : path-like
        A log that is there, or is going to be made.

    Raises
    ------
    ValueError
        If it begins otherwise than a log does.
    """
    line = _first_line(path)
    try:
        found = json.loads(line) if line else dict.fromkeys(_OF_EACH_LINE)
    except (ValueError, RecursionError):
        found = None
    if not (isinstance(found, dict) and found.keys() >= _OF_EACH_LINE):
        raise _no_log(path, "it has other lines than of JSON with a run, its time and its epoch")


def _check_heading(path: str | os.PathLike[str]) -> None:
    """Refuse a file that is there, is not empty and is no log of `CSVLogger`."""
    names = _first_line(path).rstrip(b"\r\n").decode(errors="replace").split(",")
    always = [name for name in EPOCH_COLUMNS if name not in NEWER_COLUMNS]
    is_log = [name for name in names if name not in NEWER_COLUMNS] == always
    if names != [""] and not is_log:
        raise _no_log(path, "it begins with other columns")


def _no_log(path: str | os.PathLike[str], why: str) -> ValueError:
    return ValueError(f"{os.fspath(path)!r} is no log: {why}; expected another file")


def _first_line(path: str | os.PathLike[str]) -> bytes:
    """Return the first line of a file, with its end; nothing where there is no file."""
    with naming(path):
        if not Path(path).is_file():
            return b""
        with Path(path).open("rb") as file:
            return file.readline(_LONGEST_LINE)


def _ends_in_a_line(path: str | os.PathLike[str]) -> bool:
    """Tell whether a line that is added to a file is one of its own."""
    if not Path(path).is_file():
        return True
    with Path(path).open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def _as_json(document: dict[str, Any]) -> str:
    return json.dumps(document, allow_nan=False, default=_plain_scalar)


def _plain_scalar(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"an object of type {type(value).__name__} is not JSON serializable")


def _append(path: str | os.PathLike[str], line: str) -> bool:
    """Add a line to a file in one piece; tell whether that worked, and warn if not."""
    rest = line.encode()
    try:
        with Path(path).open("ab", buffering=0) as file:
            while rest:  # of a line that has no room a part is written, without an error yet
                rest = rest[file.write(rest) :]
    except OSError as error:
        warnings.warn(
            f"the log {os.fspath(path)!r} ends here, as it can't be written to ({error})",
            UnwrittenWarning,
            stacklevel=2,
        )
        return False
    return True
