"""Batch normalisation: the batch's statistics in training, running ones in predictions."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import _kernels
from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._engine.workspace import Workspace
from fernet.layers import BatchNorm, Conv2D, Linear, PassContext, ReLU


def train(network, x):
    executable = Workspace(network, len(x)).executable(len(x))
    executable.x[...] = x
    return executable.forward(PassContext(_kernels, training=True)).copy()


def make(layers, shape, *, momentum=0.9):
    network = Network([*layers, BatchNorm(momentum)], shape)
    network.initialize(0)
    return network


def images(n, shape=(6, 5, 3), seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(3, 2, size=(n, *shape)).astype(np.float32)


def test_training_normalises_by_the_batch():
    y = train(make([], (6, 5, 3)), images(8))
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(axis=(0, 1, 2)), 1, atol=1e-4)


def test_running_statistics_keep_the_momentums_share():
    network, x = make([], (6, 5, 3), momentum=0.75), images(8)
    train(network, x)
    state = dict(network.named_state())
    mean, var = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    np.testing.assert_allclose(state["batch_norm_1.running_mean"], 0.25 * mean, rtol=1e-5)
    np.testing.assert_allclose(state["batch_norm_1.running_var"], 0.75 + 0.25 * var, rtol=1e-5)


@pytest.mark.parametrize("shape", [(3,), (1, 1, 3)])
def test_a_single_value_leaves_running_statistics_alone_as_it_has_no_variance(shape):
    network = make([], shape)
    train(network, images(8, shape))
    before = network.state.copy()
    train(network, images(1, shape))
    np.testing.assert_array_equal(network.state, before)
    train(network, images(2, shape))
    assert np.any(network.state != before)


def test_one_image_of_many_pixels_has_statistics():
    network = make([], (6, 5, 3))
    train(network, images(1))
    assert np.any(dict(network.named_state())["batch_norm_1.running_mean"] != 0)


def test_predicting_takes_the_running_statistics_and_leaves_them_alone():
    network, x = make([], (6, 5, 3), momentum=0.0), images(8)
    train(network, x)
    before = network.state.copy()
    other = images(4, seed=1)
    expected = (other - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + 1e-5)
    np.testing.assert_allclose(Session(network).predict(other), expected, atol=1e-4)
    np.testing.assert_array_equal(network.state, before)


def test_an_untrained_network_predicts_with_mean_0_and_variance_1():
    x = images(4)
    np.testing.assert_allclose(Session(make([], (6, 5, 3))).predict(x), x, rtol=1e-4)


def test_a_batch_of_one_row_is_its_own_mean():
    network = make([], (4,))
    dict(network.named_parameters())["batch_norm_1.beta"][...] = 7
    assert (train(network, np.full((1, 4), 3, np.float32)) == 7).all()


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("first", [Conv2D, Linear])
def test_a_prediction_that_folds_it_agrees_with_one_that_does_not(first, use_bias):
    shape = (6, 5, 3) if first is Conv2D else (12,)
    x = images(16, shape)
    network = Network([first(8, use_bias=use_bias), BatchNorm(), ReLU()], shape)
    network.initialize(0)
    for _ in range(3):
        train(network, x)
    # A training workspace folds nothing.
    executable = Workspace(network, 16).executable(16)
    executable.x[...] = x
    expected = executable.forward(PassContext(_kernels)).copy()
    np.testing.assert_allclose(Session(network).predict(x), expected, atol=1e-4)


def test_weights_that_changed_are_folded_anew():
    network = make([Linear(5)], (4,))
    x = images(3, (4,))
    before = Session(network).predict(x)
    dict(network.named_parameters())["batch_norm_1.gamma"][...] = 2
    np.testing.assert_allclose(Session(network).predict(x), 2 * before, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"momentum": 1.1}, "momentum is 1.1"),
        ({"momentum": float("nan")}, "momentum is nan"),
        ({"eps": 0}, "eps is 0"),
        ({"eps": float("inf")}, "eps is inf"),
        ({"momentum": "0.9"}, "momentum is '0.9'; expected 0 to 1"),
        ({"eps": None}, "eps is None; expected a number above 0"),
    ],
)
def test_senseless_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        BatchNorm(**arguments)
