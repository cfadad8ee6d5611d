"""From a network's layers to a functional Keras model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fernet._engine.network import Network
from fernet.layers import Layer
from fernet.tensorflow_backend.imports import import_keras

__all__ = ["build"]
__dir__ = __all__.copy


def build(network: Network, *, inputs: Any, seed: int = 0) -> Any:
    """Apply a network's layers, as Keras layers with first values of Keras's, to a tensor.

    Images are channels-last, and padding is symmetric, as here.

    Parameters
    ----------
    network : Network
        Each of its layers becomes the Keras layer of the same name.
    inputs : KerasTensor
        Of the network's input shape.
    seed : int, default=0
        Key of the dropout masks.

    Returns
    -------
    KerasTensor
        The network's outputs: no softmax.

    Raises
    ------
    ImportError
        If TensorFlow is not installed.
    ValueError
        If a layer has no counterpart.
    """
    return _Builder(import_keras(), seed).chain(network.layers, inputs)


class _Builder:
    """Makes Keras layers one after the other, named by kind and count as in a network."""

    def __init__(self, keras: Any, seed: int) -> None:
        self.keras = keras
        self.seed = seed
        self._counts: dict[str, int] = {}

    def chain(self, layers: Sequence[Layer], x: Any) -> Any:
        for layer in layers:
            make = _MAKERS.get(layer.kind)
            if make is None:
                known = ", ".join(sorted(_MAKERS))
                raise ValueError(f"layer {layer!r} has no Keras counterpart; expected: {known}")
            x = make(self, layer, x)
        return x

    def options(self, kind: str) -> dict[str, Any]:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return {"name": f"{kind}_{self._counts[kind]}", "dtype": "float32"}


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _conv2d(to: _Builder, layer: Any, x: Any) -> Any:
    options, kernel_size = to.options("conv2d"), _pair(layer.kernel_size)
    padding = layer.padding
    if isinstance(padding, str):
        same = padding == "same"
        padding = ((kernel_size[0] - 1) // 2, (kernel_size[1] - 1) // 2) if same else (0, 0)
    padding = _pair(padding)
    if padding != (0, 0):
        # Keras's "same" pads a side more than the other where the stride is 2.
        pad = to.keras.layers.ZeroPadding2D(
            padding,
            data_format="channels_last",
            name=f"{options['name']}_padding",
            dtype="float32",
        )
        x = pad(x)
    return to.keras.layers.Conv2D(
        layer.n_filters,
        kernel_size,
        strides=_pair(layer.stride),
        padding="valid",
        data_format="channels_last",
        use_bias=layer.use_bias,
        **options,
    )(x)


def _linear(to: _Builder, layer: Any, x: Any) -> Any:
    return to.keras.layers.Dense(layer.n_outputs, use_bias=layer.use_bias, **to.options("linear"))(
        x
    )


def _dropout(to: _Builder, layer: Any, x: Any) -> Any:
    options = to.options("dropout")
    # Keras takes seeds of 32 bits.
    seed = (to.seed + 1_000_003 * to._counts["dropout"]) % (1 << 31)
    return to.keras.layers.Dropout(layer.rate, seed=seed, **options)(x)


def _max_pool(to: _Builder, layer: Any, x: Any) -> Any:
    size = _pair(layer.size)
    return to.keras.layers.MaxPooling2D(
        size, size, padding="valid", data_format="channels_last", **to.options("max_pool2d")
    )(x)


def _batch_norm(to: _Builder, layer: Any, x: Any) -> Any:
    return to.keras.layers.BatchNormalization(
        axis=-1, momentum=layer.momentum, epsilon=layer.eps, **to.options("batch_norm")
    )(x)


def _residual(to: _Builder, layer: Any, x: Any) -> Any:
    branch, shortcut = to.chain(layer.branch, x), to.chain(layer.shortcut, x)
    return to.keras.layers.Add(**to.options("add"))([branch, shortcut])


_MAKERS: dict[str, Callable[[_Builder, Any, Any], Any]] = {
    "batch_norm": _batch_norm,
    "conv2d": _conv2d,
    "dropout": _dropout,
    "flatten": lambda to, layer, x: to.keras.layers.Flatten(
        data_format="channels_last", **to.options("flatten")
    )(x),
    "global_avg_pool2d": lambda to, layer, x: to.keras.layers.GlobalAveragePooling2D(
        data_format="channels_last", **to.options("global_avg_pool2d")
    )(x),
    "linear": _linear,
    "max_pool2d": _max_pool,
    "relu": lambda to, layer, x: to.keras.layers.ReLU(**to.options("relu"))(x),
    "residual": _residual,
}
