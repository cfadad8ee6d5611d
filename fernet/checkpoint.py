"""Save a training under way, and go on from there after a kill."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fernet._io.files import atomic_writer, is_replaceable
from fernet.callbacks import Callback

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

__all__ = ["FORMAT", "Checkpoint", "training_identity"]
__dir__ = __all__.copy

FORMAT = "fernet-checkpoint-1"
"""What a checkpoint says that it is."""


class Checkpoint(Callback):
    """Save the training every few epochs; continue it if the file is there.

    Given to an estimator as ``checkpoint=``, a training that was killed goes on from its last
    saved epoch when the same script is run again, and ends with the same bits as one that was
    never stopped. The file belongs to one training: with other data or settings `fit` refuses
    it (a larger `max_iter` is welcome and trains on). It stays after training, so remove it to
    train anew. It is written whole or not at all.

    Searches, cross-validation and meta-estimators fit clones of an estimator, many of them, so a
    clone saves in a file of its own beside ``path``, named after its data and settings:
    ``run-0f31c2a4b5d6.checkpoint`` for ``run.checkpoint``. A search that was killed is run again
    in the same way, and with an int as `random_state` each of its trainings goes on from where it
    stood, or is done at once if it was. These files too stay until they are removed.

    Parameters
    ----------
    path : str or path-like
        File to write, safetensors by format.
    every : int, default=1
        Epochs between saves; the last epoch is always saved.

    Raises
    ------
    ValueError
        If `every` is below 1.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.checkpoint"
    >>> model = FERMLPClassifier((8,), max_iter=2, checkpoint=path, random_state=0)
    >>> model.fit(X, y).n_iter_
    2
    >>> model.set_params(max_iter=3).fit(X, y).n_iter_     # one epoch more, not three
    3
    """

    def __init__(self, path: str | os.PathLike[str], every: int = 1) -> None:
        if every < 1:
            raise ValueError(f"every is {every}; expected 1 or more epochs")
        self.path = path
        self.every = every
        self._identity: dict[str, Any] | None = None

    def beside(self, trainer: Trainer, settings: str) -> Checkpoint:
        """Return a checkpoint with a file of its own for one of many trainings.

        Parameters
        ----------
        trainer : Trainer
            Not started yet.
        settings : str
            What else tells the trainings apart.

        Returns
        -------
        Checkpoint
            The file's name is this one's with twelve digits and letters before its ending, which
            stand for the data and the settings, and are the same whenever these are. A pipe or
            a device stays what it is.
        """
        if not is_replaceable(self.path):
            return self
        made_of = json.dumps([training_identity(trainer), settings])
        digest = hashlib.sha256(made_of.encode("utf-8", "backslashreplace")).hexdigest()[:12]
        path = Path(self.path)
        return Checkpoint(path.with_name(f"{path.stem}-{digest}{path.suffix}"), self.every)

    def saved_seed(self) -> int | None:
        """Return the seed of the training in the file, None if there is no file."""
        if not self._is_there():
            return None
        return int(_read(self.path)[1]["state"]["seed"])

    def resume(self, trainer: Trainer) -> bool:
        """Bring a trainer to where the file's training stood.

        Parameters
        ----------
        trainer : Trainer
            Not started yet, made as the file's was.

        Returns
        -------
        bool
            Whether there was a file.

        Raises
        ------
        ValueError
            If the file is damaged, or its training had other data or settings; the message
            says which. The trainer is unchanged then.
        """
        self._identity = training_identity(trainer)
        if not self._is_there():
            return False
        arrays, meta = _read(self.path)
        for name, own in self._identity.items():
            saved = meta["identity"].get(name)
            if saved != own:
                raise ValueError(
                    f"checkpoint {os.fspath(self.path)!r} is of another training: its {name} was "
                    f"{saved}, now it is {own}; remove the file or name another"
                )
        trainer.restore(arrays, meta["state"])
        return True

    def _is_there(self) -> bool:
        """Tell whether there is a training to go on with; a pipe or a device holds none."""
        return is_replaceable(self.path) and Path(self.path).exists()

    def on_epoch_end(self, trainer: Trainer) -> None:
        done = trainer.epoch - trainer.first_epoch
        if done % self.every == 0 or trainer.stop or done == trainer.n_epochs:
            self.save(trainer)

    def save(self, trainer: Trainer) -> None:
        """Write the file now.

        Parameters
        ----------
        trainer : Trainer
            Between two epochs.
        """
        from safetensors.numpy import save

        if self._identity is None:
            self._identity = training_identity(trainer)
        arrays, state = trainer.snapshot()
        meta = {"format": FORMAT, "identity": self._identity, "state": state}
        content = save(arrays, metadata={"fernet": json.dumps(meta)})
        with atomic_writer(self.path) as file:
            file.write(content)

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "every": self.every, "_identity": None}


def training_identity(trainer: Trainer) -> dict[str, Any]:
    """Describe what a training is made of: two with equal descriptions are the same.

    Parameters
    ----------
    trainer : Trainer
        Not started yet: its network's parameters count as well.

    Returns
    -------
    dict
        Fit for JSON. Data stand as shape and CRC-32. The number of epochs and the patience are
        left out, as a training may be prolonged.
    """
    settings, optimizer, data = trainer.settings, trainer.optimizer, trainer.training
    kept_out = {"kernels", "n_steps", *optimizer.state_names}
    identity = {
        "layers": trainer.whole_network.config(),
        "layers that learn": len(trainer.network.layers),
        "input_shape": list(trainer.whole_network.input_shape),
        "initial weights": _checksum(trainer.whole_network.values),
        "solver": type(optimizer).__name__,
        "solver settings": {k: v for k, v in vars(optimizer).items() if k not in kept_out},
        "schedule": settings.schedule.config(),
        "augmentation": None if data.augmentation is None else data.augmentation.config(),
        "training data": _describe(data.X, data.indices),
        "targets": _describe(data.target, data.indices),
        "weights of the samples": _describe(data.weight, data.indices),
        "has early stopping": settings.patience is not None,
        **{
            name: getattr(settings, name)
            for name in (
                "seed",
                "learning_rate",
                "batch_size",
                "label_smoothing",
                "clip_norm",
                "ema_decay",
                "shuffle",
            )
        },
    }
    # As it will read when it comes back from the file.
    return json.loads(json.dumps(identity))


def _describe(values: NDArray | None, indices: NDArray, at_a_time: int = 4096) -> list | None:
    if values is None:
        return None
    checksum = 0
    for start in range(0, len(indices), at_a_time):
        checksum = _checksum(values[indices[start : start + at_a_time]], checksum)
    return [len(indices), *values.shape[1:], values.dtype.str, checksum]


def _checksum(values: NDArray, before: int = 0) -> int:
    return zlib.crc32(np.ascontiguousarray(values).data, before)


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, NDArray], dict[str, Any]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(os.fspath(path), framework="numpy") as file:
            meta = json.loads((file.metadata() or {}).get("fernet", "null"))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(
            f"checkpoint {os.fspath(path)!r} cannot be read ({error}); expected a file that "
            "Checkpoint wrote"
        ) from None
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise ValueError(f"{os.fspath(path)!r} is not a checkpoint; expected format {FORMAT!r}")
    return arrays, meta
