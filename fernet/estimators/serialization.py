"""A fitted estimator as named arrays and a document of plain data, and back."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._training.history import History
from fernet._training.input_range import BYTES, InputRange
from fernet._training.scaling import PixelScaling
from fernet.augmentation import Augmentation
from fernet.estimators.fitted_state import FittedState
from fernet.estimators.inputs import Features
from fernet.estimators.labels import check_storable
from fernet.estimators.limits import Interval
from fernet.estimators.overflow import check_no_overflow
from fernet.estimators.parameters import NetworkParameters, given_layers
from fernet.layers import Layer
from fernet.layers.base import is_of_fernet
from fernet.schedules import SCHEDULES, Schedule

__all__ = ["as_plain", "deserialize", "from_plain", "params_from_document", "serialize"]
__dir__ = __all__.copy

_LARGEST_INPUT = 1e4
_NOT_SAVED = ("callbacks", "checkpoint", "strategy", "verbose")


def serialize(
    estimator: NetworkParameters, fitted: FittedState
) -> tuple[dict[str, NDArray], dict[str, Any]]:
    """Return a fitted estimator's arrays, and the rest of it, fit for JSON.

    Parameters
    ----------
    estimator : NetworkParameters
        Whose parameters count.
    fitted : FittedState
        What it has learnt.

    Returns
    -------
    arrays : dict of str to ndarray
        Parameters as ``"network.linear_1.weight"`` and so on, scaling as ``"scaling.offset"``.
    document : dict
        Classes, layers, hyper-parameters, history.

    Raises
    ------
    ValueError
        If the labels are neither strings, numbers nor booleans, or a layer is of a class of one's
        own.
    """
    _check_layers(fitted.network)
    network, features, names = fitted.network, fitted.features, fitted.features.names
    arrays = {
        f"network.{name}": view for name, view in network.named_parameters() + network.named_state()
    }
    arrays |= {f"scaling.{name}": a for name, a in fitted.scaling.to_arrays().items()}
    document = {
        "estimator": type(estimator).__name__,
        "params": _plain_params(estimator),
        "classes": {"dtype": fitted.classes.dtype.str, "values": _labels(fitted.classes)},
        "n_features_in": int(features.n_features),
        "feature_names_in": None if names is None else [str(name) for name in names],
        "image_shape": None if features.image_shape is None else list(features.image_shape),
        "layers": network.config(),
        "input_shape": list(network.input_shape),
        "has_scaling": not fitted.scaling.is_identity,
        "best_validation_score": fitted.best_validation_score,
        "seed": fitted.seed,
        "history": fitted.history.to_dict(),
    }
    known = fitted.input_range
    document["input_range"] = None if known is None else [known.low, known.high]
    if fitted.temperature != 1:
        document["temperature"] = fitted.temperature
    if fitted.fit_continues:
        document["fit_continues"] = True
    return arrays, document


def _check_layers(network: Network) -> None:
    """Refuse layers that no reader of the file would know."""
    for layer in [*network.layers, *(node.layer for node in network.nodes)]:
        if not is_of_fernet(type(layer)):
            raise ValueError(
                f"a layer is a {type(layer).__name__}, a class of one's own; a model file holds "
                "fernet's layers alone, a pickle any"
            )


def _plain_params(estimator: NetworkParameters) -> dict[str, Any]:
    params = {}
    for name, value in estimator.get_params(deep=False).items():
        if name in _NOT_SAVED:
            continue
        if name == "random_state":
            value = int(value) if isinstance(value, Integral) else None
        if name == "monitor" and not isinstance(value, str):
            continue
        if isinstance(value, Schedule) and type(value) not in SCHEDULES.values():
            value = inspect.signature(type(estimator)).parameters[name].default
        params[name] = as_plain(_plain_number(estimator, name, value))
    return params


def _plain_number(estimator: NetworkParameters, name: str, value: Any) -> Any:
    """Return a number as Python's of the kind that the parameter has, such as 1.0 for True."""
    limits = estimator._parameter_constraints.get(name, [])
    kinds = {limit.kind for limit in limits if isinstance(limit, Interval)}
    if kinds == {Integral} and isinstance(value, Integral):
        return int(value)
    return float(value) if kinds == {Real} and isinstance(value, Real) else value


def deserialize(
    estimator: NetworkParameters,
    arrays: Mapping[str, NDArray],
    document: Mapping[str, Any],
    model_info: dict[str, Any] | None = None,
) -> FittedState:
    """Return what an estimator of the right parameters had learnt.

    Parameters
    ----------
    estimator : NetworkParameters
        Made with ``document["params"]``; unchanged.
    arrays, document : mapping
        As `serialize` returned them. Without ``"fit_continues"``, `fit` starts anew; without
        ``"temperature"`` it is 1.
    model_info : dict, default=None
        The document of the model file that holds them.

    Returns
    -------
    FittedState

    Raises
    ------
    ValueError
        If names, shapes or values do not fit together.
    """
    classes, names = document["classes"], document["feature_names_in"]
    shape = document["image_shape"]
    network = Network.from_config(document["layers"], tuple(document["input_shape"]))
    network.load_parameters(_part(arrays, "network."))
    scaling = PixelScaling.from_arrays(
        _part(arrays, "scaling."), estimator.scaling, estimator.scaled_std
    )
    fitted = FittedState(
        classes=np.array(classes["values"], dtype=np.dtype(classes["dtype"])),
        features=Features(
            n_features=int(document["n_features_in"]),
            names=None if names is None else np.array(names, dtype=object),
            image_shape=None if shape is None else (shape[0], shape[1], shape[2]),
        ),
        network=network,
        scaling=scaling,
        history=History.from_dict(document["history"]),
        best_validation_score=document["best_validation_score"],
        seed=int(document["seed"]),
        input_range=_input_range(document, scaling),
        temperature=float(document.get("temperature", 1.0)),
        early_stopping=bool(estimator.early_stopping),
        fit_continues=bool(document.get("fit_continues", False)),
        model_info=model_info,
    )
    _check_parts(fitted, estimator._input_shape(fitted.features), document["has_scaling"])
    check_no_overflow(network, *_input_limits(fitted))
    return fitted


