"""Aligned buffers and the views cut out of them."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fernet._engine.buffers import ALIGNMENT, aligned_zeros, leading_view, named_views, padded_size

SHAPES = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)
DTYPES = st.sampled_from([np.float32, np.float64])


@given(st.integers(1, 1000), st.sampled_from([np.uint8, np.float32, np.float64]))
def test_a_buffer_starts_on_a_cache_line_and_holds_zeros(size, dtype):
    buffer = aligned_zeros(size, dtype)
    assert buffer.shape == (size,)
    assert buffer.dtype == dtype
    assert buffer.ctypes.data % ALIGNMENT == 0
    assert not buffer.any()


@given(st.lists(SHAPES, max_size=5), DTYPES)
def test_views_are_aligned_and_do_not_overlap(shapes, dtype):
    named = {str(i): shape for i, shape in enumerate(shapes)}
    flat = aligned_zeros(sum(padded_size(shape, dtype) for shape in shapes), dtype)
    views = named_views(flat, named)
    for view in views.values():
        assert view.ctypes.data % ALIGNMENT == 0
        view += 1
    assert flat.sum() == sum(math.prod(shape) for shape in shapes)


@given(SHAPES)
def test_a_leading_view_covers_the_first_elements(shape):
    flat = aligned_zeros(1000)
    leading_view(flat, shape)[...] = 1
    assert flat[: math.prod(shape)].all()
    assert not flat[math.prod(shape) :].any()
