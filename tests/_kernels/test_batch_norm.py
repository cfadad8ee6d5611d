"""Batch normalisation, forward, predicting and backward, with the ReLU behind it.

Against the oracle in float64. Sums run over 64 rows in float32 and beyond in float64, so that the
number of rows has no part in the tolerance: a few roundings ``u = 2 ** -24`` of the sums' terms.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

UNIT_ROUNDOFF = 2.0**-24
EPS = 1e-5

channel_counts = st.sampled_from([1, 3, 4, 15, 16, 17, 40, 256])
leading = st.one_of(
    st.tuples(st.sampled_from([0, 1, 2, 7, 63, 64, 65, 200])),  # 2-D input: blocks of 64 rows
    st.tuples(st.sampled_from([0, 1, 7]), st.integers(1, 6), st.integers(1, 6)),
)
means = st.sampled_from([0.0, 1.0, -30.0])
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=40, deadline=None)


class Batch(NamedTuple):
    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray

    def exact(self):
        return Batch(*(array.astype(np.float64) for array in self))


class Output(NamedTuple):
    mean: np.ndarray
    var: np.ndarray
    y: np.ndarray


class Gradients(NamedTuple):
    dx: np.ndarray
    dgamma: np.ndarray
    dbeta: np.ndarray


def draw(shape, seed, mean=0.0):
    rng = np.random.default_rng(seed)
    c = shape[-1]
    deviations = rng.uniform(0.5, 2, c).astype(np.float32)
    x = rng.standard_normal(shape, np.float32) * deviations + np.float32(mean)
    return Batch(x, rng.standard_normal(c, np.float32), rng.standard_normal(c, np.float32))


def forward(batch, relu=False, *, kernels=_kernels):
    mean, var = np.full((2, batch.x.shape[-1]), 7, batch.x.dtype)
    y = np.full_like(batch.x, 7)
    kernels.batch_norm_forward(*batch, mean, var, y, EPS, relu)
    return Output(mean, var, y)


def predict(batch, mean, var, relu=False, *, kernels=_kernels):
    y = np.full_like(batch.x, 7)
    kernels.batch_norm_inference(*batch, mean, var, y, EPS, relu)
    return y


def backward(batch, dy, mean, var, relu=False, *, kernels=_kernels):
    dx, (dgamma, dbeta) = np.full_like(batch.x, 7), np.full((2, batch.x.shape[-1]), 7, dy.dtype)
    kernels.batch_norm_backward(dy, *batch, mean, var, dx, dgamma, dbeta, EPS, relu)
    return Gradients(dx, dgamma, dbeta)


def assert_within(actual, expected, bound):
    assert np.all(np.abs(actual - expected) <= bound)


# -- against the oracle ----------------------------------------------------------------------


@some
@given(leading, channel_counts, means, st.booleans(), seeds)
@example((0,), 3, 0.0, False, 0)
@example((100, 6, 6), 32, 1.0, True, 0)
@example((1300,), 33, -30.0, False, 0)
def test_forward_is_close_to_the_oracle(rows, c, mean, relu, seed):
    batch = draw((*rows, c), seed, mean)
    actual, expected = forward(batch, relu), forward(batch.exact(), relu, kernels=reference)
    magnitude = np.abs(batch.x).max(initial=0)
    assert_within(actual.mean, expected.mean, 2 * UNIT_ROUNDOFF * magnitude)
    # a block's mean is rounded, which leaves the square of that rounding
    assert_within(actual.var, expected.var, 1e-6 * expected.var + (4e-7 * magnitude) ** 2)
    scale = np.abs(batch.gamma) / np.sqrt(expected.var + EPS)
    deviation = np.abs(batch.x - expected.mean)
    bound = scale * (6 * UNIT_ROUNDOFF * magnitude + 1e-6 * deviation) + 1e-6
    assert_within(actual.y, expected.y, bound)


@some
@given(leading, channel_counts, means, st.booleans(), seeds)
@example((0,), 3, 0.0, False, 0)
@example((100, 6, 6), 32, 1.0, True, 0)
def test_prediction_is_close_to_the_oracle(rows, c, mean, relu, seed):
    batch = draw((*rows, c), seed, mean)
    rng = np.random.default_rng(seed + 1)
    running_mean = rng.normal(mean, 1, c).astype(np.float32)
    running_var = rng.uniform(0.1, 2, c).astype(np.float32)
    expected = predict(
        batch.exact(),
        running_mean.astype(np.float64),
        running_var.astype(np.float64),
        relu,
        kernels=reference,
    )
    scale = np.abs(batch.gamma) / np.sqrt(running_var)
    bound = 4 * UNIT_ROUNDOFF * (scale * np.abs(batch.x - running_mean) + np.abs(batch.beta))
    assert_within(predict(batch, running_mean, running_var, relu), expected, bound)


@some
@given(leading, channel_counts, means, seeds)
@example((0,), 3, 0.0, 0)
@example((100, 6, 6), 32, 1.0, 0)
@example((1300,), 33, -30.0, 0)
def test_gradients_are_close_to_the_oracle(rows, c, mean, seed):
    batch = draw((*rows, c), seed, mean)
    dy = np.random.default_rng(seed + 1).standard_normal(batch.x.shape, np.float32)
    _, batch_mean, var = batch.x, *forward(batch)[:2]
    actual = backward(batch, dy, batch_mean, var)
    exact_mean, exact_var = batch_mean.astype(np.float64), var.astype(np.float64)
    expected = backward(
        batch.exact(), dy.astype(np.float64), exact_mean, exact_var, kernels=reference
    )
    axes = tuple(range(len(rows)))
    n_rows = max(1, math.prod(rows))
    normalised = np.abs((batch.x - exact_mean) / np.sqrt(exact_var + EPS))
    terms = np.abs(dy).sum(axis=axes, dtype=np.float64)
    products = (np.abs(dy) * normalised).sum(axis=axes)
    assert_within(actual.dbeta, expected.dbeta, 20 * UNIT_ROUNDOFF * terms)
    assert_within(actual.dgamma, expected.dgamma, 24 * UNIT_ROUNDOFF * products)
    scale = np.abs(batch.gamma) / np.sqrt(exact_var + EPS)
    bound = scale * (np.abs(dy) + (terms + normalised * products) / n_rows)
    assert_within(actual.dx, expected.dx, 32 * UNIT_ROUNDOFF * bound)


@pytest.mark.parametrize("ratio", [1e2, 1e4, 1e6])
@pytest.mark.parametrize("shape", [(500, 17), (3000, 16), (7, 11, 13, 3)])
def test_a_mean_far_above_the_deviation_does_not_spoil_the_variance(shape, ratio):
    x = (np.random.default_rng(0).standard_normal(shape) + ratio).astype(np.float32)
    ones = np.ones(shape[-1], np.float32)
    _, var, _ = forward(Batch(x, ones, ones))
    expected = x.astype(np.float64).var(axis=tuple(range(x.ndim - 1)))
    np.testing.assert_allclose(var, expected, rtol=1e-6)


def test_one_far_value_does_not_spoil_the_variance():
    x = np.random.default_rng(0).standard_normal((5000, 18), np.float32)
    x[0], x[3000] = 1e4, -1e6
    ones = np.ones(18, np.float32)
    np.testing.assert_allclose(
        forward(Batch(x, ones, ones)).var, x.var(axis=0, dtype=np.float64), rtol=1e-6
    )


@pytest.mark.parametrize("shape", [(5, 3), (3, 2, 2, 4)])
@pytest.mark.parametrize("relu", [False, True])
def test_gradients_of_the_oracle(assert_gradient, shape, relu):
    batch = draw(shape, 5).exact()
    dy = np.random.default_rng(1).standard_normal(shape)

    def loss(x, gamma, beta):
        return np.sum(forward(Batch(x, gamma, beta), relu, kernels=reference).y * dy)

    mean, var, y = forward(batch, kernels=reference)
    assert np.abs(y).min() > 1e-3  # away from the kink
    x, gamma, beta = batch
    dx, dgamma, dbeta = backward(batch, dy, mean, var, relu, kernels=reference)
    assert_gradient(dx, lambda x: loss(x, gamma, beta), x)
    assert_gradient(dgamma, lambda gamma: loss(x, gamma, beta), gamma)
    assert_gradient(dbeta, lambda beta: loss(x, gamma, beta), beta)


# -- properties ------------------------------------------------------------------------------


@some
@given(leading, channel_counts, seeds)
def test_relu_is_that_of_the_relu_kernel(same_bits, rows, c, seed):
    batch = draw((*rows, c), seed)
    mean, var, y = forward(batch)
    rectified, masked = np.empty_like(y), np.empty_like(y)
    _kernels.relu_forward(y, rectified)
    same_bits(forward(batch, relu=True).y, rectified)
    same_bits(predict(batch, mean, var, relu=True), rectified)
    dy = np.random.default_rng(seed + 1).standard_normal(y.shape, np.float32)
    _kernels.relu_backward(dy, y, masked)
    fused, apart = backward(batch, dy, mean, var, relu=True), backward(batch, masked, mean, var)
    for actual, expected in zip(fused, apart, strict=True):
        same_bits(actual, expected)


@some
@given(leading, channel_counts, seeds)
def test_predicting_by_the_batchs_statistics_is_the_forward_pass(same_bits, rows, c, seed):
    batch = draw((*rows, c), seed)
    mean, var, y = forward(batch)
    same_bits(predict(batch, mean, var), y)


def test_outputs_have_mean_beta_and_deviation_gamma():
    batch = draw((40, 9, 9, 20), 0, mean=5.0)
    y = forward(batch).y.astype(np.float64)
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), batch.beta, atol=1e-6)
    np.testing.assert_allclose(y.std(axis=(0, 1, 2)), np.abs(batch.gamma), rtol=1e-4)


@pytest.mark.parametrize("shape", [(1, 17), (70, 17), (1, 1, 1, 17)])
def test_equal_rows_give_beta(shape):
    batch = draw((17,), 0)
    x = np.broadcast_to(batch.x, shape).copy()
    mean, var, y = forward(Batch(x, batch.gamma, batch.beta))
    np.testing.assert_allclose(mean, batch.x, rtol=2e-7)
    np.testing.assert_allclose(var, 0, atol=1e-12)
    np.testing.assert_allclose(y, np.broadcast_to(batch.beta, shape), atol=1e-4)


def test_a_batch_of_none_has_statistics_and_gradients_of_zero():
    batch = draw((0, 5, 5, 17), 0)
    mean, var, _ = forward(batch)
    gradients = backward(batch, batch.x, mean, var)
    for zeros in (mean, var, gradients.dgamma, gradients.dbeta):
        np.testing.assert_array_equal(zeros, np.zeros(17))


# -- values that are not finite --------------------------------------------------------------


@pytest.mark.parametrize("values", [[np.nan], [np.inf], [-np.inf], [np.inf, -np.inf]], ids=str)
@pytest.mark.parametrize("row", [0, 70, 1299])
def test_nan_and_infinity_behave_as_in_numpy_and_stay_in_their_channel(values, row):
    batch = draw((1300, 40), 0)
    batch.x[row, 37], batch.x[(row + 90) % 1300, 37] = values[0], values[-1]
    dy = np.random.default_rng(1).standard_normal(batch.x.shape, np.float32)
    with np.errstate(invalid="ignore"):
        expected = forward(batch.exact(), kernels=reference)
    actual = forward(batch)
    gradients = backward(batch, dy, actual.mean, actual.var)
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-4, atol=1e-4, equal_nan=True)
    for array in (actual.y, *gradients):
        finite = np.isfinite(array)
        assert finite[..., np.arange(40) != 37].all()
    assert np.isnan(gradients.dx[:, 37]).all()
    assert np.isnan(gradients.dgamma[37])


def test_a_nan_in_dy_reaches_its_channel_alone():
    batch = draw((130, 20), 0)
    dy = np.ones((130, 20), np.float32)
    dy[100, 3] = np.nan
    gradients = backward(batch, dy, *forward(batch)[:2])
    for array in gradients:
        np.testing.assert_array_equal(
            np.isnan(array).any(axis=tuple(range(array.ndim - 1))), np.arange(20) == 3
        )


# -- bits ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(9, 24, 24, 32), (3000, 17), (70_001, 1), (300, 600)])
@pytest.mark.parametrize("relu", [False, True])
def test_the_number_of_threads_does_not_change_a_bit(threads, same_bits, shape, relu):
    batch, dy = draw(shape, 0), draw(shape, 1).x

    def results():
        mean, var, y = forward(batch, relu)
        inference = predict(batch, mean, var, relu)
        return [mean, var, y, inference, *backward(batch, dy, mean, var, relu)]

    with threads(1):
        alone = results()
    for n in (2, 3, 5):
        with threads(n):
            for actual, expected in zip(results(), alone, strict=True):
                same_bits(actual, expected)


def test_predictions_have_the_same_bits_alone_and_in_any_batch(same_bits):
    batch = draw((200, 3, 3, 17), 0)
    mean, var, y = forward(batch)
    for i in (0, 63, 199):
        same_bits(predict(batch._replace(x=batch.x[i : i + 1]), mean, var), y[i : i + 1])


@pytest.mark.parametrize("relu", [False, True])
def test_results_are_the_same_in_place(same_bits, relu):
    batch, dy = draw((99, 5, 5, 20), 0), draw((99, 5, 5, 20), 1).x
    mean, var, y = forward(batch, relu)
    dx, dgamma, dbeta = backward(batch, dy, mean, var, relu)
    _kernels.batch_norm_backward(dy, *batch, mean, var, dy, dgamma, dbeta, EPS, relu)
    same_bits(dy, dx)
    _kernels.batch_norm_inference(*batch, mean, var, batch.x, EPS, relu)
    same_bits(batch.x, y)


@pytest.mark.parametrize("relu", [False, True])
def test_outputs_larger_than_the_caches_are_whole(aligned, same_bits, relu):
    shape = (2**17 + 3, 32)
    batch, dy = draw(shape, 0), draw(shape, 1).x
    mean, var, (dgamma, dbeta) = *np.empty((2, 32), np.float32), np.empty((2, 32), np.float32)
    y, dx = aligned(shape), aligned(shape)
    _kernels.batch_norm_forward(*batch, mean, var, y, EPS, relu)
    _kernels.batch_norm_backward(dy, *batch, mean, var, dx, dgamma, dbeta, EPS, relu)
    _kernels.batch_norm_backward(dy, *batch, mean, var, dy, dgamma, dbeta, EPS, relu)
    same_bits(dx, dy)
    _kernels.batch_norm_inference(*batch, mean, var, batch.x, EPS, relu)
    same_bits(y, batch.x)


@pytest.mark.parametrize("shape", [(67, 17), (3, 2, 2, 5), (65, 32)])
def test_nothing_is_written_around_the_outputs(shape):
    batch, dy = draw(shape, 0), draw(shape, 1).x
    mean, var, y = forward(batch)
    gradients = backward(batch, dy, mean, var)

    def framed(like):
        frame = np.full(like.size + 128, 77, like.dtype)
        return frame, frame[64:-64].reshape(like.shape)

    frames, outputs = zip(*(framed(o) for o in (mean, var, y, *gradients)), strict=True)
    _kernels.batch_norm_forward(*batch, *outputs[:3], EPS)
    _kernels.batch_norm_backward(dy, *batch, mean, var, *outputs[3:], EPS)
    for frame in frames:
        assert np.all(frame[:64] == 77)
        assert np.all(frame[-64:] == 77)


# -- refusals --------------------------------------------------------------------------------


def test_vectors_that_are_not_one_a_channel_are_refused():
    batch, five = draw((6, 4), 0), np.ones(5, np.float32)
    mean, var, y = forward(batch)
    message = " has 5 elements, expected one for each of the 4 channels of x$"
    for name in ("gamma", "beta"):
        with pytest.raises(ValueError, match=f"^{name}{message}"):
            forward(batch._replace(**{name: five}))
    with pytest.raises(ValueError, match=f"^mean{message}"):
        predict(batch, five, var)
    with pytest.raises(ValueError, match=f"^var{message}"):
        backward(batch, y, mean, five)


def test_other_shapes_than_that_of_x_are_refused():
    batch = draw((6, 4), 0)
    mean, var, y = forward(batch)
    with pytest.raises(ValueError, match=r"^dy has shape \(3, 8\), expected that of x: \(6, 4\)"):
        backward(batch, y.reshape(3, 8), mean, var)
    with pytest.raises(ValueError, match=r"^y has shape \(24,\), expected that of x: \(6, 4\)"):
        _kernels.batch_norm_inference(*batch, mean, var, y.ravel(), EPS)
    with pytest.raises(ValueError, match=r"^x has shape \(\), expected channels"):
        _kernels.batch_norm_inference(np.array(1, np.float32), *batch[1:], mean, var, y, EPS)


@pytest.mark.parametrize("eps", [-1e-5, math.nan])
def test_an_eps_below_zero_is_refused(eps):
    batch = draw((6, 4), 0)
    mean, var, y = forward(batch)
    with pytest.raises(ValueError, match=f"^eps is {eps}, expected eps >= 0"):
        _kernels.batch_norm_forward(*batch, mean, var, y, eps)
    with pytest.raises(ValueError, match=f"^eps is {eps}, expected eps >= 0"):
        _kernels.batch_norm_inference(*batch, mean, var, y, eps)
    with pytest.raises(ValueError, match=f"^eps is {eps}, expected eps >= 0"):
        _kernels.batch_norm_backward(y, *batch, mean, var, y, mean, var, eps)
