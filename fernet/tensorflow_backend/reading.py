"""The layers of a Keras model, read one by one into those of a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet.layers import Layer, layer_from_config
from fernet.layers.base import Shape
from fernet.tensorflow_backend.imports import import_keras, import_tensorflow, require_channels_last

__all__ = ["read_layers"]
__dir__ = __all__.copy

_Parts = dict[str, NDArray]


def read_layers(
    keras_model: Any,
) -> tuple[list[Layer], Shape, _Parts, tuple[NDArray, NDArray] | None, float]:
    """Read layers, input shape, arrays by name, a Rescaling's scale and offset, a temperature.

    Parameters
    ----------
    keras_model : keras.Model
        Built.

    Returns
    -------
    layers : list of Layer
    input_shape : tuple of int
    arrays : dict of str to ndarray
        One for each parameter and state of a network of these layers.
    rescaling : tuple of ndarray, or None
        Scale and offset, if the model begins with a Rescaling, or of several all together.
    temperature : float
        1, or what a Rescaling before the softmax at the end divides by.

    Raises
    ------
    ValueError
        If there is a layer that has no counterpart.
    """
    import_keras()
    inputs, outputs = getattr(keras_model, "inputs", None), getattr(keras_model, "outputs", None)
    if not inputs or not outputs or len(inputs) != 1 or len(outputs) != 1:
        raise ValueError(f"{keras_model!r} is no built Keras model of one input and one output")
    reader = _Reader(keras_model)
    layers = reader.chain(outputs[0], inputs[0])
    shape = tuple(inputs[0].shape[1:])
    if None in shape:
        raise ValueError(f"the Keras model takes rows of shape {shape}; expected a fixed shape")
    arrays = _name_arrays(layers, shape, reader.arrays)
    return layers, shape, arrays, reader.rescaling, reader.temperature


def _name_arrays(layers: list[Layer], shape: Shape, found: list[_Parts]) -> _Parts:
    """Give the arrays, which come in the order of the layers, the names of a network's parts."""
    wanted = Network(layers, shape)
    names = [name for name, _ in wanted.named_parameters() + wanted.named_state()]
    owners = list(dict.fromkeys(name.rsplit(".", 1)[0] for name, _ in wanted.named_parameters()))
    by_owner = dict(zip(owners, found, strict=True))
    return {name: by_owner[name.rsplit(".", 1)[0]][name.rsplit(".", 1)[1]] for name in names}


