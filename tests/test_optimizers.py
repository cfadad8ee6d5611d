"""Optimizers: the first steps by hand, and the state they keep."""

from __future__ import annotations

import pickle
from functools import partial

import numpy as np
import pytest

from fernet import _kernels
from fernet._kernels import reference
from fernet.layers import Linear
from fernet.network import Network
from fernet.optimizers import SGD, Adam, NodeUpdates

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


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: type(o).__name__)
@pytest.mark.parametrize("as_product", [False, True])
def test_updates_node_by_node_have_the_bits_of_one_update(optimizer, as_product):
    layers = [Linear(37), Linear(3, use_bias=False)]
    whole, by_node = (Network(layers, (301,)) for _ in range(2))
    terms = [
        learn(optimizer, whole, update_whole),
        learn(optimizer, by_node, partial(update_nodes, as_product=as_product)),
    ]
    np.testing.assert_array_equal(whole.params, by_node.params)
    np.testing.assert_allclose(*terms, rtol=1e-6)
    assert any(terms[0]) is bool(optimizer.weight_decay)


def learn(optimizer, network, step):
    """Make three steps on the same random factors of the gradients; return the L2 terms."""
    network.initialize(0)
    optimizer.start(network.params)
    rng = np.random.default_rng(0)
    terms = []
    for _ in range(3):
        rows = [rng.normal(size=(20, size)).astype(np.float32) for size in (301, 37, 3)]
        terms.append(step(optimizer, network, [(rows[0], rows[1]), (rows[1], rows[2])]))
    assert optimizer.n_steps == 3
    return terms


def update_whole(optimizer, network, factors):
    for (x, dy), grads in zip(factors, network.node_grads, strict=True):
        _kernels.linear_backward_params(x, dy, grads["weight"], grads.get("bias"))
    return optimizer.update(network.params, network.grads, 0.1, network.n_decayed)


def update_nodes(optimizer, network, factors, *, as_product):
    updates = NodeUpdates(network, optimizer)
    updates.begin_step(0.1)
    for index, (x, dy) in reversed(list(enumerate(factors))):
        if as_product:
            updates.take_linear(index, x, dy)
        else:
            grads = {name: np.empty_like(p) for name, p in network.node_params[index].items()}
            _kernels.linear_backward_params(x, dy, grads["weight"], grads.get("bias"))
            updates.take(index, grads)
    return updates.end_step()
