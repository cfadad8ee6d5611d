"""Optimizers: the first steps by hand, and the state they keep."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from fernet._kernels import reference
from fernet._training.optimizers import SGD, Adam

SIZE, N_DECAYED = 48, 32
RNG = np.random.default_rng(0)
PARAMS = RNG.normal(size=SIZE).astype(np.float32)
GRADS = RNG.normal(size=SIZE).astype(np.float32)
OPTIMIZERS = [SGD(0.9), SGD(0.5, nesterov=True, weight_decay=0.1), Adam(weight_decay=0.1)]


def run(optimizer, n_steps=3):
    params = PARAMS.copy()
    optimizer.start(params)
    for _ in range(n_steps):
        optimizer.update(params, GRADS, 0.1, N_DECAYED)
    return params


def test_the_first_sgd_step_goes_down_the_gradient_with_decay_on_weights_only():
    expected = PARAMS - 0.1 * GRADS
    expected[:N_DECAYED] -= 0.1 * 0.2 * PARAMS[:N_DECAYED]
    np.testing.assert_allclose(run(SGD(0.9, weight_decay=0.2), 1), expected, rtol=1e-5, atol=1e-6)


def test_momentum_carries_the_last_step_on():
    expected = PARAMS - 0.1 * GRADS * (1 + 1.9)
    np.testing.assert_allclose(run(SGD(0.9), 2), expected, rtol=1e-5, atol=1e-6)


def test_the_first_adam_step_has_the_learning_rates_length_in_every_direction():
    np.testing.assert_allclose(run(Adam(), 1), PARAMS - 0.1 * np.sign(GRADS), atol=1e-5)


def test_nesterovs_first_step_is_longer_by_the_momentum():
    plain, ahead = run(SGD(0.5), n_steps=1), run(SGD(0.5, nesterov=True), n_steps=1)
    np.testing.assert_allclose(ahead - PARAMS, 1.5 * (plain - PARAMS), rtol=1e-4, atol=1e-6)


def test_adams_second_step_follows_the_paper():
    optimizer, params = Adam(0.5, 0.75, epsilon=0.25), PARAMS.copy()
    optimizer.start(params)
    expected, first, second = PARAMS.astype(np.float64), 0.0, 0.0
    for step, grads in enumerate([GRADS, PARAMS], start=1):
        optimizer.update(params, grads, 0.1, 0)
        first = 0.5 * first + 0.5 * grads
        second = 0.75 * second + 0.25 * grads**2
        rate = 0.1 * np.sqrt(1 - 0.75**step) / (1 - 0.5**step)
        expected -= rate * first / (np.sqrt(second) + 0.25)
    np.testing.assert_allclose(params, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: type(o).__name__)
def test_starting_again_forgets_the_state(optimizer):
    np.testing.assert_array_equal(run(optimizer), run(optimizer))


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: type(o).__name__)
def test_a_pickled_optimizer_goes_on_as_the_original(optimizer):
    run(optimizer)
    other = pickle.loads(pickle.dumps(optimizer))
    a, b = PARAMS.copy(), PARAMS.copy()
    optimizer.update(a, GRADS, 0.1, N_DECAYED)
    other.update(b, GRADS, 0.1, N_DECAYED)
    np.testing.assert_array_equal(a, b)


def test_compiled_and_reference_steps_agree():
    for make in (SGD, Adam):
        compiled = run(make(weight_decay=0.1))
        plain = run(make(weight_decay=0.1, kernels=reference))
        np.testing.assert_allclose(compiled, plain, atol=1e-5)


@pytest.mark.parametrize("optimizer", [SGD(weight_decay=0.2), Adam(weight_decay=0.2)])
def test_an_update_returns_the_l2_term_of_the_weights_before_it_without_the_biases(optimizer):
    params = np.array([1.0, 2.0, 3.0, 100.0], np.float32)
    optimizer.start(params)
    term = optimizer.update(params, np.ones(4, np.float32), 0.1, 3)
    assert term == pytest.approx(0.5 * 0.2 * 14)


def test_the_l2_term_is_zero_without_weight_decay():
    params = np.ones(4, np.float32)
    optimizer = SGD()
    optimizer.start(params)
    assert optimizer.update(params, np.ones(4, np.float32), 0.1, 3) == 0


@pytest.mark.parametrize("optimizer", [SGD(), Adam()])
def test_the_settings_are_all_attributes_but_the_number_of_steps(optimizer):
    optimizer.start(np.ones(3, np.float32))
    attributes = {name: value for name, value in vars(optimizer).items() if name != "n_steps"}
    settings = optimizer.settings()
    assert len(settings) == len(attributes)
    for name, value in attributes.items():
        setattr(optimizer, name, object())
        changed = optimizer.settings()
        assert sum(a != b for a, b in zip(changed, settings, strict=True)) == 1
        setattr(optimizer, name, value)
