"""Checks on what users hand to an estimator, and its conversion to plain arrays."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array

from fernet._io.callers import levels_to_caller
from fernet.emotions import alike_labels
from fernet.estimators.images import ImageShape, check_numbers
from fernet.estimators.labels import plain
from fernet.estimators.other_arrays import array_of

__all__ = [
    "KEPT_DTYPES",
    "Features",
    "as_float32",
    "check_weights",
    "class_weights",
    "encode_labels",
    "guess_image_shape",
    "square_image_shape",
]
__dir__ = __all__.copy


@dataclass(frozen=True, eq=False, slots=True)
class Features:
    """What a row of `X` holds.

    Parameters
    ----------
    n_features : int
        Numbers in a row.
    names : ndarray of shape (n_features,) or None
        Of the columns, if `X` was a data frame with names.
    image_shape : tuple (height, width, channels) or None
        How a row reads as an image; None: not at all.
    """

    n_features: int
    names: NDArray | None
    image_shape: ImageShape | None


# Largest weights whose sums float32 holds with room to spare.
_FEW, _MANY = 1e-20, 1e20

KEPT_DTYPES = [np.float32, np.float64, np.uint8]
"""What pixels may stay; other numbers become the first."""


def guess_image_shape(n_features: int) -> ImageShape | None:
    """Read a row as a square grey image, else as a square colour image.

    Parameters
    ----------
    n_features : int
        Length of a row.

    Returns
    -------
    tuple (height, width, channels) or None
    """
    return square_image_shape(n_features, 1) or square_image_shape(n_features, 3)


def square_image_shape(n_features: int, channels: int = 1) -> ImageShape | None:
    """Read a row as a square image.

    Parameters
    ----------
    n_features : int
        Length of a row.
    channels : int, default=1
        How many each pixel has.

    Returns
    -------
    tuple (height, width, channels) or None
    """
    side = math.isqrt(n_features // channels)
    return (side, side, channels) if side * side * channels == n_features else None


def check_weights(X: Any, sample_weight: Any, name: str = "sample_weight") -> NDArray | None:
    """Check the samples' weights.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The samples.
    sample_weight : array-like of shape (n_samples,), number or None
        0 or more.
    name : str, default="sample_weight"
        What the user knows them by, for errors.

    Returns
    -------
    ndarray of shape (n_samples,), float64, or None

    Raises
    ------
    ValueError
        If the shape is wrong, a weight is negative, not finite, masked or no number, or all are
        zero.
    """
    if sample_weight is None:
        return None
    check_numbers(sample_weight, name)
    if isinstance(sample_weight, Number):
        sample_weight = np.full(len(X), sample_weight)
    sample_weight = array_of(sample_weight, name)
    try:
        weight = check_array(
            sample_weight, ensure_2d=False, dtype=np.float64, order="C", input_name=name
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is not as expected: {error}") from None
    if weight.shape != (len(X),):
        raise ValueError(
            f"{name} has shape {weight.shape}; expected ({len(X)},), or a number for all"
        )
    if (weight < 0).any():
        raise ValueError(f"{name} holds a negative number, {weight.min():g}; expected 0 or more")
    if not weight.any():
        raise ValueError(f"{name} is zero for all samples; expected one non-zero weight")
    return weight


def as_float32(weight: NDArray | None) -> NDArray | None:
    """Return weights as the loss takes them.

    Parameters
    ----------
    weight : ndarray of shape (n_samples,), float64, or None
        0 or more; only their ratios count.

    Returns
    -------
    ndarray of shape (n_samples,), float32, or None
        Where they are so large or small that float32 can't hold their sums, their ratios to the
        largest.
    """
    if weight is None:
        return None
    largest = weight.max()
    if not _FEW <= largest <= _MANY:
        weight = weight / largest
    return weight.astype(np.float32)


def class_weights(
    class_weight: Mapping[Any, float] | str | None,
    classes: NDArray,
    target: NDArray,
    weight: NDArray | None,
    distribution: NDArray | None = None,
) -> NDArray | None:
    """Work out the weight of each class.

    Parameters
    ----------
    class_weight : mapping of label to weight, "balanced" or None
        ``"balanced"`` gives each class the same total weight.
    classes : ndarray of shape (n_classes,)
        Labels.
    target : ndarray of shape (n_samples,), int
        Class numbers.
    weight : ndarray of shape (n_samples,) or None
        Weights of the samples, which ``"balanced"`` counts by.
    distribution : ndarray of shape (n_samples, n_classes), default=None
        Soft targets, whose shares ``"balanced"`` counts in place of `target`.

    Returns
    -------
    ndarray of shape (n_classes,), float64, or None

    Raises
    ------
    ValueError
        If none of the labels is among the classes, a weight is negative or not finite, or all of
        the classes' weights are 0.

    Warns
    -----
    UserWarning
        If a label is not among the classes while one of these has no weight: a misspelling, or a
        label that these samples lack. Without the latter, others are ignored without a word, as a
        fold of a cross-validation may lack what the whole has.
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, str):
        counts = _counts(target, weight, distribution, len(classes))
        present = counts > 0
        balanced = np.ones(len(classes))
        balanced[present] = counts.sum() / (present.sum() * counts[present])
        return balanced
    known = classes.tolist()
    _check_labels_weighted(class_weight, known)
    fault = ValueError(
        f"class_weight is {plain(class_weight)}; expected finite weights >= 0, one of them above 0"
    )
    try:
        values = np.array([class_weight.get(label, 1.0) for label in known], dtype=np.float64)
    except (TypeError, ValueError):
        raise fault from None
    if not (np.isfinite(values).all() and (values >= 0).all() and values.any()):
        raise fault
    return values


def _counts(
    target: NDArray, weight: NDArray | None, distribution: NDArray | None, n_classes: int
) -> NDArray:
    if distribution is None:
        return np.bincount(target, weights=weight, minlength=n_classes)
    shares = distribution.astype(np.float64)
    if weight is not None:
        shares *= weight[:, None]
    # One row after the other, as above: so one-hot rows give the counts of labels to the bit.
    columns = np.tile(np.arange(n_classes), len(shares))
    return np.bincount(columns, weights=shares.ravel(), minlength=n_classes)


def _check_labels_weighted(class_weight: Mapping[Any, float], known: list[Any]) -> None:
    if not class_weight:
        return
    unknown = [plain(label) for label in class_weight if label not in known]
    if len(unknown) == len(class_weight):
        raise ValueError(f"class_weight names {unknown}; expected labels among {known}")
    unweighted = [label for label in known if label not in class_weight]
    if unknown and unweighted:
        warnings.warn(
            f"class_weight names {unknown}, which are no labels here and are ignored, but not "
            f"{unweighted}, whose weight is 1",
            UserWarning,
            stacklevel=levels_to_caller(),
        )


def encode_labels(y: NDArray, classes: NDArray, name: str = "y", cure: str = "") -> NDArray:
    """Turn labels into class numbers.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels; numbers of emotions stand for classes of their names, and names for numbers.
    classes : ndarray of shape (n_classes,)
        Sorted.
    name : str, default="y"
        What to call `y` in an error.
    cure : str, default=""
        What else the error says.

    Returns
    -------
    ndarray of shape (n_samples,), int32

    Raises
    ------
    ValueError
        If `y` holds a label that is not a class.
    """
    y, classes = alike_labels(y, classes)
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(
            f"{name} holds labels {unknown.tolist()}; expected labels among {classes.tolist()}"
            f"{cure}"
        )
    order = np.argsort(classes)
    return order[np.searchsorted(classes, y, sorter=order)].astype(np.int32)
