"""The weights of a Keras model, for what is fitted."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._training.scaling import PixelScaling
from fernet.estimators.fitted_state import FittedState
from fernet.layers import Dropout, Flatten, Layer, Residual
from fernet.tensorflow_backend.exchange import read

__all__ = ["with_keras_weights"]
__dir__ = __all__.copy

_SETTINGS = {
    "batch_norm": {"eps": "eps"},
    "conv2d": {
        "kernel_size": "kernel_size",
        "stride": "stride",
        "zeros": "padding",
        "use_bias": "use_bias",
    },
    "linear": {"use_bias": "use_bias"},
    "max_pool2d": {"size": "size"},
}
"""The attributes that predictions depend on, by kind, and what they are called."""
_ROUNDING = 1e-3
"""How far apart, in scaled numbers, the means of two scalings are that count as the same."""


def with_keras_weights(fitted: FittedState, keras_model: Any) -> FittedState:
    """Put a Keras model's weights in the place of the network's.

    Parameters
    ----------
    fitted : FittedState
        Unchanged.
    keras_model : keras.Model
        Of the same layers. If it begins with a Rescaling, that becomes the scaling of the pixels,
        and where it is another one, the range of the data is no longer known. Without, the scaling
        stays: a model that takes pixels as they are begins with ``Rescaling(1.0)``. A Rescaling
        right before the softmax becomes the temperature; without, that is 1.

    Returns
    -------
    FittedState

    Raises
    ------
    ImportError
        If TensorFlow is not installed.
    ValueError
        If its layers compute something else than the network's, or it holds numbers that are not
        finite.
    """
    read_network, scaling, temperature = read(keras_model)
    _check_layers(read_network, fitted.network)
    _check_shapes(read_network, fitted.network)
    _check_finite(read_network)
    network = fitted.network.copy()
    network.load_parameters(dict(_named_arrays(read_network)))
    known = fitted.input_range
    if scaling.is_identity:
        scaling = fitted.scaling
    else:
        asked = fitted.scaling
        scaling = PixelScaling.from_arrays(scaling.to_arrays(), asked.scaling, asked.scaled_std)
        known = known if _is_same(scaling, asked) else None
    return fitted.edited(
        network=network, scaling=scaling, temperature=temperature, input_range=known
    )


def _check_layers(found: Network, own: Network) -> None:
    """Refuse layers that compute something else; how they train is the network's own affair."""
    shapes = found.input_shape, own.input_shape
    is_flat = 1 in map(len, shapes) and math.prod(shapes[0]) == math.prod(shapes[1])
    if shapes[0] != shapes[1] and not is_flat:
        raise ValueError(
            f"the Keras model takes rows of shape {shapes[0]}; expected {shapes[1]}, as in network_"
        )
    before = "its input"
    for theirs, ours in itertools.zip_longest(_described(found.layers), _described(own.layers)):
        if theirs != ours:
            raise ValueError(
                f"the Keras model has {theirs or 'no layer'} after {before}; expected "
                f"{ours or 'no layer'}, as in network_"
            )
        before = theirs


def _described(layers: Sequence[Layer]) -> Iterator[str]:
    """Say of each layer what its predictions depend on; nothing does on a Flatten or Dropout."""
    for layer in layers:
        if isinstance(layer, Residual):
            yield "a residual branch"
            yield from _described(layer.branch)
            yield "its shortcut"
            yield from _described(layer.shortcut)
            yield "their sum"
        elif not isinstance(layer, Flatten | Dropout):
            names = _SETTINGS.get(layer.kind, {})
            settings = [f"{said}={getattr(layer, name)}" for name, said in names.items()]
            yield f"{layer.kind}({', '.join(settings)})"


def _check_shapes(read_network: Network, own_network: Network) -> None:
    found, own = ({n: v.shape for n, v in _named_arrays(of)} for of in (read_network, own_network))
    for name in dict.fromkeys([*own, *found]):
        if found.get(name) != own.get(name):
            raise ValueError(
                f"the Keras model has {name} of shape {found.get(name)}; expected "
                f"{own.get(name)}, as in network_"
            )


def _check_finite(network: Network) -> None:
    for name, array in _named_arrays(network):
        if not np.isfinite(array).all():
            raise ValueError(
                f"the Keras model has {name} with numbers that are NaN or infinite; expected "
                "finite ones"
            )


def _named_arrays(network: Network) -> list[tuple[str, NDArray]]:
    return network.named_parameters() + network.named_state()


def _is_same(scaling: PixelScaling, other: PixelScaling) -> bool:
    """Tell whether two scalings are the same but for what Keras's way of writing them rounds."""
    if scaling.offset_ is None or scaling.scale_ is None:
        return other.is_identity
    if other.offset_ is None or other.scale_ is None:
        return False
    moved = (scaling.offset_ - other.offset_) * other.scale_
    return np.allclose(scaling.scale_, other.scale_, rtol=1e-4, atol=0) and bool(
        np.abs(moved).max() < _ROUNDING
    )
