"""Steps that fernet's own kernels compute, one at a time."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._engine.network import Network
from fernet._training.data_loader import DataLoader
from fernet._training.native_backend import NativeBackend
from fernet._training.optimizers import SGD, Adam
from fernet._training.settings import Settings
from fernet.layers import Conv2D, Flatten, Linear, ReLU

RNG = np.random.default_rng(0)
TARGET = RNG.integers(3, size=90).astype(np.int32)
X = (RNG.integers(0, 60, (90, 64)) + 60 * TARGET[:, None]).astype(np.uint8)
CONVOLUTIONS = [Conv2D(4), ReLU(), Conv2D(4), ReLU(), Flatten(), Linear(3)]
PERCEPTRON = [Flatten(), Linear(30), ReLU(), Linear(20), ReLU(), Linear(3)]
LAYERS = pytest.mark.parametrize(
    "layers", [PERCEPTRON, CONVOLUTIONS], ids=["perceptron", "convolutions"]
)


def make(optimizer, layers=PERCEPTRON, weight=None, **settings):
    """A network, and a backend that trains it."""
    network = Network(layers, (8, 8, 1))
    network.initialize(0)
    optimizer.start(network.params)
    data = DataLoader(X, TARGET, weight)
    return network, NativeBackend(network, optimizer, data, Settings(**settings), 40)


def learn(backend, indices, *, step=0, learning_rate=0.001):
    return backend.train_batch(indices, epoch=0, step=step, learning_rate=learning_rate)


def test_a_clipped_gradient_has_the_norm_asked_for():
    network, backend = make(SGD(0.0), clip_norm=0.25)
    before = network.params.copy()
    learn(backend, np.arange(40), learning_rate=1.0)
    step = (network.params - before).astype(np.float64)
    assert np.linalg.norm(step) == pytest.approx(0.25, rel=1e-4)


@pytest.mark.parametrize("optimizer", [SGD, Adam])
@LAYERS
def test_gradients_that_are_used_up_one_by_one_teach_the_same_bits(optimizer, layers):
    results = []
    for clip_norm in (None, 1e30):
        network, backend = make(optimizer(weight_decay=0.1), layers, clip_norm=clip_norm)
        assert backend.fused_update is (clip_norm is None)
        figures = [learn(backend, np.arange(30 * i, 30 * i + 30), step=i) for i in range(3)]
        results.append((network.params, [(f.loss, f.l2_term) for f in figures]))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-7)


@pytest.mark.parametrize("n_rows", [1, 40])
def test_a_batch_has_the_say_of_its_weight_beside_the_mean_of_all(n_rows):
    weight = np.ones(90, np.float32)
    weight[:n_rows] = 3
    network, backend = make(SGD(0.0), weight=weight)
    learn(backend, np.arange(n_rows))
    other, unweighted = make(SGD(0.0))
    learn(unweighted, np.arange(n_rows), learning_rate=0.001 * 3 / weight.mean())
    np.testing.assert_allclose(network.params, other.params, atol=1e-6)


def test_weights_of_zero_take_a_sample_out():
    weight = np.ones(90, np.float32)
    weight[10:40] = 0
    network, backend = make(SGD(0.0), weight=weight)
    learn(backend, np.arange(40))
    other, unweighted = make(SGD(0.0))
    learn(unweighted, np.arange(10), learning_rate=0.001 * 10 / 40 / weight.mean())
    np.testing.assert_allclose(network.params, other.params, atol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("clip_norm", [None, 1.0])
@LAYERS
def test_of_a_loss_that_is_not_finite_nothing_is_learnt(layers, clip_norm, weighted):
    optimizer, weight = Adam(), np.ones(90, np.float32) if weighted else None
    network, backend = make(optimizer, layers, weight, clip_norm=clip_norm)
    network.params[:] = np.nan
    network.params[::2] = 1
    before = network.params.copy()
    for _ in range(2):
        figures = learn(backend, np.arange(40))
        assert not np.isfinite(figures.loss)
        assert (figures.l2_term, figures.n_right) == (0, 0)
    np.testing.assert_array_equal(network.params, before)
    assert not optimizer.first_moment.any()
    assert optimizer.n_steps == 0


def test_after_a_loss_that_was_not_finite_a_step_is_as_any_other():
    results = []
    for fails_first in (False, True):
        network, backend = make(Adam())
        learn(backend, np.arange(40))
        if fails_first:
            before = network.params.copy()
            network.params[:] = np.nan
            learn(backend, np.arange(40))
            network.params[:] = before
        learn(backend, np.arange(40))
        results.append(network.params)
    np.testing.assert_array_equal(*results)


def test_the_figures_are_of_the_network_before_it_learnt():
    network, backend = make(SGD(weight_decay=0.5), label_smoothing=0.0)
    decayed = network.params[: network.n_decayed].astype(np.float64)
    loss, accuracy = backend.evaluate(DataLoader(X, TARGET, indices=np.arange(40)))
    figures = learn(backend, np.arange(40))
    assert figures.loss == pytest.approx(loss, rel=1e-5)
    assert figures.n_right == round(40 * accuracy)
    assert figures.l2_term == pytest.approx(0.25 * float(decayed @ decayed), rel=1e-4)
    assert learn(backend, np.arange(40), step=1).loss != figures.loss
