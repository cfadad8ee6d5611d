"""Soft targets: for each image a distribution over the classes, beside its label."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array

from fernet._io.callers import levels_to_caller
from fernet.emotions import EMOTIONS, label_numbers, plain_labels
from fernet.estimators import images
from fernet.estimators.labels import of_one_kind, read_labels
from fernet.estimators.not_images import check_is_data
from fernet.estimators.other_arrays import array_of, column_names

__all__ = [
    "check_distribution",
    "hard_labels",
    "named_classes",
    "warn_of_order",
    "weigh_classes",
]
__dir__ = __all__.copy

_TOLERANCE = 1e-4
_TOLERANCE_OF_HALVES = 2 * float(np.finfo(np.float16).eps)
"""What rounding to float16 leaves of a row's sum."""
_NUMBERED = (*EMOTIONS, "contempt")
"""Emotions in the order in which the data sets number them."""


def hard_labels(y: Any, name: str = "y") -> Any:
    """Return labels as scikit-learn's checks want them; refuse distributions in their place.

    Parameters
    ----------
    y : array-like
        As `fit` takes it.
    name : str, default="y"
        What to call it in an error.

    Returns
    -------
    array-like of shape (n_samples,)
        As `fernet.estimators.labels.read_labels` returns it.

    Raises
    ------
    ValueError
        If it has two axes, and more than one column, or holds what is no label.
    """
    if y is not None:
        check_is_data(y, name, "labels")
    shape = images.shape_of(y)
    if shape is not None and len(shape) == 2 and shape[1] > 1:
        to_learn = (
            ". Give a distribution over the classes as label_distribution=, and its most probable "
            "label as y"
        )
        raise ValueError(
            f"{name} has shape {tuple(shape)}; expected {name} of shape (n_samples,), a label an "
            f"image{to_learn if name == 'y' else ''}"
        )
    images.check_numbers(y, name, "labels")
    return read_labels(y, name)


def named_classes(
    label_distribution: Any, labels: NDArray, name: str = "label_distribution"
) -> NDArray | None:
    """Return the labels that name a table's columns; None for what has no names.

    Parameters
    ----------
    label_distribution : array-like or None
        As `fit` takes it.
    labels : ndarray
        Labels of the images, or the classes.
    name : str, default="label_distribution"
        The parameter's, for messages.

    Returns
    -------
    ndarray of shape (n_classes,) or None
        In the columns' order; numbers where `labels` are, of columns that are named by them in
        text or by emotions.

    Raises
    ------
    TypeError
        If it is no array, or a table that has yet to be read.
    ValueError
        If two columns have the same name, or they are named by words and the labels are numbers,
        or the other way round.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fernet.estimators.distributions import named_classes
    >>> frame = pd.DataFrame([[0.2, 0.8]], columns=["happy", "angry"])
    >>> named_classes(frame, np.array([0, 3])).tolist()
    [3, 0]
    """
    if label_distribution is None:
        return None
    check_is_data(label_distribution, name, "shares")
    names = column_names(label_distribution)
    if names is None:
        return None
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{name} has two columns {twice[0]!r}; expected one a class")
    return _of_their_kind(plain_labels(names), labels, name)


def _of_their_kind(names: NDArray, labels: NDArray, parameter: str) -> NDArray:
    """Return columns' names as numbers where the labels are."""
    if of_one_kind(names, labels):
        return names
    numbers = None
    if labels.dtype.kind in "iuf":
        of_emotions = {emotion: number for number, emotion in enumerate(_NUMBERED)}
        numbers = label_numbers(of_emotions.get(name, name) for name in names.tolist())
    if numbers is None:
        raise ValueError(
            f"{parameter} has columns {names.tolist()} and the labels are such as "
            f"{labels.ravel().tolist()[0]!r}; expected columns that are named by labels"
        )
    return np.array(numbers)


