"""Learning rate as a function of how far a training has come."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from fernet._checks import arguments_of, call_text, check_number

__all__ = [
    "SCHEDULES",
    "ConstantSchedule",
    "CosineSchedule",
    "ExponentialSchedule",
    "OneCycleSchedule",
    "Schedule",
]
__dir__ = __all__.copy


class Schedule:
    """Base of all schedules: a factor on the initial learning rate.

    Examples
    --------
    >>> from fernet.schedules import CosineSchedule
    >>> CosineSchedule(warmup=0.0).factor(5, 10)
    0.5
    """

    depends_on_n_epochs: ClassVar[bool] = True
    """Whether `factor` asks how many epochs are planned: if so, a training can't be prolonged."""

    def factor(self, epoch: float, n_epochs: int) -> float:
        """Return the factor on the initial learning rate.

        Parameters
        ----------
        epoch : float
            Epochs done so far, with the fraction of the one under way.
        n_epochs : int
            Epochs that the training is planned for.

        Returns
        -------
        float
            0 or more.
        """
        raise NotImplementedError

    def config(self) -> dict[str, Any]:
        """Return the schedule's class name and arguments, fit for JSON.

        Raises
        ------
        ValueError
            If it does not keep an argument of its constructor under its name.
        """
        return {"kind": type(self).__name__, **arguments_of(self)}

    def __repr__(self) -> str:
        return call_text(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schedule) and self.config() == other.config()


class ConstantSchedule(Schedule):
    """The same rate throughout.

    Examples
    --------
    >>> from fernet.schedules import ConstantSchedule
    >>> ConstantSchedule().factor(3.5, 10)
    1.0
    """

    depends_on_n_epochs = False

    def factor(self, epoch: float, n_epochs: int) -> float:
        return 1.0


class ExponentialSchedule(Schedule):
    """The rate is multiplied by `decay` after each epoch, as in the report's section 5.4.

    Parameters
    ----------
    decay : float, default=0.95
        Above 0 and at most 1.

    Examples
    --------
    >>> from fernet.schedules import ExponentialSchedule
    >>> ExponentialSchedule(0.5).factor(2.9, 10)
    0.25
    """

    depends_on_n_epochs = False

    def __init__(self, decay: float = 0.95) -> None:
        check_number(decay, "decay", "above 0 and at most 1")
        if not 0 < decay <= 1:
            raise ValueError(f"decay is {decay}; expected above 0 and at most 1")
        self.decay = float(decay)

    def factor(self, epoch: float, n_epochs: int) -> float:
        return float(self.decay ** math.floor(epoch))


class CosineSchedule(Schedule):
    """A straight rise over the first part, then half a cosine down to 0.

    Parameters
    ----------
    warmup : float, default=0.05
        Fraction of the training that the rise takes, at least 0 and below 1.

    References
    ----------
    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.

    Examples
    --------
    >>> from fernet.schedules import CosineSchedule
    >>> [round(CosineSchedule(0.2).factor(epoch, 10), 2) for epoch in (1, 2, 6, 10)]
    [0.5, 1.0, 0.5, 0.0]
    """

    def __init__(self, warmup: float = 0.05) -> None:
        check_number(warmup, "warmup", "at least 0 and below 1")
        if not 0 <= warmup < 1:
            raise ValueError(f"warmup is {warmup}; expected at least 0 and below 1")
        self.warmup = float(warmup)

    def factor(self, epoch: float, n_epochs: int) -> float:
        done = min(epoch / n_epochs, 1.0)
        if done < self.warmup:
            return done / self.warmup
        return 0.5 * (1 + math.cos(math.pi * (done - self.warmup) / (1 - self.warmup)))


class OneCycleSchedule(Schedule):
    """From a low rate up to the initial one and down to nearly nothing, in two half cosines.

    Parameters
    ----------
    rise : float, default=0.3
        Fraction of the training at which the rate peaks, above 0 and below 1.
    start : float, default=0.04
        Factor at the beginning, 0 to 1.
    end : float, default=1e-4
        Factor at the end, 0 to 1.

    References
    ----------
    Smith and Topin, "Super-convergence: very fast training of neural networks using large
    learning rates", 2019.

    Examples
    --------
    >>> from fernet.schedules import OneCycleSchedule
    >>> [round(OneCycleSchedule().factor(epoch, 10), 2) for epoch in (0, 3, 10)]
    [0.04, 1.0, 0.0]
    """

    def __init__(self, rise: float = 0.3, start: float = 0.04, end: float = 1e-4) -> None:
        check_number(rise, "rise", "above 0 and below 1")
        if not 0 < rise < 1:
            raise ValueError(f"rise is {rise}; expected above 0 and below 1")
        for name, value in (("start", start), ("end", end)):
            check_number(value, name, "0 to 1")
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}; expected 0 to 1")
        self.rise, self.start, self.end = float(rise), float(start), float(end)

    def factor(self, epoch: float, n_epochs: int) -> float:
        done = min(epoch / n_epochs, 1.0)
        if done < self.rise:
            return _half_cosine(self.start, 1.0, done / self.rise)
        return _half_cosine(1.0, self.end, (done - self.rise) / (1 - self.rise))


def _half_cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * progress))


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": ConstantSchedule,
    "exponential": ExponentialSchedule,
    "cosine": CosineSchedule,
    "one_cycle": OneCycleSchedule,
}
"""Schedules by the name that an estimator's parameter gives."""
