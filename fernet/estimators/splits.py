"""The validation split that an estimator makes for itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fernet._engine.random_streams import VALIDATION_SPLIT, generator

__all__ = ["stratified_rows"]
__dir__ = __all__.copy


def stratified_rows(
    target: NDArray, rows: NDArray, fraction: float, seed: int
) -> tuple[NDArray, NDArray]:
    """Part rows into training and validation, each class in proportion.

    Parameters
    ----------
    target : ndarray of shape (n_samples,), int
        Class numbers.
    rows : ndarray of shape (n_rows,), int64
        Rows to part.
    fraction : float
        Share of the validation rows, between 0 and 1.
    seed : int
        Key of the choice.

    Returns
    -------
    training, validation : ndarray of int64
        Row numbers, ascending. Every class keeps a row for training.

    Raises
    ------
    ValueError
        If no row would be left for validation.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.splits import stratified_rows
    >>> target = np.array([0] * 20 + [1] * 10)
    >>> training, validation = stratified_rows(target, np.arange(30), 0.1, seed=0)
    >>> target[validation].tolist()
    [0, 0, 1]
    """
    labels = target[rows]
    counts = np.bincount(labels)
    shares = _shares(counts, fraction)
    rng = generator(seed, VALIDATION_SPLIT)
    chosen = np.zeros(len(rows), dtype=bool)
    for label, share in enumerate(shares):
        members = np.flatnonzero(labels == label)
        chosen[rng.permutation(members)[:share]] = True
    if not chosen.any():
        raise ValueError(
            f"validation_fraction is {fraction}, which leaves no sample of any class for "
            f"validation among {len(rows)} samples; expected more samples, a larger fraction, or "
            "X_val and y_val"
        )
    return rows[~chosen], rows[chosen]


def _shares(counts: NDArray, fraction: float) -> NDArray:
    """Share the validation rows out among the classes by largest remainder."""
    exact = counts * fraction
    limit = np.maximum(counts - 1, 0)
    shares = np.minimum(np.floor(exact).astype(np.int64), limit)
    missing = int(np.rint(exact.sum())) - int(shares.sum())
    for label in np.argsort(shares - exact, kind="stable"):
        if missing > 0 and shares[label] < limit[label]:
            shares[label] += 1
            missing -= 1
    return shares
