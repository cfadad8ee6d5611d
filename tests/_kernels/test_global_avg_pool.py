"""Global average pooling: means of each channel, and their gradient.

Tolerance, with ``u = 2 ** -24``: positions are summed 64 at a time, then those sums, so a mean errs
by at most ``64 + positions / 64`` roundings of the mean of the values' magnitudes.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

UNIT_ROUNDOFF = 2.0**-24

shapes = st.tuples(
    st.sampled_from([0, 1, 2, 7]),
    st.integers(1, 12),
    st.integers(1, 12),
    st.sampled_from([1, 3, 16, 17, 33, 256]),
)
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=40, deadline=None)


def draw(shape, seed):
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def average(x, *, kernels=_kernels):
    y = np.full((x.shape[0], x.shape[3]), 7, x.dtype)
    kernels.global_avg_pool_forward(x, y)
    return y


def gradient(dy, shape, *, kernels=_kernels):
    dx = np.full(shape, 7, dy.dtype)
    kernels.global_avg_pool_backward(dy, dx)
    return dx


@some
@given(shapes, seeds)
@example((2, 48, 48, 32), 0)
@example((1, 1, 1, 1), 0)
def test_means_are_within_the_rounding_bound_of_the_oracle(shape, seed):
    x = draw(shape, seed) + 3
    exact = x.astype(np.float64)
    roundings = 66 + shape[1] * shape[2] / 64
    bound = roundings * UNIT_ROUNDOFF * average(np.abs(exact), kernels=reference)
    assert np.all(np.abs(average(x) - average(exact, kernels=reference)) <= bound)


@some
@given(shapes, seeds)
def test_gradient_equals_the_oracle(same_bits, shape, seed):
    dy = draw((shape[0], shape[3]), seed)
    same_bits(gradient(dy, shape), gradient(dy, shape, kernels=reference))


def test_gradient_of_the_oracle(assert_gradient):
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((2, 3, 5, 4)), rng.standard_normal((2, 4))
    dx = gradient(dy, x.shape, kernels=reference)
    assert_gradient(dx, lambda x: np.sum(average(x, kernels=reference) * dy), x)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_reaches_its_own_channel_alone(value):
    x = draw((2, 3, 3, 40), 0)
    x[1, 2, 1, 37] = value
    expected = np.zeros((2, 40), bool)
    expected[1, 37] = True
    y = average(x)
    np.testing.assert_array_equal(~np.isfinite(y), expected)
    np.testing.assert_array_equal(y[1, 37], value)
    np.testing.assert_array_equal(gradient(y, x.shape)[1, :, :, 37], np.full((3, 3), value))


def test_the_number_of_threads_and_the_batch_do_not_change_a_bit(threads, same_bits):
    x = draw((23, 7, 9, 50), 0)
    with threads(1):
        y = average(x)
        dx = gradient(y, x.shape)
    for n in (2, 3, 5):
        with threads(n):
            same_bits(average(x), y)
            same_bits(gradient(y, x.shape), dx)
    for i in (0, 22):
        same_bits(average(x[i : i + 1]), y[i : i + 1])


def test_shapes_that_do_not_fit_are_refused():
    x, y = np.ones((2, 3, 4, 5), np.float32), np.ones((2, 6), np.float32)
    with pytest.raises(ValueError, match=r"^y has shape \(2, 6\), expected \(2, 5\)"):
        _kernels.global_avg_pool_forward(x, y)
    with pytest.raises(ValueError, match=r"^dy has shape \(2, 6\), expected \(2, 5\)"):
        _kernels.global_avg_pool_backward(y, x)


def test_images_without_positions_are_refused():
    x, y = np.ones((2, 0, 4, 5), np.float32), np.ones((2, 5), np.float32)
    with pytest.raises(ValueError, match=r"^x has shape \(2, 0, 4, 5\), expected at least one pos"):
        _kernels.global_avg_pool_forward(x, y)
    with pytest.raises(ValueError, match=r"^dx has shape \(2, 0, 4, 5\), expected at least one po"):
        _kernels.global_avg_pool_backward(y, x)