def _input_limits(fitted: FittedState) -> tuple[NDArray, NDArray]:
    """Return the lowest and the highest numbers that the network gets."""
    scaling, known = fitted.scaling, fitted.input_range or BYTES
    rows = np.array([[known.low], [known.high]]).repeat(fitted.features.n_features, axis=1)
    if scaling.offset_ is not None and scaling.scale_ is not None:
        rows = (rows - scaling.offset_) * scaling.scale_
    # A number that hardly ever varied is scaled to enormous size by what the others are.
    rows = np.clip(rows, -_LARGEST_INPUT, _LARGEST_INPUT)
    low, high = (row.reshape(fitted.network.input_shape) for row in rows)
    return low, high


def _input_range(document: Mapping[str, Any], scaling: PixelScaling) -> InputRange | None:
    """Return the range in a document; earlier versions wrote none, and scaled pixels alone."""
    if "input_range" in document:
        if document["input_range"] is None:
            return None
        low, high = document["input_range"]
        if not low <= high:
            raise ValueError(f"input_range is {[low, high]}; expected the lower number first")
        return InputRange(float(low), float(high))
    offset = scaling.offset_
    if offset is None or offset.min() < BYTES.low or offset.max() > BYTES.high:
        return None
    return BYTES


def params_from_document(document: Mapping[str, Any], known: list[str]) -> dict[str, Any]:
    """Return the constructor arguments that a document holds.

    Parameters
    ----------
    document : mapping
        As `serialize` returned it.
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
    if unknown := sorted(set(document["params"]) - set(known)):
        raise ValueError(f"params {unknown} are unknown; expected {known}")
    return {name: from_plain(value) for name, value in document["params"].items()}


def _check_parts(fitted: FittedState, input_shape: tuple[int, ...], has_scaling: bool) -> None:
    network, scaling, n_features = fitted.network, fitted.scaling, fitted.features.n_features
    if network.output_shape != fitted.classes.shape:
        raise ValueError(
            f"the network has {network.output_shape} outputs; expected one for each of "
            f"{len(fitted.classes)} classes"
        )
    shape = fitted.features.image_shape
    if shape is not None and math.prod(shape) != n_features:
        raise ValueError(f"image_shape is {shape}; expected one of {n_features} features")
    if network.input_shape != input_shape:
        raise ValueError(
            f"the network takes input of shape {network.input_shape}; expected {input_shape}, "
            f"as there are {n_features} features"
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
    labels: list[Any] = classes.tolist()
    return labels


def as_plain(value: Any) -> Any:
    """Return a parameter as JSON has it, with the parts of a mapping as pairs.

    Parameters
    ----------
    value : object
        A parameter's value.

    Returns
    -------
    object
        None, bool, int, float, str, list or dict.
    """
    if isinstance(value, Schedule):
        return {"schedule": value.config()}
    if isinstance(value, Augmentation):
        return {"augmentation": value.config()}
    if isinstance(value, Mapping):
        return {"pairs": [[as_plain(k), as_plain(v)] for k, v in value.items()]}
    if isinstance(value, np.generic | np.ndarray):
        return as_plain(value.tolist())
    if _holds_layers(value):
        return {"layers": [layer.config() for layer in given_layers(value)]}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_plain(item) for item in value]
    return value


def from_plain(value: Any) -> Any:
    """Return what `as_plain` was given; sequences come back as tuples, layers as a list."""
    if isinstance(value, list):
        return tuple(from_plain(item) for item in value)
    if not isinstance(value, dict):
        return value
    if "pairs" in value:
        return {from_plain(k): from_plain(v) for k, v in value["pairs"]}
    if "augmentation" in value:
        return Augmentation(**value["augmentation"])
    if "layers" in value:
        return given_layers(value["layers"])
    return _schedule_from(dict(value["schedule"]))


def _holds_layers(value: Any) -> bool:
    """Tell whether a parameter is an architecture given as layers or as their configurations."""
    layers = Layer | Mapping
    return isinstance(value, list | tuple) and any(isinstance(item, layers) for item in value)


def _schedule_from(config: dict[str, Any]) -> Schedule:
    kind = config.pop("kind", None)
    for schedule in SCHEDULES.values():
        if schedule.__name__ == kind:
            return schedule(**config)
    raise ValueError(f"schedule kind {kind!r} is unknown")
