"""A training as it stood after an epoch, kept while it goes on."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from fernet._training.history import History
from fernet._training.trainer import Trainer

__all__ = ["KeptEpoch"]
__dir__ = __all__.copy


class KeptEpoch:
    """A copy of a training as it stood after an epoch, while the training goes on.

    It has the size of the snapshot's arrays. The history is the training's own, cut when it is
    asked for, as a copy after each of many quick epochs would take longer than these.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray] = {}
        self._meta: dict[str, Any] | None = None

    @property
    def epoch(self) -> int | None:
        """The epochs that were done then; None if there is no copy."""
        return None if self._meta is None else int(self._meta["epoch"])

    def take(self, trainer: Trainer) -> None:
        """Copy a training that is between two epochs, into the buffers of an earlier copy."""
        self._meta = None  # an interruption amid the copying leaves none
        arrays, meta = trainer.snapshot(with_history=False)
        for name, array in arrays.items():
            if name in self._arrays:
                self._arrays[name][...] = array
            else:
                self._arrays[name] = array.copy()
        self._meta = meta

    def snapshot(self, history: History) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """Return what `Trainer.snapshot` returned then.

        Parameters
        ----------
        history : History
            The training's, which has gone on since.
        """
        if self._meta is None:
            raise ValueError("there is no copy of an epoch")
        then = history.copy()
        then.cut(self._meta["epoch"], self._meta["step"])
        return self._arrays, self._meta | {"history": then.to_dict()}
