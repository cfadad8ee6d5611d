"""What a training is validated on: the user's own data, or a part of the training data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._training.data_loader import DataLoader
from fernet.emotions import plain_labels
from fernet.estimators import distributions, inputs
from fernet.estimators.checked_images import check_images
from fernet.estimators.data import TrainingData, loader
from fernet.estimators.fitted_state import FittedState
from fernet.estimators.parameters import NetworkParameters
from fernet.estimators.splits import stratified_indices

__all__ = ["ValidationData", "split_indices", "validation_loader"]
__dir__ = __all__.copy


@dataclass(frozen=True, slots=True)
class ValidationData:
    """What the user gave to validate on, as `fit` takes it.

    Parameters
    ----------
    X, y, sample_weight, label_distribution : array-like or None
        None for what was not given.

    Raises
    ------
    ValueError
        If images or labels are missing.
    """

    X: Any
    y: Any
    sample_weight: Any
    label_distribution: Any

    def __post_init__(self) -> None:
        if (self.X is None) != (self.y is None):
            missing = "X_val" if self.X is None else "y_val"
            raise ValueError(f"{missing} is missing; expected X_val and y_val together")
        for name in ("sample_weight", "label_distribution"):
            if self.X is None and getattr(self, name) is not None:
                raise ValueError(f"{name}_val was given without X_val and y_val")

    @property
    def given(self) -> bool:
        """Whether there are any."""
        return self.X is not None


def split_indices(
    estimator: NetworkParameters, data: TrainingData, own: ValidationData, seed: int
) -> tuple[NDArray, NDArray | None]:
    """Return the samples to train on, and those held out to validate on; None for none.

    Raises
    ------
    ValueError
        If there are too few samples to hold some out.
    """
    if own.given or not estimator.early_stopping:
        return data.indices, None
    return stratified_indices(data.target, data.indices, estimator.validation_fraction, seed)


def validation_loader(
    estimator: NetworkParameters,
    fitted: FittedState,
    data: TrainingData,
    held_out: NDArray | None,
    own: ValidationData,
) -> DataLoader | None:
    """Return the data to validate on: the user's, else samples held out, else None.

    Parameters
    ----------
    estimator : NetworkParameters
        Of this state.
    fitted : FittedState
        Its classes, features and scaling count.
    data : TrainingData
        Whose samples were held out.
    held_out : ndarray of int64 or None
        As `split_indices` returned it.
    own : ValidationData
        The user's.

    Raises
    ------
    ValueError
        If the user's data are not what is expected.
    """
    if own.given:
        return _own_loader(estimator, fitted, own)
    if held_out is None:
        return None
    weight = data.sample_weight
    if weight is not None and not weight[held_out].any():
        weight = None  # it is by the weights of their classes alone that they count beside others
    return loader(fitted, data.X, data.target, weight, held_out, data.distribution)


def _own_loader(
    estimator: NetworkParameters, fitted: FittedState, own: ValidationData
) -> DataLoader:
    rows, labels = check_images(estimator, own.X, fitted, "X_val", y=own.y)
    target = inputs.encode_labels(plain_labels(labels), fitted.classes, "y_val")
    weight = inputs.check_weights(rows, own.sample_weight, "sample_weight_val")
    weight = inputs.as_float32(weight)
    present = None if weight is None else np.flatnonzero(weight)
    name, shares = "label_distribution_val", own.label_distribution
    distribution = distributions.check_distribution(shares, len(rows), fitted.classes, name)
    if distribution is not None:
        named = distributions.named_classes(shares, fitted.classes, name) is not None
        distributions.warn_of_order(distribution, target, fitted.classes, named=named, name=name)
    return loader(fitted, rows, target, weight, present, distribution)
