"""What a call of a kernel does: for which layer, in which direction, how much work."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

FORWARD, TO_INPUT, TO_WEIGHTS = "forward", "to the input", "to the weights"
TO_BOTH = f"{TO_INPUT} and {TO_WEIGHTS}"
# By the start of the kernel's name; the first that fits.
GROUPS = {
    "conv2d_forward": f"convolutions, {FORWARD}",
    "conv2d_backward_input": f"convolutions, {TO_INPUT}",
    "conv2d_backward_params": f"convolutions, {TO_WEIGHTS}",
    "conv2d_backward": f"convolutions, {TO_BOTH}",
    "conv2d_pool_forward": f"convolutions, {FORWARD}",
    "linear": "linear layers",
    "max_pool": "pooling",
    "global_avg_pool": "pooling",
    "batch_norm": "batch normalisation",
    "add_forward": "additions",
    "dropout": "dropout",
    "relu": "ReLU alone",
    "softmax": "loss",
    "sgd": "update",
    "adam": "update",
    "ema": "update",
    "sum_of_squares": "update",
    "scale_inplace": "update",
    "mirror_mean": "update",
    "gather": "batch gathered",
    "affine_gather": "batch gathered, augmented",
}
# Arrays that an update both reads and writes, so that they are moved twice.
UPDATED = {"sgd_update": 2, "adam_update": 3, "ema_update": 1, "scale_inplace": 1, "mirror_mean": 1}


@dataclass(frozen=True)
class Part:
    """A kernel at one layer's shapes.

    `flops` are those of the direct computation, whatever the algorithm; None for kernels that
    are bound by memory. `n_bytes` counts every array once, those updated in place twice. Calls of
    one label are one part, whether or not a mask or a bias makes a few bytes' difference.
    """

    label: str
    group: str
    flops: float | None
    n_bytes: float = field(compare=False)


def arrays_of(arguments: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: value for name, value in arguments.items() if isinstance(value, np.ndarray)}


def describe(kernel: Callable[..., Any], name: str, args: tuple, kwargs: Mapping) -> Part:
    """Describe one call; `kernel` is anything with the signature, such as the NumPy version."""
    arguments = inspect.signature(kernel).bind(*args, **kwargs).arguments
    group = next((g for start, g in GROUPS.items() if name.startswith(start)), "other kernels")
    if name.startswith("conv2d_"):
        label, flops = _convolution(arguments, name == "conv2d_pool_forward")
        if name == "conv2d_backward":
            return Part(f"{label}, {TO_BOTH}", group, 2 * flops, _bytes(name, arguments))
    elif name.startswith("linear_"):
        label, flops = _linear(arguments)
    else:
        label, flops = _shapes(name, arguments), None
    return Part(label + _direction(name), group, flops, _bytes(name, arguments))


def _direction(name: str) -> str:
    for ending, direction in (
        ("_input", TO_INPUT),
        ("_params", TO_WEIGHTS),
        ("linear_backward_sgd", f"{TO_WEIGHTS}, and update"),
        ("linear_backward_adam", f"{TO_WEIGHTS}, and update"),
        ("_forward", FORWARD),
        ("_backward", "backward"),
    ):
        if name.endswith(ending):
            return f", {direction}"
    return ""


def _convolution(arguments: Mapping[str, Any], pooled: bool) -> tuple[str, float]:
    image = arguments.get("dx", arguments.get("x"))
    height, width, inputs, filters = arguments.get("weight", arguments.get("dweight")).shape
    stride, padding = arguments.get("stride", (1, 1)), arguments.get("padding", (0, 0))
    rows, columns = (
        (side + 2 * pad - size) // step + 1
        for side, pad, size, step in zip(
            image.shape[1:3], padding, (height, width), stride, strict=True
        )
    )
    step = "" if tuple(stride) == (1, 1) else f" stride {stride[0]}"
    label = f"{height}x{width} {inputs}-{filters} at {image.shape[1]}{step}"
    flops = 2.0 * len(image) * rows * columns * height * width * inputs * filters
    return label + (" and pooling" if pooled else ""), flops


def _linear(arguments: Mapping[str, Any]) -> tuple[str, float]:
    rows, inputs = arguments.get("x", arguments.get("dx")).shape
    outputs = arguments.get("y", arguments.get("dy")).shape[1]
    return f"linear {inputs}-{outputs}", 2.0 * rows * inputs * outputs


def _shapes(name: str, arguments: Mapping[str, Any]) -> str:
    """Name the kernel and one row of its largest array, or the whole of a flat one."""
    if "gather" in name:
        shape = arguments["out"].shape
    else:
        shape = max(arrays_of(arguments).values(), key=lambda array: array.size).shape
    row = shape[1:] if len(shape) > 1 else shape
    kind = name.removesuffix("_forward").removesuffix("_backward").replace("_", " ")
    return f"{kind} {'x'.join(map(str, row))}"


def _bytes(name: str, arguments: Mapping[str, Any]) -> float:
    arrays = arrays_of(arguments)
    total = sum(array.nbytes for array in arrays.values())
    if "gather" in name:  # of the images, only the batch's are read
        source = max(arrays.values(), key=lambda array: array.nbytes)
        total += len(arguments["indices"]) / len(source) * source.nbytes - source.nbytes
    largest = max((array.nbytes for array in arrays.values()), default=0)
    return float(total + UPDATED.get(name, 0) * largest)
