"""Layers: configurations that come back."""

from __future__ import annotations

import json

import pytest

from fernet.layers import (
    Add,
    BatchNorm,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
    layer_from_config,
)

LAYERS = [
    Linear(5, "glorot_uniform", use_bias=False),
    ReLU(),
    Dropout(0.25),
    Flatten(),
    Add(),
    Conv2D(4),
    Conv2D(4, (1, 7), 2, (0, 3), use_bias=False, algorithm="direct"),
    MaxPool2D((2, 3)),
    GlobalAvgPool2D(),
    BatchNorm(0.8, 1e-3),
    Residual([Linear(3), Residual([ReLU()])], shortcut=[Linear(3)]),
]


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_a_layer_comes_back_from_its_configuration_through_json(layer):
    again = layer_from_config(json.loads(json.dumps(layer.config())))
    assert again == layer
    assert type(again) is type(layer)


def test_layers_with_other_settings_differ():
    assert Linear(5) != Linear(6)
    assert Dropout(0.1) != Dropout(0.2)
    assert ReLU() != Flatten()


def test_layers_are_no_keys_as_their_settings_may_change():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Linear(5))


def test_an_argument_that_a_layer_does_not_keep_is_named():
    class Scaled(Layer):
        kind = "scaled"

        def __init__(self, by):
            self._by = by

    assert repr(Scaled(2)) == "Scaled(by=...)"
    with pytest.raises(ValueError, match="Scaled takes by, but its object has no attribute by"):
        Scaled(2).config()
