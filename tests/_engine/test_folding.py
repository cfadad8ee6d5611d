"""Folding: a prediction does a normalisation's work with the weights before it."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._engine.folding import is_foldable
from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._engine.workspace import Workspace
from fernet._kernels import reference
from fernet.layers import (
    BatchNorm,
    Conv2D,
    Flatten,
    GlobalAvgPool2D,
    Linear,
    PassContext,
    ReLU,
    Residual,
)

NETWORKS = {
    "convolutions": (
        [Conv2D(4, use_bias=False), BatchNorm(), ReLU(), Conv2D(3), BatchNorm(), Flatten()],
        (5, 4, 2),
    ),
    "linear": ([Linear(6), BatchNorm(), ReLU(), Linear(5, use_bias=False), BatchNorm()], (7,)),
    "residual": (
        [
            Conv2D(4),
            Residual([BatchNorm(), ReLU(), Conv2D(4), BatchNorm()], [Conv2D(4, 1), BatchNorm()]),
            *(ReLU(), GlobalAvgPool2D(), Linear(3)),
        ],
        (5, 4, 2),
    ),
}


def make(name, **kwargs):
    """Build a network whose running statistics are as after some training."""
    network = Network(*NETWORKS[name], **kwargs)
    network.initialize(0)
    rng = np.random.default_rng(1)
    for part, view in network.named_parameters() + network.named_state():
        if not part.endswith("weight"):
            view[...] = rng.uniform(0.5, 2, view.shape)
    return network


def rows(network, n=6):
    return np.random.default_rng(2).normal(size=(n, *network.input_shape)).astype(network.dtype)


def unfolded(network, x):
    executable = Workspace(network, len(x)).executable(len(x))
    executable.x[...] = x
    return executable.forward(PassContext(network.kernels)).copy()


def layers_that_run(network):
    calls = Workspace(network, 4, training=False).executable(4).forward_program.calls
    return [getattr(function, "__self__", function) for _, function, _ in calls]


@pytest.mark.parametrize("name", NETWORKS)
def test_predictions_are_those_of_the_separate_layers(name):
    exact = make(name, dtype=np.float64, kernels=reference)
    x = rows(exact)
    np.testing.assert_allclose(
        Session(exact).predict(x), unfolded(exact, x), rtol=1e-12, atol=1e-12
    )
    network = make(name)
    np.testing.assert_allclose(
        Session(network).predict(rows(network)), Session(exact).predict(x), atol=1e-4
    )


@pytest.mark.parametrize("name", ["convolutions", "linear"])
def test_normalisations_do_not_run(name):
    assert BatchNorm() not in layers_that_run(make(name))


def test_a_normalisation_whose_input_others_read_runs_itself():
    assert layers_that_run(make("residual")).count(BatchNorm()) == 1


@pytest.mark.parametrize("name", NETWORKS)
def test_changed_weights_and_statistics_count_at_once(name):
    network = make(name)
    x = rows(network)
    session = Session(network)
    before = session.predict(x)
    network.values *= 1.1
    after = session.predict(x)
    assert (after != before).any()
    np.testing.assert_array_equal(after, Session(network.copy()).predict(x))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_rows_prediction_does_not_depend_on_the_other_rows(name):
    network = make(name)
    x = rows(network, 9)
    session = Session(network)
    together = session.predict(x)
    np.testing.assert_array_equal(session.predict(x[::-1]), together[::-1])
    for i in range(len(x)):
        np.testing.assert_array_equal(session.predict(x[i : i + 1])[0], together[i])


@pytest.mark.parametrize("name", NETWORKS)
def test_predicting_leaves_weights_and_statistics_alone(name):
    network = make(name)
    before = network.values.copy()
    Session(network).predict(rows(network))
    np.testing.assert_array_equal(network.values, before)


@pytest.mark.parametrize(
    ("before", "layer", "expected"),
    [
        (Conv2D(3), BatchNorm(), True),
        (Linear(3), BatchNorm(), True),
        (ReLU(), BatchNorm(), False),
        (Conv2D(3), ReLU(), False),
    ],
)
def test_what_can_be_folded(before, layer, expected):
    assert is_foldable(before, layer) is expected
