"""Layers: configurations that come back, and unknown ones that are refused."""

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


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'convolutoin' is unknown.*linear"):
        layer_from_config({"kind": "convolutoin"})


def test_an_unknown_argument_is_refused():
    with pytest.raises(ValueError, match="'dropout' does not take"):
        layer_from_config({"kind": "dropout", "rate": 0.1, "axis": 1})
