"""Global average pooling inside a network."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet.layers import GlobalAvgPool2D


def test_each_channel_becomes_its_mean():
    x = np.random.default_rng(0).standard_normal((4, 3, 5, 7), dtype=np.float32)
    y = Session(Network([GlobalAvgPool2D()], (3, 5, 7))).predict(x)
    np.testing.assert_allclose(y, x.mean(axis=(1, 2)), atol=1e-6)


def test_rows_that_are_no_images_are_refused():
    with pytest.raises(ValueError, match="GlobalAvgPool2D got"):
        GlobalAvgPool2D().output_shape((5,))
