"""Multi-layer perceptrons as lists of layers."""

from __future__ import annotations

from fernet._engine.network import Network
from fernet.architectures import mlp
from fernet.layers import Dropout, Linear, ReLU


def test_the_reports_mlp_has_its_layers_and_its_1_3_million_parameters():
    network = Network(mlp((512, 256), 7), (2304,))
    assert [type(layer) for layer in network.layers] == [Linear, ReLU, Linear, ReLU, Linear]
    assert network.n_parameters == 2304 * 512 + 512 + 512 * 256 + 256 + 256 * 7 + 7


def test_dropout_follows_each_hidden_layer_but_not_the_output():
    layers = mlp((8, 4), 7, dropout=0.3)
    assert [i for i, layer in enumerate(layers) if isinstance(layer, Dropout)] == [2, 5]


def test_no_hidden_layer_leaves_softmax_regression():
    assert [layer.n_outputs for layer in mlp((), 3)] == [3]
