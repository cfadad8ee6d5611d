"""A learning rate that falls where learning stalls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fernet._checks import as_count, check_number
from fernet.callbacks._figures import Figure, check_figure, check_is_there, goodness
from fernet.callbacks.base import Callback

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

__all__ = ["ReduceLearningRateOnPlateau"]
__dir__ = __all__.copy


class ReduceLearningRateOnPlateau(Callback):
    """Lower the learning rate whenever a figure has not become better for some epochs.

    The rate is multiplied beside the schedule, which is best ``"constant"`` then, and beside other
    callbacks: of two of these with figures of their own, both count. All is computed
    from the history, so a training that goes on from a checkpoint has the same bits as one that
    was never stopped.

    Parameters
    ----------
    factor : float, default=0.1
        What the rate is multiplied by, above 0 and below 1.
    patience : int, default=5
        Epochs in a row without a better figure, 1 or more; they are counted anew once the rate is
        lower.
    min_delta : float, default=0.0
        What counts as better: more than this above the best so far (or below, for a loss). 0 or
        more, in the figure's unit.
    min_factor : float, default=0.0
        The least that all reductions together may come to, from 0 to 1.
    monitor : {"validation_accuracy", "validation_loss", "accuracy", "loss"}, \
    default="validation_accuracy"
        The figure: a column of ``history_.epochs``.

    Raises
    ------
    ValueError
        If a parameter is out of its range. From `fit`, if there are no validation data and the
        figure needs them.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.callbacks import ReduceLearningRateOnPlateau
    >>> from fernet.datasets import make_faces
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> slower = ReduceLearningRateOnPlateau(0.5, patience=1, min_delta=100.0, monitor="loss")
    >>> model = FERMLPClassifier((8,), max_iter=4, learning_rate_init=0.01, callbacks=slower)
    >>> model.fit(X, y).history_.epochs["learning_rate"]     # no loss falls by 100
    [0.01, 0.01, 0.005, 0.0025]
    """

    def __init__(
        self,
        factor: float = 0.1,
        *,
        patience: int = 5,
        min_delta: float = 0.0,
        min_factor: float = 0.0,
        monitor: Figure = "validation_accuracy",
    ) -> None:
        check_number(factor, "factor", "a number above 0 and below 1")
        check_number(min_delta, "min_delta", "0 or more")
        check_number(min_factor, "min_factor", "a number from 0 to 1")
        if not 0 < factor < 1:
            raise ValueError(f"factor is {factor}; expected a number above 0 and below 1")
        if not min_delta >= 0:
            raise ValueError(f"min_delta is {min_delta}; expected 0 or more")
        if not 0 <= min_factor <= 1:
            raise ValueError(f"min_factor is {min_factor}; expected a number from 0 to 1")
        check_figure(monitor)
        self.factor = factor
        self.patience = as_count(patience, "patience")
        self.min_delta = min_delta
        self.min_factor = min_factor
        self.monitor: Figure = monitor

    def on_train_begin(self, trainer: Trainer) -> None:
        check_is_there(self.monitor, trainer, self)
        self._set_rate(trainer)

    def on_epoch_end(self, trainer: Trainer) -> None:
        self._set_rate(trainer)

    def _set_rate(self, trainer: Trainer) -> None:
        reductions = _plateaus(goodness(self.monitor, trainer), self.patience, self.min_delta)
        trainer.factors_of_callbacks[self] = max(self.factor**reductions, self.min_factor)


def _plateaus(goodness: list[float], patience: int, min_delta: float) -> int:
    """Count how often `patience` values in a row were no better than the best before them."""
    best, waited, found = float("-inf"), 0, 0
    for value in goodness:
        if value > best + min_delta:
            best, waited = value, 0
        else:
            waited += 1
        if waited == patience:
            waited, found = 0, found + 1
    return found
