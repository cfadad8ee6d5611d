"""Which order of axes is refused."""

from __future__ import annotations

import pytest

from fernet.layers.axes import check_channels_last


@pytest.mark.parametrize(
    "shape", [(48, 48), (48, 48, 1), (48, 48, 64), (3, 48, 3), (1, 1, 1), (2, 9), (2, 2, 5)]
)
def test_images_with_channels_last_pass(shape):
    check_channels_last(shape)


@pytest.mark.parametrize("shape", [(1, 48, 48), (3, 32, 32), (4, 9, 9)])
def test_channels_first_are_refused_by_name(shape):
    with pytest.raises(ValueError, match=r"^X_val .*\.asarray\(X_val\)\.transpose\(0, 2, 3, 1\)$"):
        check_channels_last(shape, "X_val")
