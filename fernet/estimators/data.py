"""The data that an estimator is given: checked, read as images, split, served as batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets

from fernet._training.batches import Batches
from fernet._training.input_range import InputRange
from fernet._training.scaling import PixelScaling
from fernet.emotions import plain_labels
from fernet.estimators import inputs, setup
from fernet.estimators.inputs import ImageShape
from fernet.estimators.labels import check_storable, check_storable_text
from fernet.estimators.splits import stratified_rows


@dataclass(slots=True)
class Data:
    """Checked data to learn from: rows, class numbers, weights."""

    X: NDArray
    target: NDArray
    sample_weight: NDArray | None
    weight: NDArray | None
    rows: NDArray


class DataMixin:
    """Gives an estimator its checks of data, and what it learns from.

    A subclass whose network takes images of one shape overrides `_input_shape`.
    """

    classes_: NDArray
    scaling_: PixelScaling
    n_features_in_: int
    average_flips: bool
    class_weight: Mapping[Any, float] | str | None
    early_stopping: bool
    validation_fraction: float
    _image_shape: ImageShape | None

    def _input_shape(self) -> tuple[int, ...]:
        """Return the shape of the network's input: a row, or an image."""
        return (self.n_features_in_,)

    def _guess_image_shape(self) -> ImageShape | None:
        """Tell how rows read as images, where only rows were given; None: not at all."""
        return inputs.guess_image_shape(self.n_features_in_)

    def _check_images(self, X: Any, *, reset: bool, **check_params: Any) -> Any:
        """Return rows, or rows and labels; learn the images' shape, or hold it to the one learnt.

        Raises
        ------
        ValueError
            If images have another shape than those that the network takes.
        """
        checked, given = inputs.check_images(self, X, reset=reset, **check_params)
        if reset:
            self._image_shape = given or self._guess_image_shape()
        expected = self._input_shape()
        if given is not None and len(expected) == 3 and given != expected:
            raise ValueError(
                f"X holds images of shape {given}; expected {expected}, as the estimator was "
                "fitted with"
            )
        return checked

    def _check_data(self, X: Any, y: Any, sample_weight: Any, *, classes: Any, first: bool) -> Data:
        rows, y = self._check_images(X, reset=first, y=y)
        y = plain_labels(y)
        check_classification_targets(y)
        if first:
            self.classes_ = np.unique(y if classes is None else plain_labels(classes))
            self._check_storable()
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes are {np.unique(classes).tolist()}; expected those of the first call: "
                f"{self.classes_.tolist()}"
            )
        self._check_images_given()
        target = inputs.encode_labels(y, self.classes_)
        own = inputs.check_weights(rows, sample_weight)
        of_class = inputs.class_weights(self.class_weight, self.classes_, target, own)
        weight = own
        if of_class is not None:
            weight = of_class[target] if own is None else own * of_class[target]
        present = np.arange(len(rows)) if weight is None else np.flatnonzero(weight)
        if len(present) == 0:
            raise ValueError("sample_weight and class_weight together are zero for all samples")
        if setup.find_augmentation(self) is not None and rows.dtype == np.float64:
            rows = rows.astype(np.float32)
        return Data(rows, target, _as_float32(own), _as_float32(weight), present)

    def _check_storable(self) -> None:
        """Refuse what no model file could hold before the training, not after it."""
        check_storable(self.classes_, "y holds")
        if isinstance(self.class_weight, Mapping):
            check_storable(self.class_weight, "class_weight holds")
        check_storable_text(getattr(self, "feature_names_in_", ()), "the names of X's columns")

    def _check_images_given(self) -> None:
        for name, needed in (
            ("augmentation", setup.find_augmentation(self) is not None),
            ("average_flips", self.average_flips),
        ):
            if needed and self._image_shape is None:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}, but {self.n_features_in_} features are "
                    "no square image; expected X of shape (n_samples, height, width)"
                )

    def _validation(
        self, data: Data, X_val: Any, y_val: Any, seed: int
    ) -> tuple[NDArray, tuple | None]:
        """Return the rows to train on, and what `_batches` needs to serve validation data."""
        if (X_val is None) != (y_val is None):
            missing = "X_val" if X_val is None else "y_val"
            raise ValueError(f"{missing} is missing; expected X_val and y_val together")
        if X_val is not None:
            rows, labels = self._check_images(X_val, reset=False, y=y_val)
            target = inputs.encode_labels(plain_labels(labels), self.classes_, "y_val")
            return data.rows, (rows, target, None)
        if not self.early_stopping:
            return data.rows, None
        training, validation = stratified_rows(
            data.target, data.rows, self.validation_fraction, seed
        )
        return training, (data.X, data.target, data.sample_weight, validation)

    def _batches(
        self,
        X: NDArray,
        target: NDArray | None = None,
        weight: NDArray | None = None,
        rows: NDArray | None = None,
    ) -> Batches:
        return Batches(
            X, target, weight, rows=rows, scaling=self.scaling_, image_shape=self._image_shape
        )

    def _training_batches(self, data: Data, rows: NDArray) -> Batches:
        return Batches(
            data.X,
            data.target,
            data.weight,
            rows=rows,
            scaling=self.scaling_,
            augmentation=setup.find_augmentation(self),
            image_shape=self._image_shape,
            input_range=None if data.X.dtype == np.uint8 else InputRange.of(data.X),
        )


def _as_float32(weight: NDArray | None) -> NDArray | None:
    return None if weight is None else weight.astype(np.float32)
