"""ReLU and its gradient: comparisons alone, so equal to the oracle bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

sizes = st.integers(0, 70) | st.sampled_from([16383, 16384, 16385, 40001])  # chunks of 16384
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=30, deadline=None)

SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, -1e-45, 3e38, -3e38], np.float32)


def values(size, seed):
    """Normal numbers with some special ones among them."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(size, np.float32)
    special = rng.random(size) < 0.2
    x[special] = rng.choice(SPECIAL, special.sum())
    return x


@some
@given(sizes, seeds)
@example(9, 0)
def test_forward_equals_the_oracle(size, seed):
    x = values(size, seed)
    y, expected = np.full_like(x, 7), np.empty_like(x)
    _kernels.relu_forward(x, y)
    reference.relu_forward(x, expected)
    np.testing.assert_array_equal(y, expected)


@some
@given(sizes, seeds)
def test_backward_equals_the_oracle(same_bits, size, seed):
    dy, y = values(size, seed), values(size, seed + 1)
    dx, expected = np.full_like(dy, 7), np.empty_like(dy)
    _kernels.relu_backward(dy, y, dx)
    reference.relu_backward(dy, y, expected)
    same_bits(dx, expected)


def test_nan_passes_through_in_every_place_of_a_vector():
    x = np.zeros((40, 40), np.float32)
    np.fill_diagonal(x, np.nan)
    y = np.empty_like(x)
    _kernels.relu_forward(x, y)
    np.testing.assert_array_equal(np.isnan(y), np.eye(40, dtype=bool))


@some
@given(sizes, seeds)
def test_results_are_the_same_in_place(same_bits, size, seed):
    x, dy = values(size, seed), values(size, seed + 1)
    y, dx = np.empty_like(x), np.empty_like(x)
    _kernels.relu_forward(x, y)
    _kernels.relu_backward(dy, y, dx)
    _kernels.relu_forward(x, x)
    _kernels.relu_backward(dy, y, dy)
    same_bits(x, y)
    same_bits(dy, dx)


def test_the_number_of_threads_does_not_change_a_bit(threads, same_bits):
    x, dy = values(100_003, 0), values(100_003, 1)

    def results():
        y, dx = np.empty_like(x), np.empty_like(x)
        _kernels.relu_forward(x, y)
        _kernels.relu_backward(dy, y, dx)
        return y, dx

    with threads(1):
        alone = results()
    for n in (2, 3, 5):
        with threads(n):
            for actual, expected in zip(results(), alone, strict=True):
                same_bits(actual, expected)


def test_arrays_may_have_any_shape():
    x = values(120, 2)
    y, shaped = np.empty_like(x), np.empty((2, 3, 4, 5), np.float32)
    _kernels.relu_forward(x, y)
    _kernels.relu_forward(x.reshape(2, 3, 4, 5), shaped)
    np.testing.assert_array_equal(shaped.ravel(), y)


def test_sizes_that_differ_are_refused():
    x, y = np.ones(5, np.float32), np.ones(6, np.float32)
    with pytest.raises(ValueError, match="x has 5 elements and y has 6"):
        _kernels.relu_forward(x, y)
    with pytest.raises(ValueError, match="dy has 5 elements and y has 6"):
        _kernels.relu_backward(x, y, x)
    np.testing.assert_array_equal(x, np.ones(5))
