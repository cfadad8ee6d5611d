"""Where a training leaves its results, and where it keeps what to go on from."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fernet.cli.errors import InputError
from fernet.cli.paths import real_path
from fernet.cli.runs import CONFIG_NAME, CURVE_NAME, MODEL_NAME, REPORT_NAME
from fernet.cli.train.config import FIRST_LINE

__all__ = [
    "CHECKPOINT_NAME",
    "Folder",
    "first_free",
    "is_finished",
    "only_writer",
    "output_folder",
]
__dir__ = __all__.copy

CHECKPOINT_NAME = "training.checkpoint"
"""The file in a run's folder from which its training goes on, as long as it is unfinished."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A run's folder.

    Parameters
    ----------
    path : Path
        Exists.
    checkpoint : Path
        The training's checkpoint, here or where the user has it.
    was_named : bool
        Whether the user named the folder, so that the same command comes to it again.
    """

    path: Path
    checkpoint: Path
    was_named: bool

    def finish(self) -> None:
        """Remove the checkpoint of a training that is done, if it is the folder's own."""
        if self.checkpoint == self.path / CHECKPOINT_NAME:
            self.checkpoint.unlink(missing_ok=True)

    def how_to_go_on(self) -> str:
        """Say how an interrupted training is gone on with."""
        command = "the same command"
        if not self.was_named:
            command += f" with --out {self.path}"
        # Of a course, that of the training that is under way lies in a folder of its own.
        places = [self.checkpoint, *self.path.glob(f"*/{CHECKPOINT_NAME}")]
        for checkpoint in filter(Path.exists, places):
            return f"To go on from {checkpoint}: {command}."
        return f"There is no epoch to go on from; {command} starts anew."


@contextlib.contextmanager
def output_folder(
    out: Path | None,
    kind: str,
    force: bool,
    checkpoint: Path | None,
    text: str,
    log: Path | None = None,
) -> Iterator[Folder]:
    """Make the folder before any work is done, and take it away again if nothing came of it.

    Parameters
    ----------
    out : Path or None
        As the user named it.
    kind : str
        The model's, after which a folder is named otherwise.
    force : bool
        Whether files in it that are not of an interrupted training may be overwritten.
    checkpoint : Path or None
        As the user named it.
    text : str
        The file that repeats the training. An interrupted one of another leaves what may not be
        overwritten either.
    log : Path, default=None
        As the user named it.

    Yields
    ------
    Folder
        Nobody else who asks writes into it, or its checkpoint, meanwhile.

    Raises
    ------
    InputError
        If a finished model is there already, or another file, perhaps written by hand, in the place
        of one that the training writes; or another training is under way there or with the same
        checkpoint; or `checkpoint` or `log` is a file that the training writes otherwise; or
        there is no folder for `log`.
    """
    path = first_free(kind) if out is None else out
    place = path / CHECKPOINT_NAME if checkpoint is None else checkpoint
    _check_places(path, checkpoint, log)
    if not (force or _goes_on(path, place, text)):
        _refuse_to_overwrite(path)
    path.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.ExitStack() as stack:
            written = {real_path(each): each for each in (path / CHECKPOINT_NAME, place)}
            for each in written.values():
                stack.enter_context(only_writer(each))
            if log is not None and not log.parent.is_dir():
                raise InputError(f"--log {log}: {log.parent} is no folder")
            yield Folder(path, place, out is not None)
    except BaseException:
        with contextlib.suppress(OSError):
            path.rmdir()
        raise


def _check_places(path: Path, checkpoint: Path | None, log: Path | None) -> None:
    """Refuse options that name what the training writes by itself, or one another."""
    own = {real_path(path / name) for name in (MODEL_NAME, REPORT_NAME, CONFIG_NAME, CURVE_NAME)}
    places = {"--checkpoint": checkpoint, "--log": log}
    if log is not None and real_path(log) == real_path(checkpoint or path / CHECKPOINT_NAME):
        raise InputError(f"--log {log}: the training keeps its checkpoint there")
    for option, place in places.items():
        if place is not None and real_path(place) in own:
            raise InputError(f"{option} {place}: the training leaves another file there")


def _goes_on(path: Path, checkpoint: Path, text: str) -> bool:
    """Tell whether a folder has this very training, interrupted, or a checkpoint to tell by."""
    if not _is_unfinished(path, checkpoint):
        return False
    try:
        return (path / CONFIG_NAME).read_text(encoding="utf-8") == text
    except (OSError, ValueError):
        return checkpoint.exists()


def _refuse_to_overwrite(path: Path) -> None:
    """Raise an error if a folder has a file of the name of one that a training writes."""
    # A folder whose model was removed is still a training's own: its config.toml says so.
    names = [MODEL_NAME]
    if not _begins_as_ours(path / CONFIG_NAME):
        names += [REPORT_NAME, CONFIG_NAME, CURVE_NAME]
    for name in names:
        if (path / name).exists():
            raise InputError(f"{path / name} exists; choose another --out, or --force")


def _begins_as_ours(path: Path) -> bool:
    """Tell whether a file begins as the one that a training leaves to repeat it."""
    try:
        with open(path, "rb") as file:
            return file.readline().strip() == FIRST_LINE.encode()
    except OSError:
        return False


def is_finished(path: Path) -> bool:
    """Tell whether a folder has the model of a training that ran to its end."""
    return (path / MODEL_NAME).exists() and not _is_unfinished(path, path / CHECKPOINT_NAME)


def _is_unfinished(path: Path, checkpoint: Path) -> bool:
    """Tell whether the model in a folder is an interrupted training's, or yet to be replaced."""
    if checkpoint == path / CHECKPOINT_NAME and checkpoint.exists():
        return True
    try:
        report = json.loads((path / REPORT_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return checkpoint.exists()
    except (OSError, ValueError):
        return False
    return isinstance(report, dict) and report.get("interrupted") is True


@contextlib.contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Lock a file for a while, or say in a sentence that another command is writing it.

    Raises
    ------
    InputError
        If another holds the lock.
    IsADirectoryError
        If it is a folder.
    """
    from fernet._io.files import is_replaceable
    from fernet._io.locks import locked

    if not is_replaceable(path):  # a pipe, or /dev/null: many may write there
        yield
        return
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(path))
        except BlockingIOError as error:
            raise InputError(f"{path}: {error.strerror}") from None
        yield


def first_free(kind: str) -> Path:
    """Claim the first of runs/mlp-1, runs/mlp-2, ...: two trainings at once get two folders."""
    for number in itertools.count(1):
        folder = Path("runs") / f"{kind}-{number}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(parents=True)
            return folder
    raise AssertionError("a count without end has ended")
