"""Softmax, its logarithm, and cross-entropy with its gradient.

Tolerance, with ``u = 2 ** -24``: ``x - max`` rounds by ``u * |x - max|``, which is the relative
error that it hands to its exponential; exp and log are good to two units, and a sum of c terms of
one sign to ``c * u``. Probabilities below 1e-38, where float32 thins out, are compared absolutely.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

UNIT_ROUNDOFF = 2.0**-24
SMALLEST_NORMAL = float(np.finfo(np.float32).smallest_normal)

# rows are shared out 8 at a time
batch_sizes = st.integers(0, 20) | st.sampled_from([63, 64, 65, 300])
class_counts = st.integers(1, 20) | st.sampled_from([7, 33, 1000])
spreads = st.sampled_from([0.0, 1.0, 30.0, 1e4])
smoothings = st.sampled_from([0.0, 0.1]) | st.floats(0, 1, exclude_max=True)
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=30, deadline=None)


def draw_logits(n, c, spread, seed):
    return np.random.default_rng(seed).uniform(-spread, spread, (n, c)).astype(np.float32)


def softmax(logits, *, kernels=_kernels):
    proba = np.full_like(logits, np.nan)
    kernels.softmax_forward(logits, proba)
    return proba


def log_softmax(logits, *, kernels=_kernels):
    log_proba = np.full_like(logits, np.nan)
    kernels.log_softmax_forward(logits, log_proba)
    return log_proba


def cross_entropy(logits, target, weight=None, scale=1.0, smoothing=0.0, *, kernels=_kernels):
    loss, dlogits = np.full(len(logits), np.nan, logits.dtype), np.full_like(logits, np.nan)
    kernels.softmax_cross_entropy(logits, target, weight, scale, smoothing, loss, dlogits)
    return loss, dlogits


def soft_cross_entropy(logits, target, weight=None, scale=1.0, smoothing=0.0, *, kernels=_kernels):
    loss, dlogits = np.full(len(logits), np.nan, logits.dtype), np.full_like(logits, np.nan)
    kernels.soft_target_cross_entropy(logits, target, weight, scale, smoothing, loss, dlogits)
    return loss, dlogits


def draw_distributions(n, c, seed):
    rng = np.random.default_rng(seed + 2)
    votes = rng.multinomial(10, np.full(c, 1 / c), n)
    return (votes / 10).astype(np.float32)


def draw_targets(n, c, seed):
    rng = np.random.default_rng(seed + 1)
    return rng.integers(0, c, n).astype(np.int32), rng.uniform(0, 3, n).astype(np.float32)


def below_maximum(logits):
    return logits.max(axis=1, keepdims=True, initial=-np.inf) - logits


# -- against the oracle --------------------------------------------------------------------


@some
@given(batch_sizes, class_counts, spreads, seeds)
@example(0, 7, 1.0, 0)
@example(3, 1, 1e4, 0)
def test_softmax_is_within_the_rounding_bound_of_the_oracle(n, c, spread, seed):
    logits = draw_logits(n, c, spread, seed)
    exact = logits.astype(np.float64)
    expected = softmax(exact, kernels=reference)
    bound = UNIT_ROUNDOFF * (below_maximum(exact) + c + 8) * expected + SMALLEST_NORMAL
    assert np.all(np.abs(softmax(logits) - expected) <= bound)


@some
@given(batch_sizes, class_counts, spreads, seeds)
@example(0, 7, 1.0, 0)
@example(3, 1, 1e4, 0)
def test_log_softmax_is_within_the_rounding_bound_of_the_oracle(n, c, spread, seed):
    logits = draw_logits(n, c, spread, seed)
    exact = logits.astype(np.float64)
    expected = log_softmax(exact, kernels=reference)
    bound = UNIT_ROUNDOFF * (2 * below_maximum(exact) + math.log(c) + c + 8)
    assert np.all(np.abs(log_softmax(logits) - expected) <= bound)


@some
@given(batch_sizes, class_counts, spreads, smoothings, st.booleans(), seeds)
@example(0, 7, 1.0, 0.0, True, 0)
@example(65, 7, 1e4, 0.0, True, 0)
@example(65, 7, 1e4, 0.1, False, 0)
def test_cross_entropy_is_within_the_rounding_bound_of_the_oracle(
    n, c, spread, smoothing, weighted, seed
):
    logits = draw_logits(n, c, spread, seed)
    target, weight = draw_targets(n, c, seed)
    weight = weight if weighted else None
    scale = 1 / 7
    loss, dlogits = cross_entropy(logits, target, weight, scale, smoothing)

    exact = logits.astype(np.float64)
    row_weight = np.ones(n) if weight is None else weight.astype(np.float64)
    expected_loss, expected_dlogits = cross_entropy(
        exact, target, row_weight, scale, smoothing, kernels=reference
    )
    wanted = np.full((n, c), smoothing / c)
    wanted[np.arange(n), target] += 1 - smoothing
    log_proba, below = log_softmax(exact, kernels=reference), below_maximum(exact)

    terms = wanted * ((c + 4) * -log_proba + 2 * below + c + 8)
    bound = UNIT_ROUNDOFF * row_weight * terms.sum(axis=1)
    assert np.all(np.abs(loss - expected_loss) <= bound)

    terms = np.exp(log_proba) * (below + c + 10) + 5 * wanted
    bound = UNIT_ROUNDOFF * scale * row_weight[:, None] * terms + SMALLEST_NORMAL
    assert np.all(np.abs(dlogits - expected_dlogits) <= bound)


@some
@given(batch_sizes, class_counts, spreads, smoothings, st.booleans(), seeds)
@example(0, 7, 1.0, 0.0, True, 0)
@example(65, 7, 1e4, 0.0, True, 0)
@example(65, 7, 1e4, 0.1, False, 0)
def test_soft_target_cross_entropy_is_within_the_rounding_bound_of_the_oracle(
    n, c, spread, smoothing, weighted, seed
):
    logits, target = draw_logits(n, c, spread, seed), draw_distributions(n, c, seed)
    weight = draw_targets(n, c, seed)[1] if weighted else None
    scale = 1 / 7
    loss, dlogits = soft_cross_entropy(logits, target, weight, scale, smoothing)

    exact, exact_target = logits.astype(np.float64), target.astype(np.float64)
    row_weight = np.ones(n) if weight is None else weight.astype(np.float64)
    expected_loss, expected_dlogits = soft_cross_entropy(
        exact, exact_target, row_weight, scale, smoothing, kernels=reference
    )
    wanted = (1 - smoothing) * exact_target + smoothing / c
    log_proba, below = log_softmax(exact, kernels=reference), below_maximum(exact)

    # Two roundings more than for labels: of the product with the target, and of the sum.
    terms = wanted * ((c + 6) * -log_proba + 2 * below + c + 8)
    bound = UNIT_ROUNDOFF * row_weight * terms.sum(axis=1)
    assert np.all(np.abs(loss - expected_loss) <= bound)

    terms = np.exp(log_proba) * (below + c + 10) + 7 * wanted
    bound = UNIT_ROUNDOFF * scale * row_weight[:, None] * terms + SMALLEST_NORMAL
    assert np.all(np.abs(dlogits - expected_dlogits) <= bound)


# -- properties ----------------------------------------------------------------------------


@some
@given(batch_sizes, class_counts, spreads, seeds)
def test_rows_of_softmax_sum_to_one(n, c, spread, seed):
    proba = softmax(draw_logits(n, c, spread, seed))
    assert np.all(proba >= 0)
    assert np.all(np.abs(proba.sum(axis=1, dtype=np.float64) - 1) <= (c + 2) * UNIT_ROUNDOFF)


@pytest.mark.parametrize("high", [1e4, -1e4, 3e38])
def test_huge_logits_give_right_sums(high):
    logits = np.array([[high, high, -abs(high)], [high, high, high]], np.float32)
    third = np.float32(1) / np.float32(3)
    np.testing.assert_array_equal(softmax(logits)[1], [third, third, third])
    top = [0.5, 0.5, 0] if high > 0 else [third, third, third]
    np.testing.assert_array_equal(softmax(logits)[0], top)
    loss, _ = cross_entropy(logits, np.array([0, 0], np.int32))
    assert loss[1] == pytest.approx(math.log(3), rel=1e-6)


@some
@given(batch_sizes, class_counts, spreads, smoothings, seeds)
def test_rows_of_the_gradient_sum_to_zero(n, c, spread, smoothing, seed):
    target, weight = draw_targets(n, c, seed)
    _, dlogits = cross_entropy(draw_logits(n, c, spread, seed), target, weight, 0.1, smoothing)
    bound = 0.1 * weight * (3 * c + 12) * UNIT_ROUNDOFF
    assert np.all(np.abs(dlogits.sum(axis=1, dtype=np.float64)) <= bound)


def test_a_right_and_certain_answer_costs_nothing():
    logits = np.array([[0, 1e4, 0]], np.float32)
    loss, dlogits = cross_entropy(logits, np.array([1], np.int32))
    assert loss[0] == 0
    np.testing.assert_array_equal(dlogits, np.zeros((1, 3)))


def test_a_wrong_and_certain_answer_costs_the_distance():
    logits = np.array([[0, 1e4, 0]], np.float32)
    loss, dlogits = cross_entropy(logits, np.array([0], np.int32))
    assert loss[0] == 1e4
    np.testing.assert_array_equal(dlogits, [[-1, 1, 0]])


def test_weight_multiplies_loss_and_gradient_and_scale_the_gradient_alone():
    logits = draw_logits(9, 7, 2.0, 0)
    target, _ = draw_targets(9, 7, 0)
    loss, dlogits = cross_entropy(logits, target)
    powers = np.float32(2) ** np.arange(9, dtype=np.float32)  # exact factors
    weighted_loss, weighted_dlogits = cross_entropy(logits, target, powers, 0.25)
    np.testing.assert_array_equal(weighted_loss, powers * loss)
    np.testing.assert_array_equal(weighted_dlogits, np.float32(0.25) * powers[:, None] * dlogits)


# -- values that are not finite --------------------------------------------------------------

NOT_FINITE_ROWS = [
    [np.nan, 0, 1],
    [0, np.nan, 1],
    [0, 1, np.nan],
    [np.inf, 0, 1],
    [np.inf, np.inf, 1],
    [-np.inf, 0, 1],
    [-np.inf, -np.inf, 1],
    [-np.inf, -np.inf, -np.inf],
    [np.inf, -np.inf, np.nan],
]


@pytest.mark.parametrize("row", NOT_FINITE_ROWS, ids=str)
def test_nan_and_infinity_behave_as_in_numpy(row):
    logits = np.array([[1, 2, 3], row, [3, 2, 1]], np.float32)
    target = np.array([0, 0, 0], np.int32)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = [
            softmax(logits, kernels=reference),
            log_softmax(logits, kernels=reference),
            *cross_entropy(logits, target, kernels=reference),
        ]
    actual = [softmax(logits), log_softmax(logits), *cross_entropy(logits, target)]
    soft = soft_from(logits, target)
    soft[:, 1] += soft[:, 2]
    soft[:, 2] = 0
    with np.errstate(invalid="ignore", divide="ignore"):
        expected += soft_cross_entropy(logits, soft, kernels=reference)
    actual += soft_cross_entropy(logits, soft)
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6, equal_nan=True)
        assert np.isfinite(a[[0, 2]]).all()


# -- bits ----------------------------------------------------------------------------------


@some
@given(batch_sizes, class_counts, spreads, smoothings, seeds)
def test_one_hot_rows_give_the_bits_of_their_labels(same_bits, n, c, spread, smoothing, seed):
    logits = draw_logits(n, c, spread, seed)
    target, weight = draw_targets(n, c, seed)
    one_hot = np.eye(c, dtype=np.float32)[target]
    hard = cross_entropy(logits, target, weight, 0.1, smoothing)
    for a, b in zip(soft_cross_entropy(logits, one_hot, weight, 0.1, smoothing), hard, strict=True):
        same_bits(a, b)


def soft_from(logits, target):
    """Distributions that go with the rows, wherever these stand."""
    soft = np.full_like(logits, 0.5 / logits.shape[1])
    soft[np.arange(len(target)), target] += 0.5
    return soft


def everything(logits, target, weight):
    return [
        softmax(logits),
        log_softmax(logits),
        *cross_entropy(logits, target, weight, 0.1, 0.05),
        *soft_cross_entropy(logits, soft_from(logits, target), weight, 0.1, 0.05),
    ]


@some
@given(batch_sizes.filter(bool), class_counts, seeds)
def test_rows_have_the_same_bits_alone_and_in_any_batch_and_order(same_bits, n, c, seed):
    logits = draw_logits(n, c, 5.0, seed)
    target, weight = draw_targets(n, c, seed)
    whole = everything(logits, target, weight)
    rng = np.random.default_rng(seed)
    for rows in (rng.permutation(n), rng.integers(0, n, 5), rng.integers(0, n, 1)):
        for a, b in zip(everything(logits[rows], target[rows], weight[rows]), whole, strict=True):
            same_bits(a, b[rows])


@some
@given(batch_sizes, class_counts, seeds)
def test_results_are_the_same_over_the_logits(same_bits, n, c, seed):
    logits = draw_logits(n, c, 5.0, seed)
    target, weight = draw_targets(n, c, seed)
    apart = everything(logits, target, weight)
    proba, log_proba, dlogits, loss = (*(logits.copy() for _ in range(3)), np.empty_like(weight))
    _kernels.softmax_forward(proba, proba)
    _kernels.log_softmax_forward(log_proba, log_proba)
    _kernels.softmax_cross_entropy(dlogits, target, weight, 0.1, 0.05, loss, dlogits)
    soft_loss, soft_dlogits, soft = loss.copy(), logits.copy(), soft_from(logits, target)
    _kernels.soft_target_cross_entropy(
        soft_dlogits, soft, weight, 0.1, 0.05, soft_loss, soft_dlogits
    )
    over = [proba, log_proba, loss, dlogits, soft_loss, soft_dlogits]
    for a, b in zip(over, apart, strict=True):
        same_bits(a, b)


def test_the_number_of_threads_does_not_change_a_bit(threads, same_bits):
    logits = draw_logits(1001, 7, 5.0, 0)
    target, weight = draw_targets(1001, 7, 0)
    with threads(1):
        alone = everything(logits, target, weight)
    for n in (2, 3, 5):
        with threads(n):
            for a, b in zip(everything(logits, target, weight), alone, strict=True):
                same_bits(a, b)


# -- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("label", [-1, 7, 2**31 - 1, -(2**31)])
def test_a_label_out_of_range_is_refused_by_its_position(label):
    target = np.zeros(5, np.int32)
    target[3] = label
    loss, dlogits = np.full(5, 9, np.float32), np.full((5, 7), 9, np.float32)
    with pytest.raises(ValueError, match=rf"target\[3\] is {label}, expected a class from 0 to 6"):
        _kernels.softmax_cross_entropy(
            np.zeros((5, 7), np.float32), target, None, 1.0, 0.0, loss, dlogits
        )
    assert np.all(loss == 9)
    assert np.all(dlogits == 9)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, math.nan])
def test_a_smoothing_outside_of_its_range_is_refused(smoothing):
    with pytest.raises(
        ValueError, match=r"label_smoothing is .*, expected 0 <= label_smoothing < 1"
    ):
        cross_entropy(np.zeros((2, 3), np.float32), np.zeros(2, np.int32), smoothing=smoothing)


@pytest.mark.parametrize("shape", [(2,), (2, 4), (3, 2)])
def test_distributions_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="target has shape"):
        soft_cross_entropy(np.zeros((2, 3), np.float32), np.zeros(shape, np.float32))


@pytest.mark.parametrize("kernel", [_kernels.softmax_forward, _kernels.log_softmax_forward])
def test_an_output_of_another_shape_is_refused_even_at_the_same_size(kernel):
    with pytest.raises(ValueError, match="proba"):
        kernel(np.zeros((2, 3), np.float32), np.zeros((3, 2), np.float32))


def test_a_gradient_of_another_shape_is_refused_even_at_the_same_size():
    with pytest.raises(ValueError, match="dlogits"):
        _kernels.softmax_cross_entropy(
            np.zeros((2, 3), np.float32),
            np.zeros(2, np.int32),
            None,
            1.0,
            0.0,
            np.zeros(2, np.float32),
            np.zeros((3, 2), np.float32),
        )
