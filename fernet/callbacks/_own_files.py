"""Names of their own for the files of many trainings, as a search runs them."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from fernet._io.files import is_replaceable
from fernet._training.identity import INSTRUCTION_SET, training_identity

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer


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


def own_path(path: str | os.PathLike[str], digest: str) -> Path:
    """Return a file's name with a training's digest before its ending; a pipe stays what it is."""
    place = Path(path)
    if not is_replaceable(place):
        return place
    return place.with_name(f"{place.stem}-{digest}{place.suffix}")
