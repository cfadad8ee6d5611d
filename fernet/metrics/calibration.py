"""Whether a model is right as often as it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet._checks import as_count
from fernet.estimators.not_images import check_unmasked
from fernet.metrics._columns import indices_of

__all__ = ["N_BINS", "ReliabilityBins", "expected_calibration_error", "reliability_bins"]
__dir__ = __all__.copy

N_BINS = 15
"""Into how many ranges of equal width confidences are sorted, as is usual for the error."""


@dataclass(frozen=True, eq=False, slots=True)
class ReliabilityBins:
    """Answers sorted by their confidence.

    Parameters
    ----------
    counts : ndarray of int of shape (n_bins,)
        How many answers are in each range.
    mean_confidence, share_right : ndarray of shape (n_filled_bins,)
        Of the ranges that hold any, between 0 and 1.
    """

    counts: NDArray[np.int64]
    mean_confidence: NDArray[np.float64]
    share_right: NDArray[np.float64]

    @property
    def filled_counts(self) -> NDArray[np.int64]:
        """How many answers are in the ranges that hold any."""
        return self.counts[self.counts > 0]

    @property
    def calibration_error(self) -> float:
        """Mean distance of confidence and share of right answers, weighted by the answers."""
        gaps = np.abs(self.share_right - self.mean_confidence)
        return float(gaps @ self.filled_counts / self.counts.sum())


def reliability_bins(
    confidence: ArrayLike, right: ArrayLike, n_bins: int = N_BINS
) -> ReliabilityBins:
    """Sort answers by their confidence into ranges of equal width.

    Parameters
    ----------
    confidence : array-like of shape (n_samples,)
        Probabilities that a model gave, between 0 and 1.
    right : array-like of bool of shape (n_samples,)
        Whether what it said was so.
    n_bins : int, default=15
        How many ranges.

    Returns
    -------
    ReliabilityBins

    Raises
    ------
    ValueError
        If there are no answers, confidences are no probabilities, or entries are masked.

    Examples
    --------
    >>> from fernet.metrics.calibration import reliability_bins
    >>> bins = reliability_bins([0.9, 0.9, 0.6, 0.6], [True, True, True, False])
    >>> bins.share_right.tolist(), round(bins.calibration_error, 3)
    ([0.5, 1.0], 0.1)
    """
    sure = as_confidences(confidence)
    check_unmasked(right, "right", "truth values")
    is_right = np.asarray(right, dtype=bool)
    if sure.ndim != 1 or sure.shape != is_right.shape or len(is_right) == 0:
        raise ValueError(
            f"confidence has shape {sure.shape} and right {is_right.shape}; expected one "
            "number for each of the same samples"
        )
    n_bins = as_count(n_bins, "n_bins")
    places = np.minimum((sure * n_bins).astype(np.int64), n_bins - 1)
    counts: NDArray[Any] = np.bincount(places, minlength=n_bins)
    filled = counts > 0
    return ReliabilityBins(
        counts,
        np.bincount(places, sure, n_bins)[filled] / counts[filled],
        np.bincount(places, is_right, n_bins)[filled] / counts[filled],
    )


def as_confidences(confidence: ArrayLike) -> NDArray[np.float64]:
    """Return probabilities as an array.

    Raises
    ------
    ValueError
        If one is not between 0 and 1, or masked.
    """
    check_unmasked(confidence, "confidence")
    sure = np.asarray(confidence, dtype=np.float64)
    # The bounds leave room for the rounding of float32.
    if not ((sure >= 0) & (sure <= 1 + 1e-6)).all():
        raise ValueError("confidence holds a number that is not between 0 and 1")
    return sure


def expected_calibration_error(
    y_true: ArrayLike,
    y_proba: ArrayLike,
    *,
    classes: ArrayLike | None = None,
    n_bins: int = N_BINS,
) -> float:
    """Tell how far a model's confidence is from how often it is right.

    Answers are sorted by the probability of the most probable class into ranges of equal width;
    in each, the mean of these probabilities is compared with the share of right answers. The error
    is the mean of these distances, weighted by the answers in each range [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Actual labels.
    y_proba : array-like of shape (n_samples, n_classes)
        Probability of each class.
    classes : array-like of shape (n_classes,), default=None
        The label of each column, such as an estimator's `classes_`; by default those that name a
        table's columns, if all labels are among them, else 0 to ``n_classes - 1``.
    n_bins : int, default=15
        How many ranges; figures of different numbers of them are hard to compare.

    Returns
    -------
    float
        Between 0 and 1; 0 is best.

    Raises
    ------
    ValueError
        If shapes, labels and classes do not fit each other.

    See Also
    --------
    fernet.plotting.ReliabilityDisplay : The same as a curve.

    References
    ----------
    .. [1] M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining well calibrated probabilities
       using Bayesian binning", AAAI 2015.

    Examples
    --------
    >>> from fernet.metrics import expected_calibration_error
    >>> round(expected_calibration_error([0, 0, 1, 1], [[0.8, 0.2]] * 4), 3)
    0.3
    """
    proba, _, actual = indices_of(y_true, y_proba, classes)
    is_right = proba.argmax(axis=1) == actual
    return reliability_bins(proba.max(axis=1), is_right, n_bins).calibration_error
