"""A fitted estimator as named arrays and plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fernet.estimators.setup import as_plain, from_plain
from fernet.history import History
from fernet.network import Network
from fernet.scaling import PixelScaling

_NOT_SAVED = ("callbacks", "checkpoint", "verbose")


class StateMixin:
    """Gives an estimator `_to_state` and `_from_state`, for model files."""

    def _to_state(self) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """Return the fitted estimator's arrays and the rest of it, fit for JSON."""
        arrays = {
            f"network.{name}": view
            for name, view in self.network_.named_parameters() + self.network_.named_state()
        }
        arrays |= {f"scaling.{name}": a for name, a in self.scaling_.to_arrays().items()}
        names = getattr(self, "feature_names_in_", None)
        meta = {
            "estimator": type(self).__name__,
            "params": self._plain_params(),
            "classes": {"dtype": self.classes_.dtype.str, "values": _labels(self.classes_)},
            "n_features_in": int(self.n_features_in_),
            "feature_names_in": None if names is None else [str(name) for name in names],
            "image_shape": None if self._image_shape is None else list(self._image_shape),
            "layers": self.network_.config(),
            "input_shape": list(self.network_.input_shape),
            "has_scaling": not self.scaling_.is_identity,
            "best_validation_score": self.best_validation_score_,
            "seed": self._seed,
            "history": self.history_.to_dict(),
        }
        return arrays, meta

    def _plain_params(self) -> dict[str, Any]:
        params = {}
        for name, value in self.get_params(deep=False).items():
            if name in _NOT_SAVED:
                continue
            if name == "random_state" and not isinstance(value, int | np.integer):
                value = None
            params[name] = as_plain(value)
        return params

    @classmethod
    def _from_state(cls, arrays: Mapping[str, NDArray], meta: Mapping[str, Any]) -> Self:
        """Build the fitted estimator that `_to_state` described.

        Raises
        ------
        ValueError
            If names, shapes or values do not fit together.
        """
        known = cls._get_param_names()
        if unknown := sorted(set(meta["params"]) - set(known)):
            raise ValueError(f"params {unknown} are unknown to {cls.__name__}; expected {known}")
        model = cls(**{name: from_plain(value) for name, value in meta["params"].items()})
        model._check_parameters()
        model.classes_ = np.array(
            meta["classes"]["values"], dtype=np.dtype(meta["classes"]["dtype"])
        )
        model.n_features_in_ = int(meta["n_features_in"])
        if meta["feature_names_in"] is not None:
            model.feature_names_in_ = np.array(meta["feature_names_in"], dtype=object)
        model._image_shape = meta["image_shape"] and tuple(meta["image_shape"])
        model.network_ = Network.from_config(meta["layers"], tuple(meta["input_shape"]))
        model.network_.load_parameters(_part(arrays, "network."))
        model.scaling_ = PixelScaling.from_arrays(_part(arrays, "scaling."))
        model._check_state_fits(meta["has_scaling"])
        model.best_validation_score_ = meta["best_validation_score"]
        model._seed = int(meta["seed"])
        model._training_state = None
        model.history_ = History.from_dict(meta["history"])
        return model

    def _check_state_fits(self, has_scaling: bool) -> None:
        if self.network_.output_shape != self.classes_.shape:
            raise ValueError(
                f"the network has {self.network_.output_shape} outputs; expected one for each of "
                f"{len(self.classes_)} classes"
            )
        if int(np.prod(self.network_.input_shape)) != self.n_features_in_:
            raise ValueError(
                f"the network takes rows of {self.network_.input_shape}; expected "
                f"{self.n_features_in_} features"
            )
        if has_scaling == self.scaling_.is_identity:
            raise ValueError(f"has_scaling is {has_scaling}, but the scaling's arrays say not so")
        for name, array in self.scaling_.to_arrays().items():
            if array.shape != (self.n_features_in_,):
                raise ValueError(
                    f"scaling.{name} has shape {array.shape}; expected ({self.n_features_in_},)"
                )


def _part(arrays: Mapping[str, NDArray], prefix: str) -> dict[str, NDArray]:
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}


def _labels(classes: NDArray) -> list[Any]:
    values = classes.tolist()
    for value in values:
        if not isinstance(value, str | int | float | bool):
            raise ValueError(
                f"classes hold {value!r}; expected strings, numbers or booleans to save a model"
            )
    return values
