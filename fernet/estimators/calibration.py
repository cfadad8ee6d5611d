"""A temperature that makes probabilities as high as answers are often right."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

__all__ = ["HOTTEST", "fit_temperature", "warn_of_no_temperature"]
__dir__ = __all__.copy

HOTTEST = 100.0
"""Temperatures lie between this and its inverse: beyond, no data tell one from another."""


def fit_temperature(
    log_proba: NDArray, target: NDArray, sample_weight: NDArray | None = None
) -> float:
    """Find the temperature under which labels are most probable.

    Parameters
    ----------
    log_proba : ndarray of shape (n_samples, n_classes)
        Logarithms of probabilities.
    target : ndarray of int of shape (n_samples,)
        The column of each label.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights.

    Returns
    -------
    float
        Above 1 where the probabilities are too sure, below where they are not sure enough.

    Examples
    --------
    Sure to 90 % and right in 3 of 4 cases:

    >>> import numpy as np
    >>> from fernet.estimators.calibration import fit_temperature
    >>> log_proba = np.log(np.tile([0.9, 0.1], (4, 1)))
    >>> temperature = fit_temperature(log_proba, np.array([0, 0, 0, 1]))
    >>> bool(np.isclose(temperature, np.log(9) / np.log(3), rtol=1e-4))
    True
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    scores = log_proba.astype(np.float64)
    of_label = scores[np.arange(len(scores)), target]

    def loss(log_temperature: float) -> float:
        inverse = np.exp(-log_temperature)
        losses = logsumexp(inverse * scores, axis=1) - inverse * of_label
        return float(np.average(losses, weights=sample_weight))

    # In 1/T the loss is convex, so it has one minimum in log T too.
    bound = np.log(HOTTEST)
    found = minimize_scalar(loss, bounds=(-bound, bound), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def warn_of_no_temperature(
    temperature: float, log_proba: NDArray, target: NDArray, sample_weight: NDArray | None = None
) -> None:
    """Say that a temperature is as far as it goes, and so no measure of anything.

    Parameters
    ----------
    temperature : float
        What `fit_temperature` found.
    log_proba, target, sample_weight
        What it was given.

    Warns
    -----
    UserWarning
        If each answer is right, or the hottest temperature is the best.
    """
    counts = np.ones(len(target), bool) if sample_weight is None else sample_weight > 0
    right = (log_proba.argmax(axis=1) == target)[counts]
    if right.all():
        found = f"{len(right)} images of which each is recognised"
    elif temperature > 0.99 * HOTTEST:
        found = f"{len(right)} images that are recognised no better than by chance"
    else:
        return
    warnings.warn(
        f"temperature_ is {temperature:.2g}, as far as it goes, from {found}; expected some "
        "hundreds that no training has seen",
        UserWarning,
        stacklevel=3,
    )
