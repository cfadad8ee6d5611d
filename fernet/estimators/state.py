"""A fitted estimator as named arrays and plain data, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._training.history import History
from fernet._training.scaling import PixelScaling
from fernet.estimators.labels import check_storable
from fernet.estimators.setup import as_plain, from_plain

_NOT_SAVED = ("callbacks", "checkpoint", "strategy", "verbose")


def to_state(model: Any) -> tuple[dict[str, NDArray], dict[str, Any]]:
    """Return a fitted estimator's arrays, and the rest of it, fit for JSON.

    Parameters
    ----------
    model : estimator
        Fitted.

    Returns
    -------
    arrays : dict of str to ndarray
        Parameters as ``"network.linear_1.weight"`` and so on, scaling as ``"scaling.offset"``.
    meta : dict
        Classes, layers, hyper-parameters, history.

    Raises
    ------
    ValueError
        If the labels are neither strings, numbers nor booleans.
    """
    network = model.network_
    arrays = {
        f"network.{name}": view for name, view in network.named_parameters() + network.named_state()
    }
    arrays |= {f"scaling.{name}": a for name, a in model.scaling_.to_arrays().items()}
    names = getattr(model, "feature_names_in_", None)
    meta = {
        "estimator": type(model).__name__,
        "params": _plain_params(model),
        "classes": {"dtype": model.classes_.dtype.str, "values": _labels(model.classes_)},
        "n_features_in": int(model.n_features_in_),
        "feature_names_in": None if names is None else [str(name) for name in names],
        "image_shape": None if model._image_shape is None else list(model._image_shape),
        "layers": network.config(),
        "input_shape": list(network.input_shape),
        "has_scaling": not model.scaling_.is_identity,
        "best_validation_score": model.best_validation_score_,
        "seed": model._seed,
        "history": model.history_.to_dict(),
    }
    return arrays, meta


def _plain_params(model: Any) -> dict[str, Any]:
    params = {}
    for name, value in model.get_params(deep=False).items():
        if name in _NOT_SAVED:
            continue
        if name == "random_state" and not isinstance(value, int | np.integer):
            value = None
        params[name] = as_plain(value)
    return params


def fill_from_state(model: Any, arrays: Mapping[str, NDArray], meta: Mapping[str, Any]) -> None:
    """Give an unfitted estimator of the right parameters the fitted attributes of a state.

    Parameters
    ----------
    model : estimator
        Made with ``meta["params"]``; changed.
    arrays, meta : mapping
        As `to_state` returned them.

    Raises
    ------
    ValueError
        If names, shapes or values do not fit together.
    """
    classes = meta["classes"]
    model.classes_ = np.array(classes["values"], dtype=np.dtype(classes["dtype"]))
    model.n_features_in_ = int(meta["n_features_in"])
    if meta["feature_names_in"] is not None:
        model.feature_names_in_ = np.array(meta["feature_names_in"], dtype=object)
    model._image_shape = meta["image_shape"] and tuple(meta["image_shape"])
    model.network_ = Network.from_config(meta["layers"], tuple(meta["input_shape"]))
    model.network_.load_parameters(_part(arrays, "network."))
    model.scaling_ = PixelScaling.from_arrays(_part(arrays, "scaling."))
    _check_fit(model, meta["has_scaling"])
    model.best_validation_score_ = meta["best_validation_score"]
    model._seed = int(meta["seed"])
    model._training_state = None
    model.history_ = History.from_dict(meta["history"])


def params_from_state(meta: Mapping[str, Any], known: list[str]) -> dict[str, Any]:
    """Return the constructor arguments that a state holds.

    Parameters
    ----------
    meta : mapping
        As `to_state` returned it.
    known : list of str
        The constructor's parameters.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If a parameter is unknown.
    """
    if unknown := sorted(set(meta["params"]) - set(known)):
        raise ValueError(f"params {unknown} are unknown; expected {known}")
    return {name: from_plain(value) for name, value in meta["params"].items()}


def _check_fit(model: Any, has_scaling: bool) -> None:
    network, scaling, n_features = model.network_, model.scaling_, model.n_features_in_
    if network.output_shape != model.classes_.shape:
        raise ValueError(
            f"the network has {network.output_shape} outputs; expected one for each of "
            f"{len(model.classes_)} classes"
        )
    shape = model._image_shape
    if shape is not None and math.prod(shape) != n_features:
        raise ValueError(f"image_shape is {shape}; expected one of {n_features} features")
    if network.input_shape != model._input_shape():
        raise ValueError(
            f"the network takes input of shape {network.input_shape}; expected "
            f"{model._input_shape()}, as there are {n_features} features"
        )
    if has_scaling == scaling.is_identity:
        raise ValueError(f"has_scaling is {has_scaling}, but the scaling's arrays say not so")
    for name, array in scaling.to_arrays().items():
        if array.shape != (n_features,):
            raise ValueError(f"scaling.{name} has shape {array.shape}; expected ({n_features},)")


def _part(arrays: Mapping[str, NDArray], prefix: str) -> dict[str, NDArray]:
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}


def _labels(classes: NDArray) -> list[Any]:
    check_storable(classes, "classes hold")
    return classes.tolist()
