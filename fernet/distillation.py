"""Networks that teach others: their answers as soft targets."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet._checks import check_number
from fernet._io.callers import levels_to_caller
from fernet.emotions import class_names, match_classes, plain_labels
from fernet.estimators.not_images import check_unmasked
from fernet.estimators.other_arrays import column_names

__all__ = ["teacher_distribution"]
__dir__ = __all__.copy


def teacher_distribution(
    teachers: Any | Sequence[Any],
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    classes: ArrayLike | None = None,
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
        a column for each class, found by its name where columns have names; None takes the
        teachers' word alone.
    classes : array-like of shape (n_classes,), default=None
        The label of each column, where the pupil's are not the teachers': matched by name, so that
        FER2013's emotions and their numbers are the same. What a teacher answers for others is
        left out, and it counts for as much less; images of classes that it does not know go by `y`
        alone. By default the teachers' `classes_`, which are then to be the same. Let them be
        sorted, as ``numpy.unique(y)`` is: `fit` takes columns in that order.
    weight : float, default=0.7
        Share of the teachers in each target, 0 to 1; the rest is what `y` says. Without `y` it
        is 1.
    temperature : float, default=1.0
        The teachers' probabilities are raised to the power 1 / `temperature`, above 0: higher
        than 1 brings out what they hold for less likely.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float32
        For the `label_distribution` of `fit`: a column for each of `classes`, in their order; each
        row sums to 1.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If a teacher is not fitted.
    TypeError
        If a teacher is no classifier with `predict_proba`.
    ValueError
        If there is no teacher, the teachers know different classes or none of those asked for, `y`
        has others or, without `classes`, fewer, a row of it is no distribution, or a number is
        outside its range.

    Warns
    -----
    UserWarning
        If `classes` are not sorted: `fit` would take a column for another class's, unless they have
        names, as those of a data frame.

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
    labels = _common_classes(teachers) if classes is None else _asked_classes(classes)
    known = [_columns_of(teacher, number, labels) for number, teacher in enumerate(teachers)]
    answers = [
        _answer(_tempered(teacher.predict_proba(X), temperature), columns)
        for teacher, columns in zip(teachers, known, strict=True)
    ]
    if y is None:
        targets = _alone(answers, known, labels)
    else:
        own = _beside(_in_order(y, labels), labels, len(answers[0][0]), all_of_them=classes is None)
        # A teacher has no say on what it does not know.
        says = [1 - own[:, columns < 0].sum(axis=1, keepdims=True) for columns in known]
        told = np.mean([say * of for say, (of, _) in zip(says, answers, strict=True)], axis=0)
        share = np.mean([say * mass for say, (_, mass) in zip(says, answers, strict=True)], axis=0)
        targets = weight * told + (1 - weight * share) * own
    return (targets / targets.sum(axis=1, keepdims=True)).astype(np.float32)


def _check(teachers: list[Any], weight: float, temperature: float) -> None:
    if not teachers:
        raise ValueError("teachers is empty; expected a fitted estimator, or several")
    check_number(weight, "weight", "0 to 1")
    if not 0 <= weight <= 1:
        raise ValueError(f"weight is {weight}; expected 0 to 1")
    check_number(temperature, "temperature", "above 0")
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


def _common_classes(teachers: list[Any]) -> NDArray:
    """Return the classes that all teachers know."""
    classes = [np.asarray(teacher.classes_).tolist() for teacher in teachers]
    for number, others in enumerate(classes):
        if others != classes[0]:
            raise ValueError(
                f"teachers[{number}] knows the classes {others}, teachers[0] {classes[0]}; "
                "expected the same, or classes, those to learn"
            )
    return np.asarray(teachers[0].classes_)


def _asked_classes(classes: ArrayLike) -> NDArray:
    labels = plain_labels(classes)
    if labels.ndim != 1 or labels.size == 0 or len(np.unique(labels)) < labels.size:
        raise ValueError(f"classes is {labels.tolist()}; expected different labels")
    if (ordered := np.unique(labels).tolist()) != labels.tolist():
        warnings.warn(
            f"classes is {labels.tolist()}, which is not sorted, and so are the columns, while fit "
            f"takes columns without names as those of {ordered}; expected these, or give fit "
            "pandas.DataFrame(targets, columns=classes)",
            UserWarning,
            stacklevel=levels_to_caller(),
        )
    return labels


def _columns_of(teacher: Any, number: int, labels: NDArray) -> NDArray[np.int64]:
    """Return the teacher's column of each label, -1 where it has none."""
    columns = np.array(match_classes(labels, teacher.classes_), np.int64)
    if (columns < 0).all():
        raise ValueError(
            f"teachers[{number}] knows none of the classes {labels.tolist()}; its own are "
            f"{', '.join(class_names(teacher.classes_))}"
        )
    return columns


def _answer(proba: NDArray, columns: NDArray[np.int64]) -> tuple[NDArray, NDArray]:
    """Return what a teacher says of the classes to learn, and the share that this is of all."""
    others = np.delete(proba, columns[columns >= 0], axis=1)
    return np.where(columns < 0, 0, proba[:, columns]), 1 - others.sum(axis=1, keepdims=True)


def _alone(
    answers: list[tuple[NDArray, NDArray]], known: list[NDArray[np.int64]], labels: NDArray
) -> NDArray:
    """Return what the teachers say, where nothing else is to be learnt."""
    if (unknown := (np.array(known) < 0).all(axis=0)).any():
        raise ValueError(
            f"no teacher knows the class {labels[unknown].tolist()[0]!r}; expected y, the labels"
        )
    told = np.mean([of for of, _ in answers], axis=0)
    # Of an image that all are certain to be something else, nothing is known.
    told[told.sum(axis=1) == 0] = 1
    return told


def _tempered(proba: NDArray, temperature: float) -> NDArray:
    """Raise probabilities to the power 1 / temperature; the most likely one stays above 0."""
    proba = np.asarray(proba, dtype=np.float64)
    powers = (proba / proba.max(axis=1, keepdims=True)) ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def _in_order(y: Any, classes: NDArray) -> NDArray:
    """Return labels, or shares with a table's columns in the order of the classes."""
    check_unmasked(y, "y", "labels")
    names, values = column_names(y), np.asarray(y)
    if names is None or values.ndim != 2 or names == list(range(len(names))):
        return values
    places = match_classes(classes, names)
    if sorted(places) == list(range(len(names))):
        return values[:, places]
    if max(places) >= 0:
        raise ValueError(f"y has the columns {names}; expected {classes.tolist()}")
    return values


def _beside(y: NDArray, classes: NDArray, n_samples: int, *, all_of_them: bool) -> NDArray:
    """Return labels or shares as shares of the classes."""
    if y.ndim == 2:
        return _distributions(y, classes, n_samples)
    return _one_hot(y, classes, n_samples, all_of_them=all_of_them)


def _one_hot(y: NDArray, classes: NDArray, n_samples: int, *, all_of_them: bool) -> NDArray:
    if y.shape != (n_samples,):
        raise ValueError(f"y has shape {y.shape}; expected ({n_samples},), a label an image")
    found, known = np.unique(y).tolist(), classes.tolist()
    if all_of_them and found != known:
        raise ValueError(
            f"y has the classes {found}; the teachers know {known}, expected the same, or "
            "classes=numpy.unique(y)"
        )
    if not set(found) <= set(known):
        raise ValueError(f"y has the classes {found}; expected some of {known}")
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
