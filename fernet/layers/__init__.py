"""Layers: a file each, configuration with ``forward`` and ``backward``."""

from __future__ import annotations

from fernet.layers.base import Layer, Place, Run, layer_from_config
from fernet.layers.dropout import Dropout
from fernet.layers.flatten import Flatten
from fernet.layers.linear import Linear
from fernet.layers.relu import ReLU

__all__ = [
    "Dropout",
    "Flatten",
    "Layer",
    "Linear",
    "Place",
    "ReLU",
    "Run",
    "layer_from_config",
]
