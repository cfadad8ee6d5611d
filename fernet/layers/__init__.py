"""Layers: a file each, configuration with ``forward`` and ``backward``."""

from __future__ import annotations

from fernet.layers.add import Add
from fernet.layers.base import Layer, LayerContext, PassContext
from fernet.layers.batch_norm import BatchNorm
from fernet.layers.conv2d import Conv2D
from fernet.layers.dropout import Dropout
from fernet.layers.flatten import Flatten
from fernet.layers.global_avg_pool2d import GlobalAvgPool2D
from fernet.layers.kinds import layer_from_config
from fernet.layers.linear import Linear
from fernet.layers.max_pool2d import MaxPool2D
from fernet.layers.relu import ReLU
from fernet.layers.residual import Residual

__all__ = [
    "Add",
    "BatchNorm",
    "Conv2D",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2D",
    "Layer",
    "LayerContext",
    "Linear",
    "MaxPool2D",
    "PassContext",
    "ReLU",
    "Residual",
    "layer_from_config",
]
__dir__ = __all__.copy
