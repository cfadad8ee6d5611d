"""Models to Keras and back."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from fernet._engine.network import Network
from fernet._io.callers import levels_to_caller
from fernet._training.scaling import PixelScaling
from fernet.layers.base import Shape
from fernet.tensorflow_backend import weights
from fernet.tensorflow_backend.builder import build
from fernet.tensorflow_backend.imports import import_keras, require_channels_last
from fernet.tensorflow_backend.reading import read_layers

__all__ = ["from_keras", "read", "to_keras"]
__dir__ = __all__.copy

_FAR = 100.0
"""Standard deviations from 0, beyond which float32 loses digits if numbers are scaled first."""


def to_keras(model: Any) -> Any:
    """Build the Keras model of an estimator or a network, with its weights.

    Parameters
    ----------
    model : estimator or Network
        An estimator must be fitted.

    Returns
    -------
    keras.Model
        Channels-last, its layers named as the network's. Of an estimator: from images, in the
        units that `fit` was given, to what `predict_proba` returns, without `average_flips` and
        `average_views`; a temperature, see `calibrate`, is a Rescaling before the softmax. Of a
        network: from its inputs to its outputs, no softmax.

    Raises
    ------
    TypeError
        If `model` is something else, such as a pipeline.
    ImportError
        If TensorFlow is not installed.
    ValueError
        If each pixel of a row has a scale of its own, and Keras's `image_data_format` is
        "channels_first": it would take these for planes'.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.

    Warns
    -----
    UserWarning
        If the estimator averages over mirror images or views, which the Keras model does not.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.tensorflow_backend import to_keras
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(X, y)
    >>> to_keras(model).predict(X, verbose=0).shape  # doctest: +SKIP
    (100, 7)
    """
    if isinstance(model, Network):
        return _with_weights(model)
    if not hasattr(model, "_check_fitted"):
        raise TypeError(
            f"model is a {type(model).__name__}; expected FERMLPClassifier, FERCNNClassifier or "
            "a Network"
        )
    keras = import_keras()
    fitted = model._check_fitted()
    network, scaling = fitted.network, fitted.scaling
    images = x = keras.Input(network.input_shape, name="images", dtype="float32")
    if not scaling.is_identity:
        x = _scaled(keras, scaling, x, network.input_shape)
    logits = build(network, inputs=x)
    if model.temperature_ != 1:
        cooler = keras.layers.Rescaling(1 / model.temperature_, name="temperature", dtype="float32")
        logits = cooler(logits)
    probabilities = keras.layers.Softmax(name="probabilities", dtype="float32")(logits)
    whole = keras.Model(images, probabilities, name="fernet")
    weights.push(network, whole)
    if model.average_flips or model.average_views is not None:
        warnings.warn(
            "the Keras model sees each image once, where this one averages over mirror images or "
            "views: its probabilities are others. Those of this model with average_flips=False "
            "and average_views=None are the same",
            UserWarning,
            stacklevel=levels_to_caller(),
        )
    return whole


def _scaled(keras: Any, scaling: Any, x: Any, shape: Shape) -> Any:
    """Apply a scaling as a Rescaling, or where numbers are far from 0 for their spread, as two."""
    scale, offset = scaling.scale_.reshape(shape), scaling.offset_.reshape(shape)
    # One number, where that says it all, is the same to Keras in any format of images.
    factor = float(scale.flat[0]) if np.all(scale == scale.flat[0]) else scale
    require_channels_last(factor)
    if np.abs(offset * scale).max() > _FAR:
        x = keras.layers.Rescaling(1.0, -offset, name="centring", dtype="float32")(x)
        return keras.layers.Rescaling(factor, name="scaling", dtype="float32")(x)
    return keras.layers.Rescaling(factor, -offset * scale, name="scaling", dtype="float32")(x)


def _with_weights(network: Network) -> Any:
    keras = import_keras()
    inputs = keras.Input(network.input_shape, name="inputs", dtype="float32")
    model = keras.Model(inputs, build(network, inputs=inputs), name="fernet")
    weights.push(network, model)
    return model


def from_keras(keras_model: Any) -> Network:
    """Read a Keras model into a network: its layers' settings and arrays, nothing that runs.

    Parameters
    ----------
    keras_model : keras.Model
        Built, sequential or functional, of one input and one output, channels-last, of these
        layers: Dense, Conv2D, ZeroPadding2D before one, MaxPooling2D, GlobalAveragePooling2D,
        BatchNormalization, ReLU, Dropout, Flatten, Add of two, Activation (or `activation=`) of
        "relu" or "linear". A softmax at the end is left off: the network gives logits.

    Returns
    -------
    Network

    Raises
    ------
    ImportError
        If TensorFlow is not installed.
    ValueError
        If the model has a layer of another kind, or with settings that have no counterpart; the
        message names it.

    Examples
    --------
    >>> from fernet.tensorflow_backend import from_keras, to_keras
    >>> network = from_keras(to_keras(model))  # doctest: +SKIP
    """
    network, scaling, temperature = read(keras_model)
    if not scaling.is_identity or temperature != 1:
        place = "begins with a Rescaling" if temperature == 1 else "has a Rescaling at its end"
        raise ValueError(
            f"the Keras model {place}, which a network has no place for; expected a model "
            "without, or an estimator's load_keras_weights"
        )
    return network


def read(keras_model: Any) -> tuple[Network, PixelScaling, float]:
    """Read a Keras model, which may begin and end with a Rescaling.

    Parameters
    ----------
    keras_model : keras.Model
        As for `from_keras`.

    Returns
    -------
    network : Network
    scaling : PixelScaling
        Of None if there was no Rescaling at the beginning.
    temperature : float
        1 if there was none before the softmax.
    """
    layers, input_shape, named, rescaling, temperature = read_layers(keras_model)
    network = Network(layers, input_shape)
    network.load_parameters(named)
    scaling = PixelScaling()
    if rescaling is not None:
        scale, offset = (np.broadcast_to(a, input_shape).ravel() for a in rescaling)
        arrays = {"offset": -offset / scale, "scale": scale}
        if max(np.abs(array).max() for array in arrays.values()) > np.finfo(np.float32).max:
            raise ValueError(
                f"the Keras model begins with a Rescaling of scale {rescaling[0]} and offset "
                f"{rescaling[1]}; expected numbers that float32 holds, as well as their ratio"
            )
        scaling = PixelScaling.from_arrays(arrays)
    return network, scaling, temperature
