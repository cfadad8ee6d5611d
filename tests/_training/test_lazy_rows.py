"""Rows that are read when they are asked for, and reading them in advance."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet._training.lazy_rows import LazyRows, ReadAhead

ARRAY = np.arange(40, dtype=np.uint8).reshape(10, 2, 2)
ROWS = ARRAY.reshape(10, 4)

places = st.lists(st.integers(0, 9), max_size=6).map(lambda rows: np.array(rows, np.int64))
slices = st.slices(10)


@given(places | slices)
def test_they_are_asked_for_as_those_of_an_array(index):
    np.testing.assert_array_equal(LazyRows(ARRAY)[index], ROWS[index])


@given(places, st.data())
def test_a_part_of_them_is_lazy_as_well(rows, data):
    part = LazyRows(ARRAY).take(rows)
    assert part.shape == (len(rows), 4)
    index = data.draw(st.slices(len(rows)))
    np.testing.assert_array_equal(part[index], ROWS[rows][index])
    again = np.arange(len(rows))[index]
    np.testing.assert_array_equal(part.take(again)[:], ROWS[rows][again])


def test_they_have_what_an_array_of_two_axes_has():
    rows = LazyRows(ARRAY)
    assert (rows.ndim, rows.size, len(rows)) == (2, 40, 10)
    assert (rows.min(), rows.max()) == (0, 39)
    np.testing.assert_array_equal(rows[3], ROWS[3])
    halves = rows.astype(np.float32)
    assert halves.dtype == halves[:2].dtype == np.float32


class Source:
    """An array that notes who asks for which rows."""

    shape, dtype = ARRAY.shape, ARRAY.dtype

    def __init__(self):
        self.asked, self.threads = [], []
        self.done = threading.Semaphore(0)

    def __getitem__(self, rows):
        self.asked.append(rows.tolist())
        self.threads.append(threading.current_thread())
        self.done.release()
        return ARRAY[rows]


def ahead(order):
    source = Source()
    return source, ReadAhead(LazyRows(source), np.array(order))


def test_the_next_batch_is_read_while_the_last_is_used():
    source, reader = ahead([4, 2, 9, 7, 1])
    for batch in ([4, 2], [9, 7]):
        np.testing.assert_array_equal(reader.read(np.array(batch)), ROWS[batch])
    for _ in range(3):
        assert source.done.acquire(timeout=10)
    assert source.asked == [[4, 2], [9, 7], [1]]
    assert source.threads[0] is threading.current_thread()
    assert threading.current_thread() not in source.threads[1:]
    np.testing.assert_array_equal(reader.read(np.array([1])), ROWS[[1]])
    assert len(source.asked) == 3


def test_reading_begins_anew_after_the_last_batch_and_after_another_order():
    source, reader = ahead([0, 1])
    for _ in range(2):
        reader.read(np.array([0]))
        reader.read(np.array([1]))
    assert source.asked == [[0], [1], [0], [1]]
    reader.expect(np.array([5, 6]))
    reader.read(np.array([5]))
    assert source.done.acquire(timeout=10)
    reader.read(np.array([6]))
    assert source.asked[4:] == [[5], [6]]


def test_rows_out_of_order_are_read_as_well():
    source, reader = ahead([0, 1, 2, 3])
    np.testing.assert_array_equal(reader.read(np.array([3, 0])), ROWS[[3, 0]])
    assert source.asked == [[3, 0]]


@given(st.permutations(range(10)), st.integers(1, 11), st.lists(places, max_size=3))
def test_whatever_is_asked_for_is_what_comes(order, size, others):
    reader = ReadAhead(LazyRows(ARRAY), np.array(order))
    for start in range(0, 10, size):
        batch = np.array(order[start : start + size])
        np.testing.assert_array_equal(reader.read(batch), ROWS[batch])
        for other in others:
            np.testing.assert_array_equal(reader.read(other), ROWS[other])


def test_what_goes_wrong_in_advance_is_told_when_the_rows_are_asked_for():
    class Fails(Source):
        def __getitem__(self, rows):
            if 2 in rows:
                raise OSError("no row 2")
            return super().__getitem__(rows)

    reader = ReadAhead(LazyRows(Fails()), np.arange(4))
    reader.read(np.array([0, 1]))
    with pytest.raises(OSError, match="no row 2"):
        reader.read(np.array([2, 3]))
