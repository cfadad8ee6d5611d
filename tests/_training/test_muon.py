"""Momentum whose steps turn all directions of a matrix alike."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet import FERCNNClassifier, FERMLPClassifier, _kernels
from fernet._kernels import reference
from fernet._training.muon import Muon
from fernet._training.optimizers import SGD, Matrix
from fernet.datasets import make_faces

FACES = make_faces(60, random_state=0)


def updated(gradient, params=None, *, learning_rate=1.0, steps=1, **settings):
    """What some steps make of a matrix of zeros, or of another."""
    rows, columns = gradient.shape
    flat = np.zeros(gradient.size, gradient.dtype) if params is None else params.ravel().copy()
    optimizer = Muon(**settings)
    optimizer.start(flat, [Matrix(slice(0, flat.size), rows, columns)])
    for _ in range(steps):
        optimizer.update(flat, gradient.ravel(), learning_rate, n_decayed=flat.size)
    return flat.reshape(rows, columns)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6))
def test_a_step_turns_all_directions_about_alike(rows, columns, seed, size):
    gradient = np.random.default_rng(seed).normal(0, size, (rows, columns)).astype(np.float32)
    step = -updated(gradient) / np.sqrt(max(1, columns / rows))

    left, values, right = np.linalg.svd(gradient.astype(np.float64), full_matrices=False)
    along = np.diag(left.T @ step @ right.T)
    # Directions of nearly nothing are not brought to 1 in five iterations.
    assert ((along > 0.5) | (values < 0.02 * np.linalg.norm(values))).all()
    assert along.max() < 1.3
    np.testing.assert_allclose((left * along) @ right, step, atol=1e-3)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_step_is_five_of_newtons_and_schulzs_iterations(rows, columns, seed):
    gradient = np.random.default_rng(seed).normal(size=(rows, columns))
    x = gradient / np.linalg.norm(gradient)
    for _ in range(5):
        gram = x.T @ x
        x = x @ (3.4445 * np.eye(columns) - 4.775 * gram + 2.0315 * gram @ gram)

    step = -updated(gradient.astype(np.float32)) / np.sqrt(max(1, columns / rows))
    np.testing.assert_allclose(step, x, atol=2e-3)


def test_the_size_of_a_gradient_does_not_count():
    gradient = np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)
    np.testing.assert_allclose(updated(gradient), updated(1000 * gradient), atol=1e-4)


def test_momentum_goes_on_and_may_look_ahead():
    first, second = np.random.default_rng(0).normal(size=(2, 8, 8)).astype(np.float32)
    for nesterov, ahead in (
        (False, 0.9 * first + second),
        (True, second + 0.9 * (0.9 * first + second)),
    ):
        optimizer, params = Muon(0.9, nesterov=nesterov), np.zeros(64, np.float32)
        optimizer.start(params, [Matrix(slice(0, 64), 8, 8)])
        optimizer.update(params, first.ravel(), 1.0, n_decayed=64)
        before = params.copy()
        optimizer.update(params, second.ravel(), 1.0, n_decayed=64)
        expected = updated(ahead, nesterov=False)
        np.testing.assert_allclose((params - before).reshape(8, 8), expected, atol=1e-4)


def test_no_gradient_is_no_step():
    weights = np.ones((4, 3), np.float32)
    assert (updated(np.zeros((4, 3), np.float32), weights) == weights).all()


def test_weight_decay_takes_a_share_of_the_weights_away():
    weights = np.ones((4, 3), np.float32)
    shrunk = updated(np.zeros((4, 3), np.float32), weights, learning_rate=0.5, weight_decay=0.1)
    np.testing.assert_allclose(shrunk, 0.95, rtol=1e-6)


def test_what_is_no_matrix_has_the_bits_of_sgd():
    rng = np.random.default_rng(0)
    params, grads = rng.normal(size=(2, 48)).astype(np.float32)
    by_sgd, rest = params.copy(), np.r_[0:10, 22:48]
    optimizer, sgd = Muon(0.9, nesterov=True), SGD(0.9, nesterov=True)
    optimizer.start(params, [Matrix(slice(10, 22), 4, 3)])
    sgd.start(by_sgd)
    before = params.copy()
    for _ in range(2):
        optimizer.update(params, grads, 0.1, n_decayed=22)
        sgd.update(by_sgd, grads, 0.1, n_decayed=0)
    np.testing.assert_array_equal(params[rest], by_sgd[rest])
    assert (params[10:22] != before[10:22]).all()
    assert optimizer.n_steps == 2


def test_the_reference_comes_to_nearly_the_same():
    gradient = np.random.default_rng(0).normal(size=(30, 20))
    exact = updated(gradient, kernels=reference)
    np.testing.assert_allclose(updated(gradient.astype(np.float32)), exact, atol=1e-4)


def test_it_comes_back_from_a_pickle_with_its_state():
    gradient = np.random.default_rng(0).normal(size=64).astype(np.float32)
    params, optimizer = np.zeros(64, np.float32), Muon()
    optimizer.start(params, [Matrix(slice(0, 64), 8, 8)])
    optimizer.update(params, gradient, 0.1, n_decayed=64)
    again, of_again = pickle.loads(pickle.dumps(optimizer)), params.copy()
    optimizer.update(params, gradient, 0.1, n_decayed=64)
    again.update(of_again, gradient, 0.1, n_decayed=64)
    np.testing.assert_array_equal(params, of_again)


ESTIMATORS = {
    "perceptron": FERMLPClassifier((16,), batch_size=20, max_iter=3, random_state=0),
    "compact": FERCNNClassifier("compact", width=8, batch_size=20, max_iter=2, random_state=0),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_network_is_trained_to_the_same_bits_on_any_number_of_threads(name):
    weights, n_threads = [], _kernels.get_num_threads()
    try:
        for n in (1, 2, 5):
            _kernels.set_num_threads(n)
            model = ESTIMATORS[name].__class__(**ESTIMATORS[name].get_params())
            model.set_params(solver="muon", learning_rate_init=0.02, clip_norm=None)
            weights.append(model.fit(FACES.images, FACES.target).network_.values.copy())
    finally:
        _kernels.set_num_threads(n_threads)
    np.testing.assert_array_equal(weights[0], weights[1])
    np.testing.assert_array_equal(weights[0], weights[2])


def test_a_training_goes_on_from_its_checkpoint_to_the_same_bits(tmp_path):
    settings = {"solver": "muon", "learning_rate_init": 0.02, "random_state": 0}
    whole = FERMLPClassifier((16,), max_iter=4, **settings).fit(FACES.data, FACES.target)
    path = tmp_path / "run.checkpoint"
    FERMLPClassifier((16,), max_iter=2, checkpoint=path, **settings).fit(FACES.data, FACES.target)
    parts = FERMLPClassifier((16,), max_iter=4, checkpoint=path, **settings)
    parts.fit(FACES.data, FACES.target)
    np.testing.assert_array_equal(whole.network_.values, parts.network_.values)


def test_it_learns_more_in_the_same_epochs():
    losses = {}
    for solver, rate in (("sgd", 0.01), ("muon", 0.02)):
        model = FERMLPClassifier((32,), solver=solver, learning_rate_init=rate, max_iter=8,
                                 batch_size=20, random_state=0)  # fmt: skip
        losses[solver] = model.fit(FACES.data, FACES.target).loss_
    assert losses["muon"] < losses["sgd"]
