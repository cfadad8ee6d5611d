"""The data that an estimator is given: checked, read as images, split, served as batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_X_y, validate_data

from fernet._training.data_loader import DataLoader
from fernet._training.input_range import InputRange
from fernet._training.lazy_rows import LazyRows
from fernet._training.scaling import PixelScaling
from fernet.emotions import plain_labels
from fernet.estimators import distributions, images, inputs, lazy_inputs, setup
from fernet.estimators.checked_images import check_images
from fernet.estimators.doubtful_channels import warn_of_doubtful_channels
from fernet.estimators.doubtful_rows import warn_of_channels_first, warn_of_doubtful_rows
from fernet.estimators.fitted_state import FittedState
from fernet.estimators.images import ImageShape
from fernet.estimators.inputs import Features
from fernet.estimators.labels import announced_classes, check_storable, check_storable_text
from fernet.estimators.lost_digits import warn_of_lost_digits
from fernet.estimators.not_images import check_is_data
from fernet.estimators.parameters import NetworkParameters

__all__ = [
    "TrainingData",
    "loader",
    "read_training_data",
    "training_loader",
]
__dir__ = __all__.copy

_OTHER_CLASSES = "; add_classes makes room for others, with_classes takes others alone"


@dataclass(frozen=True, eq=False, slots=True)
class TrainingData:
    """Checked data to learn from.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), or LazyRows
        Images, a row each.
    given : array-like
        The same as the user gave them.
    target : ndarray of shape (n_samples,), int32
        Class numbers.
    distribution : ndarray of shape (n_samples, n_classes), float32, or None
        Soft targets to learn in place of these.
    sample_weight : ndarray of shape (n_samples,), float32, or None
        Weights that the user gave.
    weight : ndarray of shape (n_samples,), float32, or None
        These times the weights of the classes.
    weighted_distribution : ndarray of shape (n_samples, n_classes), float32, or None
        The soft targets with the classes' weights in their shares.
    indices : ndarray of int64
        Rows of `X` that weigh anything.
    classes : ndarray of shape (n_classes,)
        Labels.
    features : Features
        What a row holds.
    input_range : InputRange
        Of the numbers in `X`.
    teaches_scaling : bool
        Whether they are the first, and of a kind that is scaled.
    """

    X: NDArray | LazyRows
    given: Any
    target: NDArray
    distribution: NDArray | None
    sample_weight: NDArray | None
    weight: NDArray | None
    weighted_distribution: NDArray | None
    indices: NDArray
    classes: NDArray
    features: Features
    input_range: InputRange
    teaches_scaling: bool

    def learn_scaling(self, scaling: PixelScaling, indices: NDArray) -> PixelScaling:
        """Return a scaling learnt from some samples if these data teach one; else as it is.

        Warns
        -----
        UserWarning
            As by `warn_of_lost_digits`.
        """
        if not self.teaches_scaling:
            return scaling
        scaling.fit(self.X, indices)
        if self.X.dtype != np.uint8:
            given = self.X if isinstance(self.X, LazyRows) else self.given
            warn_of_lost_digits(given, indices, scaling, self.features.names)
        return scaling


def read_training_data(
    estimator: NetworkParameters,
    X: Any,
    y: Any,
    sample_weight: Any,
    *,
    known: FittedState | None,
    classes: Any = None,
    label_distribution: Any = None,
) -> TrainingData:
    """Check images, labels and weights.

    Parameters
    ----------
    estimator : NetworkParameters
        Whose parameters count; unchanged.
    X, y, sample_weight
        As `fit` takes them.
    known : FittedState or None
        What the training goes on from, and the data are held to. None: they are the first.
    classes : array-like, default=None
        Labels that the user announced; None takes those that name the columns of
        `label_distribution`, else those in `y`, or the known ones.
    label_distribution : array-like, default=None
        As `fit` takes it.

    Returns
    -------
    TrainingData

    Raises
    ------
    ValueError
        If the data are not what is expected.
    """
    if known is None:
        rows, y, features = _first_images(estimator, X, distributions.hard_labels(y))
    else:
        rows, y = check_images(estimator, X, known, y=y)
        features = known.features
    y = plain_labels(y)
    check_classification_targets(y)
    named = distributions.named_classes(label_distribution, y)
    named_by_columns = named is not None and classes is None and known is None
    labels = _classes(y, named if named_by_columns else classes, known)
    if known is None:
        check_storable(labels, "y holds" if classes is None else "classes holds")
        _check_storable(estimator, features)
    _check_they_are_images(estimator, features)
    cure = "" if known is None else _OTHER_CLASSES
    if named_by_columns:
        cure = ", the columns of label_distribution"
    target = inputs.encode_labels(y, labels, cure=cure)
    distribution = distributions.check_distribution(label_distribution, len(rows), labels)
    if distribution is not None:
        distributions.warn_of_order(distribution, target, labels, named=named is not None)
    own = inputs.check_weights(rows, sample_weight)
    of_class = inputs.class_weights(estimator.class_weight, labels, target, own, distribution)
    weight, weighted = own, distribution
    if of_class is not None:
        factor = of_class[target]
        if distribution is not None:
            factor, weighted = distributions.weigh_classes(distribution, of_class)
        weight = factor if own is None else own * factor
    if weight is not None and not weight.any():
        raise ValueError("sample_weight and class_weight together are zero for all samples")
    # As they are computed with: what is tiny beside others weighs nothing there.
    own, weight = inputs.as_float32(own), inputs.as_float32(weight)
    present = np.arange(len(rows)) if weight is None else np.flatnonzero(weight)
    if setup.find_augmentation(estimator) is not None and rows.dtype == np.float64:
        rows = rows.astype(np.float32)
    seen = _weighing(rows, present)
    return TrainingData(
        rows,
        X,
        target,
        distribution,
        own,
        weight,
        weighted,
        present,
        labels,
        features,
        InputRange.of(seen),
        known is None and _is_scaled(estimator.scaling, X, seen),
    )


def _weighing(rows: NDArray | LazyRows, present: NDArray) -> NDArray | LazyRows:
    """Return the rows that weigh anything; the others are as good as absent."""
    if len(present) == len(rows):
        return rows
    return rows.take(present) if isinstance(rows, LazyRows) else rows[present]


def _is_scaled(scaling: str | None, X: Any, rows: NDArray | LazyRows) -> bool:
    return scaling == "standard" or (scaling is not None and images.are_pixels(X, rows))


def _first_images(
    estimator: NetworkParameters, X: Any, y: Any
) -> tuple[NDArray | LazyRows, Any, Features]:
    """Return the rows and labels that an estimator learns from first, and what a row holds."""
    check_is_data(X, "X")
    shape = images.shape_of(X)
    if shape is not None and len(shape) == 2 and shape[0] > 1 and images.shape_of(y) in ((), (1,)):
        images.check_no_single_image(X, (*shape, 1))
    lazy = lazy_inputs.as_lazy_rows(X)
    if lazy is not None:
        lazy_inputs.check_rows(lazy[0], estimator, None)
        y = lazy_inputs.check_labels(lazy[0], y, estimator)
        return _with_features(estimator, *lazy, y, None)
    rows, given = images.as_rows(X)
    rows = images.compact(rows)
    # What scikit-learn notes on the estimator that it checks for; this one is only asked here.
    noted = BaseEstimator()
    names = getattr(rows, "columns", None)
    if names is not None:
        validate_data(noted, rows, skip_check_array=True)
    checked, y = check_X_y(
        rows, y, estimator=estimator, dtype=inputs.KEPT_DTYPES, order="C", accept_sparse=False
    )
    return _with_features(estimator, checked, given, y, getattr(noted, "feature_names_in_", None))


def _with_features(
    estimator: NetworkParameters,
    rows: Any,
    given: ImageShape | None,
    y: Any,
    names: NDArray | None,
) -> tuple[NDArray | LazyRows, Any, Features]:
    images.check_size(rows)
    n_features = rows.shape[1]
    image_shape = given or estimator._guess_image_shape(n_features)
    rows = images.compact(rows)
    if image_shape is None:
        warn_of_doubtful_rows(n_features)
    elif isinstance(rows, np.ndarray):
        warn_of_doubtful_channels(rows, image_shape)
    features = Features(n_features, names, image_shape)
    is_guess = given is None and image_shape is not None
    if (
        is_guess
        and isinstance(rows, np.ndarray)
        and estimator._input_shape(features) == image_shape
    ):
        warn_of_channels_first(rows, image_shape)
    return rows, y, features


def _classes(y: NDArray, announced: Any, known: FittedState | None) -> NDArray:
    found = None if announced is None else np.unique(announced_classes(announced))
    if known is None:
        return np.unique(y) if found is None else found
    if found is not None and not np.array_equal(found, known.classes):
        raise ValueError(
            f"classes are {found.tolist()}; expected those of the first call: "
            f"{known.classes.tolist()}"
        )
    return known.classes


def _check_storable(estimator: NetworkParameters, features: Features) -> None:
    """Refuse what no model file could hold before the training, not after it."""
    if isinstance(estimator.class_weight, Mapping):
        check_storable(estimator.class_weight, "class_weight holds")
    check_storable_text(
        () if features.names is None else features.names, "the names of X's columns"
    )


def _check_they_are_images(estimator: NetworkParameters, features: Features) -> None:
    for name, needed in (
        ("augmentation", setup.find_augmentation(estimator) is not None),
        ("average_flips", estimator.average_flips),
        ("average_views", estimator.average_views is not None),
    ):
        if needed and features.image_shape is None:
            raise ValueError(
                f"{name} is {getattr(estimator, name)!r}, but {features.n_features} features are "
                "no square image; expected X of shape (n_samples, height, width)"
            )


def training_loader(
    estimator: NetworkParameters, fitted: FittedState, data: TrainingData, indices: NDArray
) -> DataLoader:
    """Return the samples to train on, to be scaled and augmented."""
    return DataLoader(
        data.X,
        data.target,
        data.weight,
        distribution=data.weighted_distribution,
        indices=indices,
        scaling=fitted.scaling,
        augmentation=setup.find_augmentation(estimator),
        image_shape=fitted.features.image_shape,
        # Of all that it has learnt from: some images alone may be dark.
        input_range=fitted.input_range,
    )


def loader(
    fitted: FittedState,
    X: NDArray | LazyRows,
    target: NDArray | None = None,
    weight: NDArray | None = None,
    indices: NDArray | None = None,
    distribution: NDArray | None = None,
) -> DataLoader:
    """Return samples to predict or to evaluate, to be scaled."""
    return DataLoader(
        X,
        target,
        weight,
        distribution=distribution,
        indices=indices,
        scaling=fitted.scaling,
        image_shape=fitted.features.image_shape,
    )
