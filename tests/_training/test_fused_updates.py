"""Updates node by node come to the same as one update of all parameters."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from fernet import _kernels
from fernet._engine.network import Network
from fernet._training.fused_updates import FusedUpdates
from fernet._training.optimizers import SGD, Adam
from fernet.layers import Linear

OPTIMIZERS = [SGD(0.9), SGD(0.5, nesterov=True, weight_decay=0.1), Adam(weight_decay=0.1)]


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
    updates = FusedUpdates(network, optimizer)
    updates.begin_step(0.1)
    for index, (x, dy) in reversed(list(enumerate(factors))):
        if as_product:
            updates.take_linear(index, x, dy)
        else:
            grads = {name: np.empty_like(p) for name, p in network.node_params[index].items()}
            _kernels.linear_backward_params(x, dy, grads["weight"], grads.get("bias"))
            updates.take(index, grads)
    return updates.end_step()
