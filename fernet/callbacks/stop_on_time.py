"""A training that ends in time."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from fernet._checks import check_number
from fernet.callbacks.base import Callback

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

__all__ = ["StopOnTime"]
__dir__ = __all__.copy


class StopOnTime(Callback):
    """End a training before it takes longer than it may.

    It ends after an epoch if another one, as long as the longest so far, would not fit into the
    time left. The first epoch always runs. Where it ends depends on the machine, so two runs need
    not have the same bits; give the estimator a `checkpoint` to go on another time.

    Parameters
    ----------
    seconds : float
        Wall time that the training may take, above 0, counted anew in each `fit`.

    Raises
    ------
    ValueError
        If `seconds` is not above 0.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.callbacks import StopOnTime
    >>> from fernet.datasets import make_faces
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> model = FERMLPClassifier((8,), max_iter=50, callbacks=StopOnTime(1e-9), random_state=0)
    >>> model.fit(X, y).n_iter_
    1
    """

    def __init__(self, seconds: float) -> None:
        check_number(seconds, "seconds", "a time above 0")
        if not seconds > 0 or math.isnan(seconds):
            raise ValueError(f"seconds is {seconds}; expected a time above 0")
        self.seconds = seconds
        self._started = self._epoch_started = self._longest = 0.0

    def on_train_begin(self, trainer: Trainer) -> None:
        self._started, self._longest = time.monotonic(), 0.0

    def on_epoch_begin(self, trainer: Trainer) -> None:
        self._epoch_started = time.monotonic()

    def on_epoch_end(self, trainer: Trainer) -> None:
        now = time.monotonic()
        self._longest = max(self._longest, now - self._epoch_started)
        if now - self._started + self._longest > self.seconds:
            trainer.pause = True
