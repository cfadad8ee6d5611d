"""Weights between a network and the Keras model that was built from it; none is transposed."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from fernet._engine.network import Network

__all__ = ["named_arrays", "pull", "push", "variable"]
__dir__ = __all__.copy

_ATTRIBUTES = {
    "weight": "kernel",
    "bias": "bias",
    "gamma": "gamma",
    "beta": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
"""What Keras calls the parts of a layer."""


def variable(keras_model: Any, name: str) -> Any:
    """Return the Keras variable of a network's part.

    Parameters
    ----------
    keras_model : keras.Model
        As `build` made it.
    name : str
        Such as ``"linear_1.weight"``.

    Returns
    -------
    keras.Variable
    """
    layer, part = name.rsplit(".", 1)
    return getattr(keras_model.get_layer(layer), _ATTRIBUTES[part])


def named_arrays(network: Network) -> list[tuple[str, NDArray]]:
    """Return names and views of all that a network holds: parameters and state."""
    return network.named_parameters() + network.named_state()


def push(network: Network, keras_model: Any) -> None:
    """Copy a network's parameters and state into the Keras model built from it."""
    for name, view in named_arrays(network):
        variable(keras_model, name).assign(view)


def pull(keras_model: Any, network: Network) -> None:
    """Copy the Keras model's weights into the network that it was built from."""
    for name, view in named_arrays(network):
        view[...] = variable(keras_model, name).numpy()
