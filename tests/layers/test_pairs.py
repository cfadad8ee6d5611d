"""One number or two."""

from __future__ import annotations

import numpy as np
import pytest

from fernet.layers.pairs import as_pair, image_axes


@pytest.mark.parametrize("value", [2, (2, 2), [2, 2], np.int64(2)])
def test_one_number_stands_for_both_axes(value):
    assert as_pair(value, "size") == (2, 2)


@pytest.mark.parametrize("value", [0, -1, 1.5, "2", None, (1,), (1, 2, 3), (1, 0)])
def test_anything_else_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"size is .* expected a whole number or two, 1 or more"):
        as_pair(value, "size")


@pytest.mark.parametrize("value", [2**31, 2**63, (1, 2**40)])
def test_numbers_beyond_the_kernels_are_refused(value):
    assert as_pair(2**31 - 1, "stride") == (2**31 - 1, 2**31 - 1)
    with pytest.raises(ValueError, match=r"stride is .*; expected 2147483647 at most"):
        as_pair(value, "stride")


@pytest.mark.parametrize("shape", [(48, 48), (2304,), (1, 48, 48, 1)])
def test_rows_that_are_no_images_are_refused(shape):
    with pytest.raises(ValueError, match=r"Conv2D got .*\(height, width, channels\)"):
        image_axes(shape, "Conv2D")
