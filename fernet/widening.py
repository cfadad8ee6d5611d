"""A trained convolutional network as one of more filters."""

from __future__ import annotations

import math
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._checks import as_count
from fernet._engine.network import Network
from fernet.architectures import ARCHITECTURES
from fernet.estimators.fitted_classifier import FittedClassifier
from fernet.estimators.fitted_state import FittedState

__all__ = ["widen"]
__dir__ = __all__.copy


def widen(model: Any, width: int, *, random_state: int = 0) -> Any:
    """Return the model as one of more filters, which has the same answers and room to learn.

    What the old filters hand on stays. New ones take from all before them, by weights drawn at
    random of the old ones' mean norm, and nothing takes from them yet: those weights are 0. So
    the answers are the same, but for rounding, until the network is trained.

    Parameters
    ----------
    model : FERCNNClassifier
        Fitted, of an architecture that can be wider: compact, detailed or residual. It is left
        as it is.
    width : int
        Filters of the first group, at least as many as the model was trained with.
    random_state : int, default=0
        Draws the new weights.

    Returns
    -------
    FERCNNClassifier
        With the model's other parameters and its history; its next `fit` goes on from there.

    Raises
    ------
    TypeError
        If it is no model of fernet's.
    ValueError
        If its architecture can't be wider, the width is no whole number or below that of the
        trained network, or other parameters have been set that make another network.
    sklearn.exceptions.NotFittedError
        If it is not fitted.

    References
    ----------
    Chen, Goodfellow and Shlens, "Net2Net: accelerating learning via knowledge transfer", 2016,
    whose new filters are copies of old ones.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet import FERCNNClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.widening import widen
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> model = FERCNNClassifier("compact", width=4, max_iter=1, random_state=0).fit(X, y)
    >>> wider = widen(model, 6)
    >>> bool(np.allclose(wider.predict_proba(X), model.predict_proba(X), atol=1e-5))
    True
    """
    if not isinstance(model, FittedClassifier):
        raise TypeError(
            f"model is of type {type(model).__name__}; expected a FERCNNClassifier, such as "
            "load_model returns"
        )
    state = model._check_fitted()
    width = as_count(width, "width")
    _check_has_width(model)
    twin = model._with(state).set_params(width=width)
    old, network = state.network, _network(twin, state)
    rng = np.random.default_rng(random_state)
    arrays, views = _arrays(old), _arrays(network)
    if width < model.width and _shapes(_network(model, state)) == _shapes(old):
        raise ValueError(f"width is {width}; expected at least the model's, {model.width}")
    _check_room(views, arrays, width)
    n_pixels = _flattened_pixels(old)
    for name, view in views.items():
        _fill(view, arrays[name], rng, n_pixels)
    return twin._with(state.edited(network=network))


def _check_has_width(model: Any) -> None:
    # New filters at the end of those there are would part the pairs of mirror images.
    wide = [
        name
        for name, build in ARCHITECTURES.items()
        if "width" in signature(build).parameters and name != "symmetric"
    ]
    architecture = getattr(model, "architecture", "mlp")
    if not isinstance(architecture, str) or architecture not in wide:
        name = architecture if isinstance(architecture, str) else "a list of layers"
        raise ValueError(
            f"the model's architecture is {name}, which can't be widened; expected one of "
            f"{', '.join(wide)}"
        )


def _network(model: Any, state: FittedState) -> Network:
    """Return the network that the parameters make, as they are now."""
    old = state.network
    layers = model._layers(len(state.classes), old.input_shape)
    return Network(layers, old.input_shape, dtype=old.dtype, kernels=old.kernels)


def _shapes(network: Network) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in _arrays(network).items()}


def _arrays(network: Network) -> dict[str, NDArray]:
    return dict(network.named_parameters() + network.named_state())


def _check_room(views: dict[str, NDArray], arrays: dict[str, NDArray], width: int) -> None:
    """Refuse what has no place for each array; the parameters may be others than those of a fit."""
    for name in {**arrays, **views}:
        asked, there = (a[name].shape if name in a else None for a in (views, arrays))
        if asked is None or there is None or not _holds(asked, there):
            raise ValueError(
                f"width is {width}, which makes a network with {_words(name, asked)}, and the "
                f"model has {_words(name, there)}; expected at least the width, and the other "
                "parameters, that it was trained with"
            )


def _holds(asked: tuple[int, ...], there: tuple[int, ...]) -> bool:
    """Tell whether filters of one size have as many inputs and outputs, or more."""
    return (
        len(asked) == len(there)
        and asked[:-2] == there[:-2]
        and all(new >= old for new, old in zip(asked, there, strict=True))
    )


def _words(name: str, shape: tuple[int, ...] | None) -> str:
    return f"no {name}" if shape is None else f"{name} of shape {shape}"


def _flattened_pixels(network: Network) -> int:
    """Return of how many pixels a linear layer's row is, each with all its channels."""
    planes = [network.shapes[n.inputs[0]] for n in network.nodes if n.layer.kind == "flatten"]
    return math.prod(planes[-1][:-1]) if planes else 1


def _fill(view: NDArray, old: NDArray, rng: np.random.Generator, n_pixels: int) -> None:
    """Write old values, and what makes a new filter, into the place for more of them.

    Weights are (..., inputs, outputs), of a linear layer (pixels * inputs, outputs); all else has
    a value a filter.
    """
    if view.ndim == 1:
        view[: old.size], view[old.size :] = old, old.mean()
        return
    if view.ndim == 2:
        view, old = (array.reshape(n_pixels, -1, array.shape[-1]) for array in (view, old))
    inputs, outputs = old.shape[-2:]
    axes = tuple(range(old.ndim - 1))
    view[...] = 0
    view[..., :inputs, :outputs] = old
    new = rng.standard_normal((*view.shape[:-1], view.shape[-1] - outputs))
    # Of the norm that makes a mean square a filter as that of the old ones.
    norm = np.sqrt(np.square(old, dtype=float).sum(axis=axes).mean())
    view[..., outputs:] = new * (norm / np.sqrt(np.square(new).sum(axis=axes)))
