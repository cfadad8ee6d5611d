"""Sizes and colours of one's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets.face_shapes import face_shape, in_words, n_pixels
from fernet.emotions import MAX_IMAGE_SIZE


@given(st.integers(1, MAX_IMAGE_SIZE), st.booleans())
def test_a_size_is_the_side_of_a_square(side, color):
    shape = face_shape(np.int64(side), color=color)

    assert shape == (side, side, 3) if color else shape == (side, side)
    assert n_pixels(shape) == np.zeros(shape, np.bool_).size
    assert in_words(shape).startswith(f"{side}x{side} ")


@pytest.mark.parametrize("size", [0, -48, MAX_IMAGE_SIZE + 1])
def test_a_size_that_no_network_is_made_for_is_named(size):
    with pytest.raises(ValueError, match=rf"image_size is {size}; expected 1 to 1024"):
        face_shape(size)


@pytest.mark.parametrize("size", [48.0, "48", (48, 48), None])
def test_a_size_that_is_no_whole_number_is_named(size):
    with pytest.raises(TypeError, match=r"image_size is .*; expected a whole number"):
        face_shape(size)


def test_colours_are_asked_for_by_a_truth_value():
    with pytest.raises(ValueError, match="color is 'grey'; expected True or False"):
        face_shape(48, color="grey")
