"""The weights of a Keras model, for what is fitted."""

from __future__ import annotations

from typing import Any

from fernet._engine.network import Network
from fernet._training.scaling import PixelScaling
from fernet.estimators.fitted_state import FittedState
from fernet.tensorflow_backend.exchange import read

__all__ = ["with_keras_weights"]
__dir__ = __all__.copy


def with_keras_weights(fitted: FittedState, keras_model: Any) -> FittedState:
    """Put a Keras model's weights in the place of the network's.

    Parameters
    ----------
    fitted : FittedState
        Unchanged.
    keras_model : keras.Model
        Of the same layers. If it begins with a Rescaling, that becomes the scaling of the pixels;
        one before the softmax becomes the temperature.

    Returns
    -------
    FittedState

    Raises
    ------
    ImportError
        If TensorFlow is not installed.
    ValueError
        If its layers are not those of the network.
    """
    read_network, scaling, temperature = read(keras_model)
    found, own = _shapes(read_network), _shapes(fitted.network)
    if found != own:
        name = next(
            name for name in dict.fromkeys([*own, *found]) if found.get(name) != own.get(name)
        )
        raise ValueError(
            f"the Keras model has {name} of shape {found.get(name)}; expected {own.get(name)}, "
            "as in network_"
        )
    if not scaling.is_identity:
        asked = fitted.scaling
        scaling = PixelScaling.from_arrays(scaling.to_arrays(), asked.scaling, asked.scaled_std)
    network = fitted.network.copy()
    network.load_parameters(dict(read_network.named_parameters() + read_network.named_state()))
    return fitted.edited(
        network=network,
        scaling=fitted.scaling if scaling.is_identity else scaling,
        temperature=temperature,
    )


def _shapes(network: Network) -> dict[str, tuple[int, ...]]:
    return {name: view.shape for name, view in network.named_parameters() + network.named_state()}
