"""Inverted dropout: same masks and same products as the oracle, bit for bit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

# 64 elements are drawn at a time, chunks are of 1024 forward and of 4096 backward
sizes = st.integers(0, 200) | st.sampled_from([1023, 1024, 1025, 4095, 4096, 4097, 16385, 33001])
seeds = st.integers(0, 2**64 - 1)
rates = st.sampled_from([0.0, 0.1, 0.5, 0.999, math.nextafter(1, 0)]) | st.floats(
    0, 1, exclude_max=True
)
steps = st.integers(0, 2**64 - 1)
layers = st.integers(0, 2**16 - 1)
some = settings(max_examples=30, deadline=None)


def ramp(size):
    return np.linspace(-2, 3, size, dtype=np.float32)


def forward(x, rate=0.5, seed=0, step=0, layer=0, *, kernels=_kernels):
    y, mask = np.full_like(x, np.nan), np.full((x.size + 7) // 8, 255, np.uint8)
    kernels.dropout_forward(x, y, mask, rate, seed, step, layer)
    return y, mask


def mask_of(size, **counter):
    return forward(np.ones(size, np.float32), **counter)[1]


def kept(mask, size):
    return np.unpackbits(mask, bitorder="little", count=size).astype(bool)


@some
@given(sizes, rates, seeds, steps, layers)
@example(64, 0.5, 2**64 - 1, 2**64 - 1, 2**16 - 1)
def test_forward_equals_the_oracle(same_bits, size, rate, seed, step, layer):
    x = ramp(size)
    y, mask = forward(x, rate, seed, step, layer)
    expected_y, expected_mask = forward(x, rate, seed, step, layer, kernels=reference)
    same_bits(mask, expected_mask)
    np.testing.assert_array_equal(y, expected_y)


@some
@given(sizes, rates, seeds)
def test_backward_equals_the_oracle(size, rate, seed):
    mask = mask_of(size, rate=rate, seed=seed)
    dy, dx, expected = ramp(size), np.full(size, np.nan, np.float32), np.empty(size, np.float32)
    _kernels.dropout_backward(dy, dx, mask, rate)
    reference.dropout_backward(dy, expected, mask, rate)
    np.testing.assert_array_equal(dx, expected)


@some
@given(sizes, rates, seeds)
def test_backward_uses_the_mask_of_forward(same_bits, size, rate, seed):
    x = ramp(size)
    y, mask = forward(x, rate, seed)
    dx = np.empty_like(x)
    _kernels.dropout_backward(x, dx, mask, rate)
    same_bits(dx, y)


@some
@given(sizes, rates, seeds)
def test_backward_does_also_that_of_the_relu_before(same_bits, size, rate, seed):
    rng = np.random.default_rng(seed)
    x = np.maximum(rng.normal(size=size), 0).astype(np.float32)
    dy = np.where(rng.random(size) < 0.1, np.nan, rng.normal(size=size)).astype(np.float32)
    y, mask = forward(x, rate, seed)
    dx, expected, of_oracle = (np.full_like(x, np.nan) for _ in range(3))
    _kernels.dropout_backward(dy, dx, mask, rate, y)
    _kernels.dropout_backward(dy, expected, mask, rate)
    _kernels.relu_backward(expected, y, expected)
    same_bits(dx, expected)
    reference.dropout_backward(dy, of_oracle, mask, rate, y)
    np.testing.assert_array_equal(dx, of_oracle)
    _kernels.dropout_backward(dy, dy, mask, rate, y)
    same_bits(dy, dx)


@some
@given(sizes, rates, seeds)
def test_results_are_the_same_in_place(same_bits, size, rate, seed):
    x, dy = ramp(size), ramp(size)
    y, mask = forward(x, rate, seed)
    _kernels.dropout_forward(x, x, mask, rate, seed, 0, 0)
    _kernels.dropout_backward(dy, dy, mask, rate)
    same_bits(x, y)
    same_bits(dy, y)


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.5, 0.9])
def test_the_fraction_dropped_is_the_rate(rate):
    size = 200_000
    dropped = size - kept(mask_of(size, rate=rate, seed=1), size).sum()
    spread = math.sqrt(size * rate * (1 - rate))
    assert abs(dropped - size * rate) < 5 * spread  # of a binomial: once in 1.7 million


def test_the_mean_is_kept():
    x = np.ones(200_000, np.float32)
    y, _ = forward(x, rate=0.3, seed=2)
    assert y.mean(dtype=np.float64) == pytest.approx(1, abs=5 * math.sqrt(0.3 / 0.7 / x.size))


def test_nothing_is_dropped_at_rate_zero(same_bits):
    x = ramp(1000)
    y, mask = forward(x, rate=0.0)
    same_bits(y, x)
    assert kept(mask, 1000).all()


def test_what_is_dropped_is_zero_even_where_it_was_not_finite():
    x = np.full(1000, np.inf, np.float32)
    y, mask = forward(x)
    np.testing.assert_array_equal(y, np.where(kept(mask, 1000), np.inf, 0))


def test_bits_of_the_mask_beyond_the_end_are_zero():
    for size in range(1, 80):
        bits = np.unpackbits(mask_of(size, rate=0.0), bitorder="little")
        assert bits.sum() == size


def test_a_shorter_mask_is_the_beginning_of_a_longer_one():
    long = kept(mask_of(40_000), 40_000)
    for size in (1, 63, 64, 65, 16384, 16390):
        np.testing.assert_array_equal(kept(mask_of(size), size), long[:size])


@pytest.mark.parametrize("counter", ["seed", "step", "layer"])
def test_masks_differ_by_seed_step_and_layer(counter):
    size = 4096
    values = [0, 1, 2, 3, 255] + ([2**32, 2**63] if counter != "layer" else [])
    masks = [kept(mask_of(size, **{counter: value}), size) for value in values]
    for i, a in enumerate(masks):
        for b in masks[:i]:
            # independent masks agree in half the places, give or take 32
            assert abs((a == b).sum() - size / 2) < 5 * math.sqrt(size) / 2


def test_the_number_of_threads_does_not_change_a_bit(threads, same_bits):
    x = ramp(100_003)
    with threads(1):
        alone = forward(x)
    for n in (2, 3, 5):
        with threads(n):
            y, mask = forward(x)
            same_bits(y, alone[0])
            same_bits(mask, alone[1])
            dx = np.empty_like(x)
            _kernels.dropout_backward(x, dx, mask, 0.5)
            same_bits(dx, alone[0])


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2.0, math.nan])
def test_a_rate_outside_of_its_range_is_refused(rate):
    x, mask = np.ones(8, np.float32), np.zeros(1, np.uint8)
    with pytest.raises(ValueError, match=r"rate is .*, expected 0 <= rate < 1"):
        _kernels.dropout_forward(x, x, mask, rate, 0, 0, 0)
    with pytest.raises(ValueError, match=r"rate is .*, expected 0 <= rate < 1"):
        _kernels.dropout_backward(x, x, mask, rate)
    np.testing.assert_array_equal(x, np.ones(8))
    np.testing.assert_array_equal(mask, [0])


@pytest.mark.parametrize("n_bytes", [0, 1, 3])
def test_a_mask_of_another_size_is_refused(n_bytes):
    x = np.ones(9, np.float32)
    with pytest.raises(ValueError, match=f"mask has {n_bytes} bytes, expected 2 for 9 bits"):
        _kernels.dropout_forward(x, x, np.zeros(n_bytes, np.uint8), 0.5, 0, 0, 0)


def test_an_output_of_another_size_is_refused():
    x, mask = np.ones(9, np.float32), np.zeros(2, np.uint8)
    with pytest.raises(ValueError, match="y has 8 elements, expected 9"):
        _kernels.dropout_backward(x, x, mask, 0.5, x[:8].copy())


@pytest.mark.parametrize("counter", ["seed", "step", "layer"])
def test_a_negative_counter_is_refused(counter):
    arguments = {"rate": 0.5, "seed": 0, "step": 0, "layer": 0} | {counter: -1}
    with pytest.raises(OverflowError):
        forward(np.ones(8, np.float32), **arguments)
