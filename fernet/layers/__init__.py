"""Layers: a file each, configuration with ``forward`` and ``backward``."""

from __future__ import annotations

from fernet.layers.add import Add
from fernet.layers.base import Layer, Place, Run, layer_from_config
from fernet.layers.dropout import Dropout
from fernet.layers.flatten import Flatten
from fernet.layers.linear import Linear
from fernet.layers.relu import ReLU
from fernet.layers.residual import Residual

__all__ = [
    "Add",
    "Dropout",
    "Flatten",
    "Layer",
    "Linear",
    "Place",
    "ReLU",
    "Residual",
    "Run",
    "layer_from_config",
]
