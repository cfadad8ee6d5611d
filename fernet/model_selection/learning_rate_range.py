"""The learning rate range test: which rates a network learns at, in one short training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from fernet._checks import as_count
from fernet._training.divergence import DivergenceError
from fernet.callbacks import Callback
from fernet.schedules import Schedule

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

__all__ = ["LearningRateRange", "learning_rate_range"]
__dir__ = __all__.copy

_MEMORY = 0.9  # of the running mean that smooths the losses
_SLOPE_PART = 4  # of all steps a line is fitted to one in so many: single batches say little
_DIVERGED = 4.0  # times the lowest smoothed loss: no higher rate is of interest


@dataclass(frozen=True, eq=False, slots=True)
class LearningRateRange:
    """What a range test found.

    Parameters
    ----------
    rates : ndarray of shape (n_steps,)
        Learning rate of each step, rising.
    losses : ndarray of shape (n_steps,)
        Loss of each step's batch, the L2 term included.
    smoothed : ndarray of shape (n_steps,)
        Running mean of the losses, by the weights of the batches' samples.
    suggestion : float
        The middle of the quarter of the rates over which the loss falls the fastest, by a line
        fitted to the losses, before the lowest smoothed one.
    """

    rates: NDArray
    losses: NDArray
    smoothed: NDArray
    suggestion: float


def learning_rate_range(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike,
    *,
    low: float = 1e-5,
    high: float = 1.0,
    n_steps: int = 100,
) -> LearningRateRange:
    """Try learning rates from low to high in one training, a higher one each step.

    Too low a rate leaves the loss where it is, a good one lets it fall, too high a one makes it
    rise; there the test ends. Good values of ``learning_rate_init`` lie where the loss falls the
    fastest, or somewhat below. `fernet.plotting.LearningRateRangeDisplay` draws it.

    Parameters
    ----------
    estimator : FERMLPClassifier or FERCNNClassifier
        Its parameters count, but for those of the rate and of stopping; it is left as it is.
    X, y : array-like
        Images and labels, as `fit` takes them.
    low, high : float, default=1e-5, 1.0
        The first rate and the last, above 0; they rise by the same factor each step.
    n_steps : int, default=100
        Steps at most, 2 or more. Data of fewer batches are gone through several times.

    Returns
    -------
    LearningRateRange

    Raises
    ------
    ValueError
        If `low` is not above 0 and below `high`, `n_steps` is no whole number of 2 or more, or the
        training diverges at its first steps.

    References
    ----------
    L. N. Smith, "Cyclical learning rates for training neural networks", 2017.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.model_selection import learning_rate_range
    >>> X, y = make_faces(200, random_state=0, return_X_y=True)
    >>> found = learning_rate_range(FERMLPClassifier((16,), random_state=0), X, y, n_steps=30)
    >>> bool(found.rates[0] < found.suggestion < 1)
    True
    """
    if not 0 < low < high < float("inf"):
        raise ValueError(f"low is {low} and high is {high}; expected 0 < low < high")
    n_steps = as_count(n_steps, "n_steps", least=2)
    record = _Record(n_steps)
    model = clone(estimator).set_params(
        learning_rate_init=low,
        schedule=_RisingSchedule(high / low, n_steps, record),
        # Never all of them: the record ends the training.
        max_iter=n_steps,
        early_stopping=False,
        warm_start=False,
        freeze=None,
        checkpoint=None,
        verbose=0,
        callbacks=[record],
    )
    try:
        model.fit(X, y)
    except _Ended:
        pass
    except DivergenceError:
        if len(record.rates) < 2:
            raise
    rates, losses = np.array(record.rates), np.array(record.losses)
    smoothed = np.array(record.smoothed)
    suggestion = _steepest(rates, losses, np.array(record.weights), smoothed)
    return LearningRateRange(rates, losses, smoothed, suggestion)


def _steepest(rates: NDArray, losses: NDArray, weights: NDArray, smoothed: NDArray) -> float:
    """Return the middle of the rates, before the lowest loss, over which it falls the fastest."""
    width = max(2, len(rates) // _SLOPE_PART)
    end = width + int(smoothed[width - 1 :].argmin())
    x, y, w = (
        sliding_window_view(part[:end], width)
        for part in (np.log(rates), losses / weights, weights)
    )
    x = x - np.average(x, axis=1, weights=w)[:, np.newaxis]
    slopes = (w * x * y).sum(1) / (w * x**2).sum(1)
    return float(rates[slopes.argmin() + width // 2])


class _Ended(Exception):  # noqa: N818 - no error: all is known
    """Ends a training from within an epoch."""


class _Record(Callback):
    """Keeps rates and losses, and ends the training once all is known."""

    def __init__(self, n_steps: int) -> None:
        self.n_steps = n_steps
        self.rates: list[float] = []
        self.losses: list[float] = []
        self.weights: list[float] = []
        self.smoothed: list[float] = []
        self._loss = self._weight = 0.0

    def on_step_end(self, trainer: Trainer) -> None:
        self.rates.append(trainer.learning_rate)
        self.losses.append(trainer.last_loss)
        self.weights.append(trainer.last_weight)
        self._loss = _MEMORY * self._loss + (1 - _MEMORY) * trainer.last_loss
        # By what the batches weigh, and without the 0 that the mean begins with.
        self._weight = _MEMORY * self._weight + (1 - _MEMORY) * trainer.last_weight
        self.smoothed.append(self._loss / self._weight)
        n_done = len(self.rates)
        if n_done >= self.n_steps or (
            n_done > 1 and self.smoothed[-1] > _DIVERGED * min(self.smoothed)
        ):
            raise _Ended


class _RisingSchedule(Schedule):
    """Rises by the same factor at each step of a record."""

    def __init__(self, ratio: float, n_steps: int, record: _Record) -> None:
        self.ratio = ratio
        self.n_steps = n_steps
        self.record = record

    def factor(self, epoch: float, n_epochs: int) -> float:
        return float(self.ratio ** (len(self.record.rates) / (self.n_steps - 1)))
