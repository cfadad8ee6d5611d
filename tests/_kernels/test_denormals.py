"""Numbers below the least normal one count as zero within updates, and nowhere else."""

from __future__ import annotations

import platform

import numpy as np
import pytest

from fernet import _kernels

pytestmark = [
    pytest.mark.usefixtures("isa"),
    pytest.mark.skipif(
        platform.machine().lower() not in ("x86_64", "amd64", "aarch64", "arm64"),
        reason="fernet flushes denormals on x86-64 and 64-bit ARM",
    ),
]

SIZE = 40_000  # several tasks
TINY = np.float32(1e-40)


def adam(first, second):
    params, grads = np.ones(SIZE, np.float32), np.zeros(SIZE, np.float32)
    moments = np.full(SIZE, first, np.float32), np.full(SIZE, second, np.float32)
    _kernels.adam_update(params, grads, *moments, 1, 1e-3, 0.9, 0.999, 1e-8, 0.0, SIZE)
    return params, *moments


@pytest.mark.parametrize("n", [1, 2, 3])
def test_moments_that_fade_away_become_zero(threads, n):
    least = np.finfo(np.float32).smallest_normal
    with threads(n):
        params, first, second = adam(TINY, least)
    np.testing.assert_array_equal(first, 0)
    np.testing.assert_array_equal(second, 0)
    np.testing.assert_array_equal(params, 1)


def test_momentum_without_gradients_reaches_zero():
    params, velocity = np.ones(SIZE, np.float32), np.full(SIZE, 1e-36, np.float32)
    grads = np.zeros(SIZE, np.float32)
    for _ in range(100):
        _kernels.sgd_update(params, grads, velocity, 0.1, 0.9, 0.0, SIZE)
    np.testing.assert_array_equal(velocity, 0)


@pytest.mark.parametrize("n", [1, 2])
def test_numpy_has_its_denormals_before_and_after(threads, n):
    def half_of_tiny():
        return np.full(1000, TINY) * np.float32(0.5)

    before = half_of_tiny()
    with threads(n):
        adam(TINY, TINY)
    assert (before > 0).all()
    np.testing.assert_array_equal(half_of_tiny(), before)


def test_the_number_of_threads_does_not_matter_to_them(threads, same_bits):
    with threads(1):
        alone = adam(TINY, np.float32(2e-38))
    with threads(3):
        many = adam(TINY, np.float32(2e-38))
    for actual, expected in zip(many, alone, strict=True):
        same_bits(actual, expected)
