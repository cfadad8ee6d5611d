"""Weights too large for float32, told without a prediction."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet.estimators import overflow
from fernet.estimators.overflow import check_no_overflow, largest_outputs
from fernet.layers import (
    BatchNorm,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
)

LAYERS = [
    Conv2D(5),
    BatchNorm(),
    ReLU(),
    Residual([Conv2D(5, use_bias=False), BatchNorm()]),
    MaxPool2D(2),
    Residual([Conv2D(4, 1, stride=2), ReLU()], [Conv2D(4, 1, stride=2)]),
    Flatten(),
    Dropout(0.5),
    Linear(3),
]


def made(layers, shape, seed, size=1.0) -> Network:
    network = Network(layers, shape)
    rng = np.random.default_rng(seed)
    network.values[:] = size * rng.normal(size=network.values.size)
    for state in network.node_state:
        for name, view in state.items():
            view[:] = np.abs(view) if name == "running_var" else view
    return network


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000), end=st.integers(1, len(LAYERS)))
def test_no_output_is_larger_than_its_bound(seed, end):
    network = made(LAYERS[:end], (8, 8, 2), seed)
    x = np.random.default_rng(seed).normal(size=(20, 8, 8, 2)).astype(np.float32)

    outputs = Session(network).predict(x)

    bound = largest_outputs(network, np.abs(x).max(axis=0))[-1]
    assert np.abs(outputs).max() <= bound * (1 + 1e-4)


def test_the_bound_is_reached_where_all_signs_agree():
    network = Network([Conv2D(2, 1), GlobalAvgPool2D(), Linear(1)], (3, 3, 2))
    network.values[:] = 2

    bounds = largest_outputs(network, np.ones((3, 3, 2)))

    assert bounds.tolist() == [1, 6, 6, 26]


@pytest.mark.parametrize(("low", "high", "which"), [(0, 0, "zeros"), (0, 1, "the highest input")])
def test_weights_that_overflow_are_refused(low, high, which):
    network = Network([Linear(4, use_bias=which == "zeros"), ReLU(), Linear(2)], (3,))
    network.values[:] = 1e20

    with pytest.raises(ValueError, match=f"the outputs for {which} are not finite"):
        check_no_overflow(network, np.full(3, low), np.full(3, high))


def test_a_variance_below_zero_is_refused():
    network = Network([Linear(4), BatchNorm(), Linear(2)], (3,))
    network.values[:] = 1
    network.node_state[1]["running_var"][:] = -1

    with pytest.raises(ValueError, match="not finite"):
        check_no_overflow(network, np.zeros(3), np.ones(3))


def test_large_weights_that_cancel_are_not_refused():
    network = Network([Linear(64, use_bias=False) for _ in range(40)], (64,))
    for params in network.node_params:
        params["weight"][:] = np.where(np.arange(64) % 2, 1, -1)[:, None]
    assert largest_outputs(network, np.ones(64)).max() > np.finfo(np.float32).max

    check_no_overflow(network, np.zeros(64), np.ones(64))


def test_bounds_take_the_memory_of_a_few_rows_however_many_the_layers():
    network = Network([Residual([ReLU()])] * 200, (100_000,))
    tracemalloc.start()
    try:
        bounds = largest_outputs(network, np.ones(100_000))
        assert tracemalloc.get_traced_memory()[1] < 10e6
    finally:
        tracemalloc.stop()
    assert bounds.max() == 2.0**200


def test_a_network_that_moves_too_much_is_not_tried(monkeypatch):
    network = Network([Residual([ReLU()])] * 700, (1024, 1024, 1))

    def session(network):
        raise AssertionError("it was tried")

    monkeypatch.setattr(overflow, "Session", session)
    check_no_overflow(network, np.zeros((1024, 1024, 1)), np.ones((1024, 1024, 1)))
