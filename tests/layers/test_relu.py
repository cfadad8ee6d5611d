"""ReLU inside a network, fused with the layer before or alone."""

from __future__ import annotations

import numpy as np

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._engine.workspace import Workspace
from fernet.layers import Linear, ReLU


def test_relu_alone_sets_negative_values_to_zero():
    network = Network([ReLU()], (4,))
    x = np.array([[-1, 0, 2, -3]], dtype=np.float32)
    assert Session(network).predict(x).tolist() == [[0, 0, 2, 0]]


def test_fused_and_separate_relu_agree():
    x = np.random.default_rng(0).standard_normal((5, 6), dtype=np.float32)
    linear = Network([Linear(8)], (6,))
    linear.initialize(0)
    fused = Network([Linear(8), ReLU()], (6,))
    fused.initialize(0)
    np.testing.assert_array_equal(
        Session(fused).predict(x), np.maximum(Session(linear).predict(x), 0)
    )


def test_relu_after_a_linear_layer_is_fused():
    contexts = Workspace(Network([Linear(8), ReLU(), ReLU()], (6,)), 2).executable(2).contexts
    assert contexts[0].relu
    assert contexts[1].fused
    assert not contexts[2].fused
