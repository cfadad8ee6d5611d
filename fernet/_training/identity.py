"""What a training is made of, to tell whether another is the same."""

from __future__ import annotations

import dataclasses
import json
import zlib
from typing import Any

import numpy as np

from fernet import _kernels
from fernet._training.settings import Settings
from fernet._training.trainer import Trainer

__all__ = ["INSTRUCTION_SET", "training_identity"]

INSTRUCTION_SET = "instruction set"
"""What tells machines apart: a training that comes to another has other last bits from there on."""

# Of `Settings` and of an optimizer, what is told apart in another way or may differ.
_SETTINGS_APART = ("n_epochs", "schedule")
_OPTIMIZER_APART = ("kernels", "n_steps", "weight_decay")


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
    # As it will read when it comes back from the file.
    return json.loads(json.dumps(identity, default=lambda number: number.item()))
