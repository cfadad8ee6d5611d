"""Rows that are asked for by number come without a copy where that is possible."""

from __future__ import annotations

import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fernet.model_selection.rows import Rows

X = np.arange(30, dtype=np.float32).reshape(10, 3)


@given(numbers=st.lists(st.integers(-10, 9), max_size=12))
def test_they_are_the_rows_that_numpy_gives(numbers):
    numbers = np.array(numbers, dtype=np.int64)
    np.testing.assert_array_equal(Rows.of(X)[numbers, ...], X[numbers])


@given(start=st.integers(0, 9), count=st.integers(1, 10))
def test_consecutive_rows_are_a_view(start, count):
    numbers = np.arange(10)[start : start + count]
    assert np.shares_memory(Rows.of(X)[numbers, ...], X)


def test_rows_that_are_kept_are_copied_once():
    rows = Rows.of(X)
    odd = np.arange(1, 10, 2)
    rows.keep(odd)
    first, second = rows[odd, ...], rows[odd.copy(), ...]
    assert first is second
    np.testing.assert_array_equal(first, X[odd])


def test_other_keys_are_numpys():
    rows = Rows.of(X)
    np.testing.assert_array_equal(rows[:, 1], X[:, 1])
    np.testing.assert_array_equal(rows[rows > 5], X[X > 5])
    assert rows[2, 1] == X[2, 1]


def test_results_of_arithmetic_are_arrays_as_any():
    doubled = 2 * Rows.of(X)
    np.testing.assert_array_equal(doubled[[0, 2]], 2 * X[[0, 2]])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(doubled)), 2 * X)


def test_a_pickle_keeps_what_is_kept():
    rows = Rows.of(X)
    rows.keep(np.array([0, 2]))
    again = pickle.loads(pickle.dumps(rows))
    np.testing.assert_array_equal(again, X)
    assert again[np.array([0, 2]), ...] is again[np.array([0, 2]), ...]
