"""The validation split that an estimator makes for itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fernet._engine.random_streams import VALIDATION_SPLIT, generator

__all__ = ["stratified_indices"]
__dir__ = __all__.copy


def stratified_indices(
    target: NDArray, indices: NDArray, fraction: float, seed: int
) -> tuple[NDArray, NDArray]:
    """Part samples into training and validation, each class in proportion.

    Parameters
    ----------
    target : ndarray of shape (n_samples,), int
        Class numbers.
    indices : ndarray of shape (n_indices,), int64
        Those to part.
    fraction : float
        Share of the validation samples, between 0 and 1.
    seed : int
        Key of the choice.

    Returns
    -------
    training, validation : ndarray of int64
        Ascending. Every class keeps a sample for training.

    Raises
    ------
    ValueError
        If no sample would be left for validation.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.splits import stratified_indices
    >>> target = np.array([0] * 20 + [1] * 10)
    >>> training, validation = stratified_indices(target, np.arange(30), 0.1, seed=0)
    >>> target[validation].tolist()
    [0, 0, 1]
    """
    labels = target[indices]
    counts = np.bincount(labels)
    shares = _shares(counts, fraction)
    rng = generator(seed, VALIDATION_SPLIT)
    chosen = np.zeros(len(indices), dtype=bool)
    for label, share in enumerate(shares):
        members = np.flatnonzero(labels == label)
        chosen[rng.permutation(members)[:share]] = True
    if not chosen.any():
        raise ValueError(
            f"validation_fraction is {fraction}, which leaves no sample of any class for "
            f"validation among {len(indices)} samples; expected more samples, a larger fraction, "
            "or X_val and y_val"
        )
    return indices[~chosen], indices[chosen]


def _shares(counts: NDArray, fraction: float) -> NDArray:
    """Share the validation samples out among the classes by largest remainder."""
    exact = counts * fraction
    limit = np.maximum(counts - 1, 0)
    shares = np.minimum(np.floor(exact).astype(np.int64), limit)
    missing = int(np.rint(exact.sum())) - int(shares.sum())
    for label in np.argsort(shares - exact, kind="stable"):
        if missing > 0 and shares[label] < limit[label]:
            shares[label] += 1
            missing -= 1
    return shares
