"""The checksum: whatever changes in an array changes it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

# past one task's part (4096 words), and past as many parts as there are at most
sizes = st.integers(1, 70) | st.sampled_from([4095, 4096, 4097, 12345])
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=40, deadline=None)


def numbers(size, seed):
    return np.random.default_rng(seed).standard_normal(size, np.float32)


@some
@given(sizes, seeds)
@example(4096 * 256 + 9, 0)
def test_it_is_the_oracles(size, seed):
    x = numbers(size, seed)
    assert _kernels.checksum(x) == reference.checksum(x)


def test_nothing_sums_to_nothing():
    assert _kernels.checksum(np.empty(0, np.float32)) == reference.checksum(np.empty(0)) == 0


@some
@given(sizes, seeds, st.data())
def test_one_bit_that_changes_changes_it(size, seed, data):
    x = numbers(size, seed)
    before = _kernels.checksum(x)
    word = data.draw(st.integers(0, size - 1))
    x.view(np.uint32)[word] ^= np.uint32(1 << data.draw(st.integers(0, 31)))
    assert _kernels.checksum(x) != before


@some
@given(st.integers(2, 9000), seeds, st.data())
def test_so_do_two_numbers_that_change_places(size, seed, data):
    x = numbers(size, seed)
    before = _kernels.checksum(x)
    i, j = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    x[[i, j]] = x[[j, i]]
    assert (_kernels.checksum(x) != before) == (x[i] != x[j])


def test_any_shape_and_dtype_of_whole_words_does(threads):
    x = np.random.default_rng(0).standard_normal((30, 400))
    with threads(3):
        assert _kernels.checksum(x) == reference.checksum(x)
    with pytest.raises(TypeError, match="x has elements of 1 bytes, expected 4 or 8"):
        _kernels.checksum(np.zeros(8, np.uint8))
    with pytest.raises(ValueError, match="x is not C-contiguous"):
        _kernels.checksum(x.T)
