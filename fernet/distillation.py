"""Networks that teach others: their answers as soft targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["teacher_distribution"]
__dir__ = __all__.copy


def teacher_distribution(
    teachers: Any | Sequence[Any],
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    weight: float = 0.7,
    temperature: float = 1.0,
) -> NDArray[np.float32]:
    """Return the targets that teachers give, to be learnt in place of labels.

    The teachers see each image once, as it stands; a pupil that varies images as it trains learns
    the same answer for all variations. On doubtful labels this helps even where a teacher is no
    better than the pupil: it says what is easily mistaken for what.

    Parameters
    ----------
    teachers : estimator or sequence of estimators
        Fitted, with `predict_proba`; what several answer is averaged.
    X : array-like of shape (n_samples, n_features) or (n_samples, height, width[, channels])
        Images, as the teachers take them.
    y : array-like of shape (n_samples,) or (n_samples, n_classes), default=None
        Labels that count beside the teachers, or distributions such as shares of votes, with
        columns in the order of the teachers' `classes_`; None takes the teachers' word alone.
    weight : float, default=0.7
        Share of the teachers in each target, 0 to 1; the rest is what `y` says. Without `y` it
        is 1.
    temperature : float, default=1.0
        The teachers' probabilities are raised to the power 1 / `temperature`, above 0: higher
        than 1 brings out what they hold for less likely.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float32
        For the `label_distribution` of `fit`: columns in the order of the teachers' `classes_`,
        each row sums to 1.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If a teacher is not fitted.
    TypeError
        If a teacher is no classifier with `predict_proba`.
    ValueError
        If there is no teacher, the teachers know different classes, `y` has others or fewer, a row
        of it is no distribution, or a number is outside its range.

    References
    ----------
    Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.distillation import teacher_distribution
    >>> X, y = make_faces(200, random_state=0, return_X_y=True)
    >>> teacher = FERMLPClassifier((64,), max_iter=3, random_state=0).fit(X, y)
    >>> targets = teacher_distribution(teacher, X, y, weight=0.5)
    >>> pupil = FERMLPClassifier((16,), max_iter=3, random_state=0)
    >>> pupil.fit(X, y, label_distribution=targets).predict(X).shape
    (200,)
    """
    teachers = list(teachers) if isinstance(teachers, list | tuple) else [teachers]
    _check(teachers, weight, temperature)
    classes = teachers[0].classes_
    targets = np.mean([_tempered(t.predict_proba(X), temperature) for t in teachers], axis=0)
    if y is not None:
        beside = np.asarray(y)
        own = _distributions if beside.ndim == 2 else _one_hot
        targets = weight * targets + (1 - weight) * own(beside, classes, len(targets))
    return (targets / targets.sum(axis=1, keepdims=True)).astype(np.float32)


def _check(teachers: list[Any], weight: float, temperature: float) -> None:
    if not teachers:
        raise ValueError("teachers is empty; expected a fitted estimator, or several")
    if not 0 <= weight <= 1:
        raise ValueError(f"weight is {weight}; expected 0 to 1")
    if not 0 < temperature < np.inf:
        raise ValueError(f"temperature is {temperature}; expected above 0")
    from sklearn.utils.validation import check_is_fitted

    for number, teacher in enumerate(teachers):
        if not hasattr(teacher, "predict_proba"):
            raise TypeError(
                f"teachers[{number}] is of type {type(teacher).__name__}; expected a classifier "
                "with predict_proba, such as load_model returns"
            )
        if hasattr(teacher, "fit"):
            check_is_fitted(teacher)
    classes = [np.asarray(teacher.classes_).tolist() for teacher in teachers]
    for number, others in enumerate(classes):
        if others != classes[0]:
            raise ValueError(
                f"teachers[{number}] knows the classes {others}, teachers[0] {classes[0]}; "
                "expected the same"
            )


def _tempered(proba: NDArray, temperature: float) -> NDArray:
    """Raise probabilities to the power 1 / temperature; the most likely one stays above 0."""
    proba = np.asarray(proba, dtype=np.float64)
    powers = (proba / proba.max(axis=1, keepdims=True)) ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def _one_hot(y: NDArray, classes: NDArray, n_samples: int) -> NDArray:
    if y.shape != (n_samples,):
        raise ValueError(f"y has shape {y.shape}; expected ({n_samples},), a label an image")
    found = np.unique(y)
    if found.tolist() != classes.tolist():
        raise ValueError(
            f"y has the classes {found.tolist()}; the teachers know {classes.tolist()}, expected "
            "the same"
        )
    return (y[:, None] == classes).astype(np.float64)


def _distributions(y: NDArray, classes: NDArray, n_samples: int) -> NDArray:
    shape = n_samples, len(classes)
    if y.shape != shape:
        raise ValueError(
            f"y has shape {y.shape}; expected {shape}, an image a row, and a column for each of "
            f"{classes.tolist()}"
        )
    shares = y.astype(np.float64)
    is_one = (shares >= 0).all(axis=1) & np.isclose(shares.sum(axis=1), 1, atol=1e-3)
    if not is_one.all():
        row = int(np.flatnonzero(~is_one)[0])
        raise ValueError(
            f"y[{row}] is {y[row].tolist()}; expected shares of 0 or more that sum to 1"
        )
    return shares
