"""What a training is made of, to tell whether another is the same."""

from __future__ import annotations

import dataclasses
import json
import zlib
from typing import Any

import numpy as np

from fernet import _kernels
from fernet._io.callable_names import object_name
from fernet._training.settings import Settings
from fernet._training.trainer import Trainer
from fernet.layers.base import is_of_fernet

__all__ = ["INSTRUCTION_SET", "difference", "training_identity"]

INSTRUCTION_SET = "instruction set"
"""What tells machines apart: a training that comes to another has other last bits from there on."""

# Of `Settings` and of an optimizer, what is told apart in another way or may differ.
_SETTINGS_APART = ("n_epochs", "schedule")
_OPTIMIZER_APART = ("kernels", "n_steps", "weight_decay")

_LONGEST = 80  # characters of a value in a message
_NOWHERE = ("not there",)  # of a document without the key: JSON has no tuples


def training_identity(trainer: Trainer) -> dict[str, Any]:
    """Describe what a training is made of: two with equal descriptions come to the same bits.

    Whatever a `Settings`, an optimizer or a `DataLoader` holds is in it unless named here, so that
    nothing new is forgotten.

    Parameters
    ----------
    trainer : Trainer
        Not started yet: its network's parameters count as well.

    Returns
    -------
    dict
        Fit for JSON. Arrays stand as shape and CRC-32. The number of epochs is left out where the
        schedule does not depend on it, as such a training may be prolonged.

    Raises
    ------
    TypeError
        If a schedule of the user's own has an argument that is not fit for JSON.
    """
    settings, optimizer, whole = trainer.settings, trainer.optimizer, trainer.whole_network
    schedule = settings.schedule
    apart = {*_OPTIMIZER_APART, *optimizer.state_names}
    training = trainer.training.identity()
    identity = {
        "layers": whole.config(),
        "layers that learn": len(trainer.network.layers),
        "input_shape": list(whole.input_shape),
        "initial weights": zlib.crc32(np.ascontiguousarray(whole.values).data),
        "epochs before": trainer.first_epoch,
        "steps before": trainer.step,
        "backend": type(trainer.backend).__name__,
        "solver": type(optimizer).__name__,
        "weight_decay": optimizer.weight_decay,
        "solver settings": {
            k: v for k, v in vars(optimizer).items() if k not in apart and k[0] != "_"
        },
        "schedule": schedule.config(),
        "planned epochs": settings.n_epochs if schedule.depends_on_n_epochs else None,
        **{
            field.name: getattr(settings, field.name)
            for field in dataclasses.fields(Settings)
            if field.name not in _SETTINGS_APART
        },
        "training data": training.pop("samples"),
        **training,
        "validation data": None if trainer.validation is None else trainer.validation.identity(),
        INSTRUCTION_SET: _kernels.selected_isa(),
    }
    if own := [object_name(value) for value in _of_ones_own(trainer)]:
        identity["classes of one's own"] = own
    # As it will read when it comes back from the file.
    return json.loads(json.dumps(identity, default=_as_told))


def _of_ones_own(trainer: Trainer) -> list[Any]:
    """Return layers, a schedule and an augmentation whose classes are not fernet's.

    Their configurations say what they were given, and not what they do.
    """
    network = trainer.whole_network
    layers = [*network.layers, *(node.layer for node in network.nodes)]
    found = [*layers, trainer.settings.schedule, trainer.training.augmentation]
    each = {id(value): value for value in found if value is not None}
    return [value for value in each.values() if not is_of_fernet(type(value))]


def _as_told(value: Any) -> Any:
    """Return NumPy's numbers and arrays as JSON has them; a user's schedule may hold others."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(
        f"the schedule has an argument of type {type(value).__name__}, which a checkpoint can't "
        "tell from another one's; expected numbers, text, and lists or dicts of these"
    )


def difference(name: str, saved: Any, own: Any) -> str:
    """Say what of a training's identity was another one, and no more than that.

    Parameters
    ----------
    name : str
        Of a part of it.
    saved, own : object
        What it was, and what it is now; they differ.

    Returns
    -------
    str

    Examples
    --------
    >>> from fernet._training.identity import difference
    >>> layers = [{"kind": "relu"}, {"kind": "dropout", "rate": 0.4}]
    >>> difference("layers", layers, [layers[0], layers[1] | {"rate": 0.5}])
    'layers[1].rate was 0.4, now it is 0.5'
    >>> difference("layers", layers, layers[:1])
    'number of layers was 2, now it is 1'
    """
    if isinstance(saved, dict) and isinstance(own, dict):
        both = {key: (saved.get(key, _NOWHERE), own.get(key, _NOWHERE)) for key in {**saved, **own}}
        key, values = next((key, values) for key, values in both.items() if values[0] != values[1])
        return difference(f"{name}.{key}", *values)
    if _holds_parts(saved) and _holds_parts(own):
        if len(saved) != len(own):
            return difference(f"number of {name}", len(saved), len(own))
        place = next(i for i, (was, now) in enumerate(zip(saved, own, strict=True)) if was != now)
        return difference(f"{name}[{place}]", saved[place], own[place])
    return f"{name} was {_shown(saved)}, now it is {_shown(own)}"


def _holds_parts(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict | list) for item in value)


def _shown(value: Any) -> str:
    text = value[0] if value is _NOWHERE else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
