"""The learning rate of a step."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real

from fernet._checks import check_number
from fernet._training.settings import Settings

__all__ = ["learning_rate_at"]
__dir__ = __all__.copy

_FACTOR = "a finite number, 0 or more"


def learning_rate_at(
    done: float, n_epochs: int, settings: Settings, factor: float, others: Iterable[float]
) -> float:
    """Return the settings' learning rate times their schedule's factor and those of callbacks.

    Parameters
    ----------
    done : float
        Epochs of this training that are done, parts of one included.
    n_epochs : int
        Epochs of it in all.
    settings : Settings
        Of which `learning_rate` and `schedule` count.
    factor : float
        What callbacks set for all.
    others : iterable of float
        What callbacks set for themselves alone.

    Raises
    ------
    ValueError
        If a factor is no number, or the rate is negative or not finite.

    Examples
    --------
    >>> from fernet._training.learning_rate import learning_rate_at
    >>> from fernet._training.settings import Settings
    >>> learning_rate_at(3.5, 10, Settings(0.5), 0.5, [0.5, 1.0])
    0.125
    """
    schedule = settings.schedule
    of_schedule = schedule.factor(done, n_epochs)
    # What is no number at all would fail deep inside, or worse, later. A schedule's text takes
    # long to make, and this is done in each step.
    if not isinstance(of_schedule, Real):
        check_number(of_schedule, f"the factor of schedule {schedule!r}", _FACTOR)
    check_number(factor, "learning_rate_factor", _FACTOR)
    of_callbacks = factor
    for other in others:
        of_callbacks *= other
    rate = settings.learning_rate * of_schedule * of_callbacks
    if not 0 <= rate < math.inf:
        raise ValueError(
            f"the learning rate is {rate}, as {schedule!r} gave a factor of {of_schedule} and "
            f"callbacks one of {of_callbacks}; expected {_FACTOR}"
        )
    return rate
