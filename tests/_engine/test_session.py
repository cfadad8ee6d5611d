"""Sessions: predictions that stand alone, buffers that are kept, threads that do not meet."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet.architectures import mlp, vgg
from fernet.layers import BatchNorm, Conv2D, GlobalAvgPool2D, Linear, ReLU, Residual


def perceptron():
    network = Network(mlp((64,), 7), (100,))
    network.initialize(0)
    return network


def residual_network():
    """A network with running statistics that are not those it starts with."""
    block = Residual([Conv2D(6), BatchNorm(), ReLU(), Conv2D(6)], [Conv2D(6, 1), BatchNorm()])
    network = Network([Conv2D(5), block, ReLU(), GlobalAvgPool2D(), Linear(3)], (6, 6, 1))
    network.initialize(0)
    for _, view in network.named_state():
        view[...] = np.random.default_rng(0).uniform(1, 2, view.shape)
    return network


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 600), st.integers(0, 99))
def test_a_rows_prediction_does_not_depend_on_the_other_rows(n_rows, seed):
    network = Network(mlp((33, 17), 7), (50,))
    network.initialize(0)
    session = Session(network)
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n_rows, 50), dtype=np.float32)
    together = session.predict(x)
    order = rng.permutation(n_rows)
    np.testing.assert_array_equal(session.predict(x[order]), together[order])
    alone = rng.integers(n_rows)
    np.testing.assert_array_equal(session.predict(x[alone : alone + 1])[0], together[alone])


def test_predicting_nothing_gives_nothing():
    assert Session(perceptron()).predict(np.empty((0, 100), np.float32)).shape == (0, 7)


@pytest.mark.parametrize("make", [perceptron, residual_network])
def test_changed_weights_count_at_once(make):
    network = make()
    session = Session(network)
    x = np.ones((2, *network.input_shape), np.float32)
    before = session.predict(x)
    network.values *= 1.1
    after = session.predict(x)
    assert (after != before).any()
    np.testing.assert_array_equal(after, Session(network.copy()).predict(x))


@pytest.mark.parametrize("make", [perceptron, residual_network])
def test_threads_may_predict_in_one_session_at_a_time(make):
    network = make()
    session = Session(network)
    rng = np.random.default_rng(0)
    shape = (200, *network.input_shape)
    inputs = [rng.standard_normal(shape, dtype=np.float32) for _ in range(8)]
    expected = [session.predict(x) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            for got, wanted in zip(pool.map(session.predict, inputs), expected, strict=True):
                np.testing.assert_array_equal(got, wanted)


def test_each_thread_has_buffers_of_its_own():
    session = Session(perceptron())
    with ThreadPoolExecutor(1) as pool:
        elsewhere = pool.submit(session.workspace, 8).result()
    assert elsewhere is not session.workspace(8)


def test_a_workspace_is_planned_once_for_a_batch_size():
    session = Session(perceptron())
    assert session.workspace(50) is session.workspace(50)
    assert session.workspace(50) is not session.workspace(51)
    assert session.workspace(50) is not session.workspace(50, training=False)


def test_small_calls_share_few_workspaces():
    session = Session(perceptron())
    for n in range(5, 9):
        session.predict(np.ones((n, 100), np.float32))
    assert len(vars(session._own)) == 1


def test_a_training_and_its_evaluations_share_their_memory():
    session = Session(perceptron())
    training = session.workspace(50)
    assert session.workspace(32, training=False).arena is training.arena
    assert session.workspace(300).arena is not training.arena


def test_predictions_of_large_images_take_little_memory():
    session = Session(Network(vgg(), (48, 48, 1)))
    batch = session.prediction_batch
    assert 100 <= batch <= 256
    assert session.workspace(batch, training=False).arena_bytes < 80 << 20


def test_released_buffers_and_gradients_come_back():
    session = Session(perceptron())
    workspace, grads = session.workspace(50), session.network.grads
    session.release()
    assert session.workspace(50) is not workspace
    assert session.network.grads is not grads


def test_a_session_is_not_pickled():
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(Session(perceptron()))
