"""The sum of two branches and the ReLU behind it: one rounding, equal to the oracle's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

sizes = st.integers(0, 70) | st.sampled_from([4095, 4096, 4097, 20001])  # chunks of 4096
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=30, deadline=None)

SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 3e38, -3e38], np.float32)


def values(size, seed):
    """Normal numbers with some special ones among them."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(size, np.float32)
    special = rng.random(size) < 0.2
    x[special] = rng.choice(SPECIAL, special.sum())
    return x


def add(a, b, relu, *, kernels=_kernels):
    y = np.full_like(a, 7)
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf, and sums beyond 3.4e38
        kernels.add_forward(a, b, y, relu)
    return y


@some
@given(sizes, st.booleans(), seeds)
def test_sum_equals_the_oracle(size, relu, seed):
    a, b = values(size, seed), values(size, seed + 1)
    np.testing.assert_array_equal(add(a, b, relu), add(a, b, relu, kernels=reference))


def test_relu_keeps_the_positive_sums_and_nan():
    a = np.array([1, -1, 2, np.nan, np.inf, np.inf], np.float32)
    b = np.array([2, -3, -5, 1, 1, -np.inf], np.float32)
    np.testing.assert_array_equal(add(a, b, False), [3, -4, -3, np.nan, np.inf, np.nan])
    np.testing.assert_array_equal(add(a, b, True), [3, 0, 0, np.nan, np.inf, np.nan])


@some
@given(sizes, st.booleans(), seeds)
def test_the_sum_may_take_the_place_of_either(same_bits, size, relu, seed):
    a, b = values(size, seed), values(size, seed + 1)
    expected = add(a, b, relu)
    for place in (0, 1):
        terms = [a.copy(), b.copy()]
        _kernels.add_forward(*terms, terms[place], relu)
        same_bits(terms[place], expected)
        same_bits(terms[1 - place], [a, b][1 - place])


def test_an_array_may_be_added_to_itself_in_place(same_bits):
    a = values(100, 0)
    expected = add(a, a, True)
    _kernels.add_forward(a, a, a, True)
    same_bits(a, expected)


def test_the_number_of_threads_does_not_change_a_bit(threads, same_bits):
    a, b = values(100_003, 0), values(100_003, 1)
    with threads(1):
        alone = add(a, b, True)
    for n in (2, 3, 5):
        with threads(n):
            same_bits(add(a, b, True), alone)


def test_outputs_larger_than_the_caches_are_whole(aligned, same_bits):
    a = np.arange(2**22 + 5, dtype=np.float32)
    y = aligned(a.shape)
    _kernels.add_forward(a, a, y)
    same_bits(y, a + a)


def test_sizes_that_differ_are_refused():
    a, b = np.ones(5, np.float32), np.ones(6, np.float32)
    with pytest.raises(ValueError, match=r"^a has 5 elements and b has 6"):
        _kernels.add_forward(a, b, a)
    with pytest.raises(ValueError, match=r"^a has 5 elements and y has 6"):
        _kernels.add_forward(a, a, b)
