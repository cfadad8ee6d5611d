"""Losses: their values, and that the gradient is that of the value returned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from fernet._kernels import reference
from fernet._training.losses import SoftmaxCrossEntropy


def loss_of(logits, target, weight=None, smoothing=0.0):
    loss = SoftmaxCrossEntropy(smoothing, kernels=reference)
    dlogits = np.empty_like(logits)
    return loss(logits, target, weight, np.empty(len(logits)), dlogits), dlogits


def problem(seed, n=5, n_classes=4):
    rng = np.random.default_rng(seed)
    target = rng.integers(n_classes, size=n).astype(np.int32)
    return rng.normal(size=(n, n_classes)), target, rng.uniform(0, 3, n)


@given(st.integers(0, 1000))
def test_it_is_the_weighted_log_loss(seed):
    logits, target, weight = problem(seed)
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = log_loss(target, proba, sample_weight=weight, labels=range(4))
    assert loss_of(logits, target, weight)[0] == pytest.approx(expected)


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.2]), st.booleans())
def test_its_gradient_agrees_with_central_differences(seed, smoothing, weighted):
    logits, target, weight = problem(seed)
    weight = weight if weighted else None
    _, dlogits = loss_of(logits, target, weight, smoothing)
    for index in np.ndindex(*logits.shape):
        step = np.zeros_like(logits)
        step[index] = 1e-5
        ahead, behind = (
            loss_of(logits + sign * step, target, weight, smoothing)[0] for sign in (1, -1)
        )
        assert dlogits[index] == pytest.approx((ahead - behind) / 2e-5, abs=1e-8)


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.2]))
def test_the_gradient_of_distributions_agrees_with_central_differences(seed, smoothing):
    logits, _, weight = problem(seed)
    target = np.random.default_rng(seed).dirichlet(np.ones(4), 5)
    _, dlogits = loss_of(logits, target, weight, smoothing)
    for index in np.ndindex(*logits.shape):
        step = np.zeros_like(logits)
        step[index] = 1e-5
        ahead, behind = (
            loss_of(logits + sign * step, target, weight, smoothing)[0] for sign in (1, -1)
        )
        assert dlogits[index] == pytest.approx((ahead - behind) / 2e-5, abs=1e-8)


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.2]))
def test_the_loss_of_a_distribution_is_the_mean_of_its_labels_losses(seed, smoothing):
    logits, _, weight = problem(seed)
    target = np.random.default_rng(seed).dirichlet(np.ones(4))
    labels = [np.full(5, label, np.int32) for label in range(4)]
    expected = [loss_of(logits, label, weight, smoothing)[0] for label in labels] @ target
    soft = np.tile(target, (5, 1))
    assert loss_of(logits, soft, weight, smoothing)[0] == pytest.approx(expected)


def test_a_batch_of_no_weight_has_no_loss_and_no_gradient():
    logits, target, _ = problem(0)
    loss, dlogits = loss_of(logits, target, np.zeros(5))
    assert loss == 0
    assert not dlogits.any()


def test_the_compiled_loss_agrees_with_the_reference():
    logits, target, weight = problem(0)
    logits32, weight32 = logits.astype(np.float32), weight.astype(np.float32)
    dlogits = np.empty_like(logits32)
    loss = SoftmaxCrossEntropy(0.1)(logits32, target, weight32, np.empty(5, np.float32), dlogits)
    expected, expected_gradient = loss_of(logits, target, weight, 0.1)
    assert loss == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(dlogits, expected_gradient, atol=1e-6)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_smoothing_outside_its_range_is_refused(smoothing):
    with pytest.raises(ValueError, match="label_smoothing"):
        SoftmaxCrossEntropy(smoothing)
