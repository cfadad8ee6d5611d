"""Evaluation of a network on batches."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._training.data_loader import DataLoader
from fernet._training.evaluation import evaluate
from fernet.architectures import mlp


@pytest.mark.parametrize("n_rows", [1, 256, 700])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_agrees_with_scikit_learns_metrics(n_rows, weighted):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n_rows, 10), dtype=np.float32)
    target = rng.integers(3, size=n_rows).astype(np.int32)
    weight = rng.uniform(0.1, 3, n_rows).astype(np.float32) if weighted else None
    network = Network(mlp((8,), 3), (10,))
    network.initialize(0)
    logits = Session(network).predict(x).astype(np.float64)
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    loss, accuracy = evaluate(Session(network), DataLoader(x, target, weight))

    wanted = log_loss(target, proba, labels=range(3), sample_weight=weight)
    assert loss == pytest.approx(wanted, rel=1e-5)
    right = accuracy_score(target, logits.argmax(axis=1), sample_weight=weight)
    assert accuracy == pytest.approx(right)


def test_it_leaves_the_network_alone():
    network = Network(mlp((8,), 3, dropout=0.5), (10,))
    network.initialize(0)
    batches = DataLoader(np.ones((5, 10), np.float32), np.zeros(5, np.int32))
    before = network.params.copy()
    assert evaluate(Session(network), batches) == evaluate(Session(network), batches)
    np.testing.assert_array_equal(network.params, before)