def check_distribution(
    label_distribution: Any,
    n_samples: int,
    classes: NDArray,
    name: str = "label_distribution",
) -> NDArray[np.float32] | None:
    """Check the distributions, and bring their columns into the order of the classes.

    Parameters
    ----------
    label_distribution : array-like of shape (n_samples, n_classes) or None
        As `fit` takes it.
    n_samples : int
        Of the images.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    name : str, default="label_distribution"
        The parameter's, for messages.

    Returns
    -------
    ndarray of shape (n_samples, n_classes), float32, or None

    Raises
    ------
    ValueError
        If the shape is another, a number is negative, not finite, masked or none, a row does not
        sum to 1, or columns have other names than the classes.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.distributions import check_distribution
    >>> check_distribution([[0.5, 0.5], [0, 1]], 2, np.array(["fear", "happy"])).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    if label_distribution is None:
        return None
    names = named_classes(label_distribution, classes, name)
    images.check_numbers(label_distribution, name)
    given = array_of(label_distribution, name)
    values = check_array(
        given,
        dtype=np.float64,
        ensure_2d=False,
        allow_nd=True,
        ensure_min_samples=0,
        input_name=name,
    )
    if values.shape != (n_samples, len(classes)):
        raise ValueError(
            f"{name} has shape {values.shape}; expected {(n_samples, len(classes))}, "
            f"a row an image and a column each for the classes {classes.tolist()}. (If y lacks a "
            "class, give a data frame whose columns name all.)"
        )
    if names is not None:
        order = np.argsort(names, kind="stable")
        if not np.array_equal(names[order], classes):
            raise ValueError(
                f"{name} has columns {names.tolist()}; expected the classes {classes.tolist()}"
            )
        values = values[:, order]
    are_halves = getattr(given, "dtype", None) == np.float16
    _check_rows(values, _TOLERANCE_OF_HALVES if are_halves else _TOLERANCE, name)
    if are_halves:
        values /= values.sum(axis=1, keepdims=True)
    return np.ascontiguousarray(values, dtype=np.float32)


def warn_of_order(
    distribution: NDArray,
    target: NDArray[np.integer],
    classes: NDArray,
    *,
    named: bool = False,
    name: str = "label_distribution",
) -> None:
    """Warn where columns fit the labels far better in another order.

    Of random shares that happens less than once in twenty thousand times, however few images and
    classes there are.

    Parameters
    ----------
    distribution : ndarray of shape (n_samples, n_classes)
        As `check_distribution` returns it.
    target : ndarray of shape (n_samples,)
        The place of each label among the classes.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    named : bool, default=False
        Whether the columns came with names, so that it is the labels that are doubtful.
    name : str, default="label_distribution"
        The parameter's, for messages.

    Warns
    -----
    UserWarning
        Which names the order that fits.
    """
    counts = _count_pairs(distribution, target)
    order = _better_order(counts)
    if order is None:
        return
    names, total = classes.tolist(), counts.sum()
    places = np.argsort(order).tolist()
    better = [names[place] for place in places]
    fitting = counts[np.arange(len(order)), order].sum()
    of_fer2013 = [name for name in _NUMBERED if name in names]
    origin = ", FER2013's order" if better == of_fer2013 else ""
    taken = (
        "as they are named, so y may number its labels otherwise, as LabelEncoder and ensembles do"
        if named
        else "the sorted labels. A data frame names its columns"
    )
    warnings.warn(
        f"{name}'s largest share is the label's for {counts.trace() / total:.0%} of "
        f"the images, and would be for {fitting / total:.0%} if its columns were {better}{origin}; "
        f"they are taken for {names}, {taken}",
        UserWarning,
        stacklevel=levels_to_caller(),
    )


def _count_pairs(distribution: NDArray, target: NDArray[np.integer]) -> NDArray[np.int64]:
    """Count the images of each label, down, by the column of their largest share, if it is one."""
    n_classes = distribution.shape[1]
    has_one = (distribution == distribution.max(axis=1, keepdims=True)).sum(axis=1) == 1
    cells = target[has_one] * n_classes + distribution[has_one].argmax(axis=1)
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)


def _better_order(counts: NDArray[np.int64]) -> NDArray[np.intp] | None:
    """Return the column of each class where these fit far better than in their own order."""
    from scipy.optimize import linear_sum_assignment

    n_classes = len(counts)
    n_images = counts.sum(axis=1)
    shares = counts / np.maximum(n_images, 1)[:, None]
    # Of columns that fit alike each keeps its place.
    order = linear_sum_assignment(shares + 1e-6 * np.eye(n_classes), maximize=True)[1]
    moved = np.flatnonzero((order != np.arange(n_classes)) & (n_images > 0))
    if len(moved) == 0:
        return None
    now, then = shares[moved, moved].mean(), shares[moved, order[moved]].mean()
    if then <= 0.5 or now >= then / 2:
        return None
    # What fits beyond what the columns' sizes let expect, by Hoeffding's bound over all orders.
    expected = n_images[moved] @ counts.sum(axis=0)[order[moved]] / counts.sum()
    beyond = max(0.0, counts[moved, order[moved]].sum() - expected)
    surprise = 2 * beyond**2 / n_images[moved].sum()
    return order if surprise > math.lgamma(n_classes + 1) + 10 else None


def weigh_classes(
    distribution: NDArray[np.float32], of_class: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Give each class's share in a distribution the class's weight.

    Parameters
    ----------
    distribution : ndarray of shape (n_samples, n_classes), float32
        Rows that sum to 1.
    of_class : ndarray of shape (n_classes,), float64
        Weights, 0 or more.

    Returns
    -------
    weight : ndarray of shape (n_samples,), float64
        What each row comes to.
    weighted : ndarray of shape (n_samples, n_classes), float32
        The rows with sums of 1 again; those without weight as they were.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.distributions import weigh_classes
    >>> weight, weighted = weigh_classes(np.float32([[0.5, 0.5], [0, 1]]), np.array([3.0, 1.0]))
    >>> weight.tolist(), weighted.tolist()
    ([2.0, 1.0], [[0.75, 0.25], [0.0, 1.0]])
    """
    masses = distribution * of_class
    weight = masses.sum(axis=1)
    weighted = distribution.copy()
    weighs = weight > 0
    weighted[weighs] = masses[weighs] / weight[weighs, None]
    return weight, weighted


def _check_rows(values: NDArray, tolerance: float, name: str) -> None:
    negative = np.flatnonzero((values < 0).any(axis=1))
    if len(negative):
        row = negative[0]
        raise ValueError(f"{name}[{row}] is {values[row].tolist()}; expected numbers from 0 to 1")
    sums = values.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > tolerance)
    if len(wrong):
        others = f", and {len(wrong) - 1} more rows to other numbers than 1"
        raise ValueError(
            f"{name}[{wrong[0]}] sums to {sums[wrong[0]]:.6g}"
            f"{others if len(wrong) > 1 else ''}; expected each row to sum to 1: divide votes by "
            "their number"
        )