class _Reader:
    """Walks from a model's output to its input and reads the layers on the way."""

    def __init__(self, keras_model: Any) -> None:
        self.arrays: list[_Parts] = []
        self.rescaling: tuple[NDArray, NDArray] | None = None
        self.temperature = 1.0
        self._depth = 0
        self._name = keras_model.name
        self._output = keras_model.outputs[0]
        self._input = self._rescaled = keras_model.inputs[0]
        self._makers: dict[int, Any] = {}
        for layer in keras_model.layers:
            if type(layer).__name__ != "InputLayer":
                self._makers[id(_single(layer, "output"))] = layer

    def chain(self, tensor: Any, start: Any) -> list[Layer]:
        """Read the layers between two tensors, in order."""
        configs: list[dict[str, Any]] = []
        path = self._path(tensor, start)
        padding: Any = None
        for layer, entry in path:
            kind = _kind(layer)
            if kind == "Add" and padding is None:
                configs.append(self._residual(layer, entry))
                continue
            if kind == "Rescaling" and padding is None:
                is_at_end = len(path) > 1 and layer is path[-2][0] and self._is_softmax(path[-1][0])
                self._take_temperature(layer) if is_at_end else self._take_rescaling(layer)
                continue
            if kind not in _READERS:
                raise ValueError(f"Keras layer {layer.name!r} is a {kind}; expected: {_KNOWN}")
            if padding is not None and kind not in ("Conv2D", "ZeroPadding2D"):
                break
            made = _READERS[kind](layer, padding)
            padding = made.pop("padding_before", None)
            configs += _with_activation(layer, made, at_end=layer.output is self._output)
            if arrays := _arrays(layer, made):
                self.arrays.append(arrays)
        if padding is not None:
            raise ValueError(
                f"ZeroPadding2D pads for {layer.name!r}; expected a Conv2D right behind it"
            )
        return [layer_from_config(config) for config in configs]

    def _path(self, tensor: Any, start: Any) -> list[tuple[Any, Any]]:
        """Return the layers back to `start`, each with the tensor it starts from, in order."""
        path = []
        while tensor is not start:
            layer = self._makers.get(id(tensor))
            if layer is None:
                raise ValueError(
                    f"the Keras model {self._name!r} is no chain of layers and residual blocks, or "
                    "uses a layer more than once"
                )
            if type(layer).__name__ == "Add":
                entry = self._fork(layer)
            else:
                entry = _single(layer, "input")
            path.append((layer, entry))
            tensor = entry
        return path[::-1]

    def _fork(self, add: Any) -> Any:
        """Find the tensor from which both inputs of an Add come."""
        tensors = _single(add, "input")
        if not isinstance(tensors, list) or len(tensors) != 2:
            raise ValueError(f"Keras layer {add.name!r} adds {tensors!r}; expected two tensors")
        ways = [[id(tensors[i])] for i in (0, 1)]
        found = {id(tensor): tensor for tensor in tensors}
        for way, tensor in zip(ways, tensors, strict=True):
            for _, entry in reversed(self._path(tensor, self._input)):
                way.append(id(entry))
                found[id(entry)] = entry
        return found[next(key for key in ways[0] if key in ways[1])]

    def _residual(self, add: Any, entry: Any) -> dict[str, Any]:
        parts = list(_single(add, "input"))
        if parts[0] is entry:
            parts.reverse()  # the sum may have named the identity first
        self._depth += 1
        branch, shortcut = (self.chain(tensor, entry) for tensor in parts)
        self._depth -= 1
        return {
            "kind": "residual",
            "branch": [layer.config() for layer in branch],
            "shortcut": [layer.config() for layer in shortcut],
        }

    def _is_softmax(self, layer: Any) -> bool:
        """Tell whether a layer is the softmax at the end, and nothing else besides."""
        is_pure = type(layer).__name__ in ("Softmax", "Activation")
        return is_pure and layer.output is self._output and _activation(layer) == "softmax"

    def _take_temperature(self, layer: Any) -> None:
        scale, offset = _as_array(layer.scale), _as_array(layer.offset)
        if scale.size != 1 or not 0 < scale < np.inf or np.any(offset):
            raise ValueError(
                f"Rescaling {layer.name!r} before the softmax has scale {scale.tolist()} and "
                f"offset {offset.tolist()}; expected one finite number above 0 and an offset of 0"
            )
        self.temperature = float(1 / np.float64(layer.scale))

    def _take_rescaling(self, layer: Any) -> None:
        if layer.input is not self._rescaled or self._depth:
            raise ValueError(
                f"Rescaling {layer.name!r} is not the first layer, nor right before a Softmax at "
                "the end; expected it there"
            )
        scale, offset = (np.asarray(part, dtype=np.float64) for part in (layer.scale, layer.offset))
        require_channels_last(scale)
        if not (np.isfinite(scale).all() and np.isfinite(offset).all()):
            raise ValueError(
                f"Rescaling {layer.name!r} has a scale or an offset that is NaN or infinite; "
                "expected finite numbers"
            )
        if not np.all(scale):
            raise ValueError(f"Rescaling {layer.name!r} has a scale of 0; expected none")
        if self.rescaling is not None:
            offset = self.rescaling[1] * scale + offset
            scale = self.rescaling[0] * scale
        self.rescaling, self._rescaled = (scale, offset), layer.output


def _kind(layer: Any) -> str:
    """Return the name of a layer's class, which is in full if it is not one of Keras's."""
    of = type(layer)
    return of.__name__ if of.__module__.startswith("keras.") else f"{of.__module__}.{of.__name__}"


def _as_array(value: Any) -> NDArray:
    return np.asarray(value, dtype=np.float32)


def _single(layer: Any, side: str) -> Any:
    try:
        return getattr(layer, side)
    except (AttributeError, ValueError):
        raise ValueError(
            f"Keras layer {layer.name!r} has no {side} of its own; expected a chain of layers, "
            "each used once"
        ) from None


def _require(layer: Any, **expected: Any) -> None:
    """Refuse settings that have no counterpart."""
    for name, value in expected.items():
        found = getattr(layer, name)
        if isinstance(value, tuple):
            found = tuple(found) if isinstance(found, list | tuple) else found
        if found != value:
            raise ValueError(f"Keras layer {layer.name!r} has {name}={found!r}; expected {value!r}")


def _activation(layer: Any) -> str:
    """Name the layer's activation by what it is: a function of the user's may have any name."""
    if type(layer).__name__ == "Softmax":
        return "softmax"
    function = getattr(layer, "activation", None)
    if function is None:
        return "linear"
    keras, nn = import_keras(), import_tensorflow().nn
    for name in ("relu", "softmax", "linear"):
        known = (getattr(of, name, None) for of in (keras.activations, keras.ops, nn))
        if any(function is one for one in known):
            return name
    name = getattr(function, "__name__", repr(function))
    module = str(getattr(function, "__module__", ""))
    return name if module.startswith("keras.") else f"{module}.{name}"


def _with_activation(layer: Any, made: Mapping[str, Any], at_end: bool) -> list[dict[str, Any]]:
    configs = [dict(made)] if "kind" in made else []
    name = _activation(layer)
    if name == "softmax" and at_end:
        return configs
    if name not in ("relu", "linear"):
        raise ValueError(
            f"Keras layer {layer.name!r} has activation {name!r}; expected 'relu', 'linear' or, at "
            "the end, 'softmax'"
        )
    return [*configs, {"kind": "relu"}] if name == "relu" else configs


