"""Files that callbacks write, each its own, also in the many trainings of a search."""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fernet._io.files import is_replaceable
from fernet._training.identity import INSTRUCTION_SET, training_identity

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

_Writer = TypeVar("_Writer", bound=Any)


def training_digest(trainer: Trainer, settings: str) -> str:
    """Return twelve digits and letters that stand for a training.

    Parameters
    ----------
    trainer : Trainer
        Not started yet; its data count.
    settings : str
        What else tells trainings apart.

    Returns
    -------
    str
        The same whenever the training is the same.
    """
    identity = training_identity(trainer)
    # A search goes on with its files on another machine too.
    del identity[INSTRUCTION_SET]
    made_of = json.dumps([identity, settings])
    return hashlib.sha256(made_of.encode("utf-8", "backslashreplace")).hexdigest()[:12]


def check_only_writer(callback: Any, trainer: Trainer, *, shared: bool = False) -> None:
    """Refuse a path that another of a training's callbacks writes to as well.

    Parameters
    ----------
    callback : Callback
        With a `path`.
    trainer : Trainer
        With all callbacks, its checkpoint among them.
    shared : bool, default=False
        Whether others of the same type may write there.

    Raises
    ------
    ValueError
        Which names both.
    """
    if not is_replaceable(callback.path):  # a pipe, or /dev/null: many may write there
        return
    others: list[Any] = [other for other in trainer.callbacks if other is not callback]
    for other in others:
        if not getattr(other, "_writes_path", False) or (shared and type(other) is type(callback)):
            continue
        if os.path.realpath(other.path) == os.path.realpath(callback.path):
            raise ValueError(
                f"{type(callback).__name__} is to write {os.fspath(callback.path)!r}, which "
                f"{type(other).__name__} writes; expected a file of its own"
            )


def with_own_path(callback: _Writer, trainer: Trainer, settings: str) -> _Writer:
    """Return a copy of a callback that writes a file of its training's own.

    It is copied, as a class of the user's may have any other attributes and arguments.
    """
    twin = copy.copy(callback)
    twin.path = _own_path(callback.path, training_digest(trainer, settings))
    return twin


def _own_path(path: str | os.PathLike[str], digest: str) -> Path:
    """Return a file's name with a training's digest before its ending; a pipe stays what it is."""
    place = Path(path)
    if not is_replaceable(place):
        return place
    return place.with_name(f"{place.stem}-{digest}{place.suffix}")


def whole(hook: Callable[[Any, Trainer], None]) -> Callable[[Any, Trainer], None]:
    """Have what writes a callback's file done once more where Ctrl-C breaks it off.

    The epoch counts by then, and a training that goes on from there begins behind it. Whoever has
    stopped reading a pipe would hold the interruption back, so there it is lost.

    Parameters
    ----------
    hook : callable
        A method that leaves the same whether it is called once or twice.

    Returns
    -------
    callable
    """

    @functools.wraps(hook)
    def done_whole(callback: Any, trainer: Trainer) -> None:
        try:
            hook(callback, trainer)
        except KeyboardInterrupt:
            if is_replaceable(callback.path):
                hook(callback, trainer)
            raise

    return done_whole
