"""Arrays of other libraries are arrays; what can't be one says so under its name."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fernet.estimators.other_arrays import array_of, says_array


class Tensor:
    """Offers DLPack alone."""

    def __init__(self, array):
        self._array = array

    def __dlpack__(self, **options):
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


class Bound:
    def __init__(self, error):
        self._error = error

    def __array__(self, dtype=None, copy=None):
        raise self._error


def test_a_tensor_is_an_array_of_its_numbers():
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    tensor = Tensor(array)
    assert says_array(tensor)
    np.testing.assert_array_equal(array_of(tensor, "X"), array)


def test_a_masked_array_keeps_its_mask():
    masked = np.ma.masked_less(np.arange(4), 2)
    assert array_of(masked, "X") is masked


@pytest.mark.parametrize("value", [[[0, 255]], "photo.jpg", None, b"bytes"], ids=repr)
def test_what_is_no_array_stays_as_it_is(value):
    assert not says_array(value)
    assert array_of(value, "X") is value


def test_a_picture_says_that_it_can_be_an_array():
    assert says_array(Image.new("L", (2, 2)))


@pytest.mark.parametrize("error", [TypeError("on a GPU"), RuntimeError("requires grad")])
def test_a_tensor_that_is_out_of_reach_says_why_under_its_name(error):
    with pytest.raises(ValueError, match=rf"^image is of type Bound: {error}$"):
        array_of(Bound(error), "image")