def _arrays(layer: Any, made: Mapping[str, Any]) -> _Parts:
    """Read a layer's arrays as it computes with them: a kernel with what LoRA adds to it."""
    kind = made.get("kind")
    if kind == "batch_norm":
        return _statistics(layer)
    if kind not in ("linear", "conv2d"):
        return {}
    quantized = getattr(layer, "quantization_mode", None)
    if quantized is not None:
        raise ValueError(
            f"Keras layer {layer.name!r} is quantized ({quantized!r}); expected floating numbers"
        )
    parts = {"weight": layer.kernel} | ({"bias": layer.bias} if layer.use_bias else {})
    return {name: _as_array(value.numpy()) for name, value in parts.items()}


def _statistics(layer: Any) -> _Parts:
    mean, variance = _as_array(layer.moving_mean.numpy()), _as_array(layer.moving_variance.numpy())
    return {
        "gamma": _as_array(layer.gamma.numpy()) if layer.scale else np.ones_like(mean),
        "beta": _as_array(layer.beta.numpy()) if layer.center else np.zeros_like(mean),
        "running_mean": mean,
        "running_var": variance,
    }


def _dense(layer: Any, padding: Any) -> dict[str, Any]:
    return {
        "kind": "linear",
        "n_outputs": layer.units,
        "initializer": "he_normal",
        "use_bias": bool(layer.use_bias),
    }


def _conv2d(layer: Any, padding: Any) -> dict[str, Any]:
    _require(layer, data_format="channels_last", dilation_rate=(1, 1), groups=1)
    own: tuple[int, ...] = (0, 0)
    if layer.padding == "same":
        own = tuple(_same_padding(layer, axis) for axis in (0, 1))
    before = (0, 0) if padding is None else padding
    return {
        "kind": "conv2d",
        "n_filters": layer.filters,
        "kernel_size": tuple(layer.kernel_size),
        "stride": tuple(layer.strides),
        "padding": (own[0] + before[0], own[1] + before[1]),
        "initializer": "he_normal",
        "use_bias": bool(layer.use_bias),
        "algorithm": "auto",
    }


def _same_padding(layer: Any, axis: int) -> int:
    """Work out what Keras pads at each side for "same"; refuse what differs between sides."""
    size, kernel = int(layer.input.shape[1 + axis]), int(layer.kernel_size[axis])
    stride = int(layer.strides[axis])
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    if total % 2:
        raise ValueError(
            f"Keras layer {layer.name!r} pads {total} pixels in all, one side more than the other; "
            'expected symmetric padding: ZeroPadding2D and padding="valid"'
        )
    return total // 2


def _zero_padding(layer: Any, padding: Any) -> dict[str, Any]:
    _require(layer, data_format="channels_last")
    (top, bottom), (left, right) = layer.padding
    if top != bottom or left != right:
        raise ValueError(
            f"Keras layer {layer.name!r} pads {layer.padding}; expected symmetric padding"
        )
    before = (0, 0) if padding is None else padding
    return {"padding_before": (before[0] + top, before[1] + left)}


def _max_pooling(layer: Any, padding: Any) -> dict[str, Any]:
    _require(layer, data_format="channels_last", padding="valid", strides=tuple(layer.pool_size))
    return {"kind": "max_pool2d", "size": tuple(layer.pool_size)}


def _global_average(layer: Any, padding: Any) -> dict[str, Any]:
    _require(layer, data_format="channels_last", keepdims=False)
    return {"kind": "global_avg_pool2d"}


def _flatten(layer: Any, padding: Any) -> dict[str, Any]:
    if len(layer.input.shape) > 2:
        _require(layer, data_format="channels_last")
    return {"kind": "flatten"}


def _batch_norm(layer: Any, padding: Any) -> dict[str, Any]:
    rank = len(layer.input.shape)
    axis = layer.axis[0] if isinstance(layer.axis, list | tuple) else layer.axis
    if axis % rank != rank - 1:
        raise ValueError(f"Keras layer {layer.name!r} has axis={layer.axis!r}; expected -1")
    return {"kind": "batch_norm", "momentum": float(layer.momentum), "eps": float(layer.epsilon)}


def _relu(layer: Any, padding: Any) -> dict[str, Any]:
    _require(layer, max_value=None)
    for name in ("negative_slope", "threshold"):
        if float(np.asarray(getattr(layer, name))) != 0:
            raise ValueError(f"Keras layer {layer.name!r} has a {name}; expected 0")
    return {"kind": "relu"}


_READERS = {
    "Dense": _dense,
    "Conv2D": _conv2d,
    "ZeroPadding2D": _zero_padding,
    "MaxPooling2D": _max_pooling,
    "GlobalAveragePooling2D": _global_average,
    "BatchNormalization": _batch_norm,
    "ReLU": _relu,
    "Activation": lambda layer, padding: {},
    "Softmax": lambda layer, padding: {},
    "Dropout": lambda layer, padding: {"kind": "dropout", "rate": float(layer.rate)},
    "Flatten": _flatten,
}
"""Each Keras layer's counterpart as a configuration, given the padding that precedes it."""

_KNOWN = ", ".join([*_READERS, "Add"])
