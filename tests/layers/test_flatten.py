"""Flatten inside a network."""

from __future__ import annotations

import numpy as np

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._engine.workspace import Workspace
from fernet.layers import Flatten, Linear


def test_rows_of_several_axes_become_vectors_without_a_copy():
    network = Network([Flatten(), Linear(3)], (4, 5, 2))
    assert network.shapes[1] == (40,)
    ctx = Workspace(network, 6).executable(6).contexts[0]
    assert np.shares_memory(ctx.x, ctx.y)


def test_a_flattened_image_goes_through_as_its_row_does():
    x = np.random.default_rng(0).standard_normal((6, 4, 5), dtype=np.float32)
    images, rows = Network([Flatten(), Linear(3)], (4, 5)), Network([Linear(3)], (20,))
    rows.initialize(0)
    images.params[...] = rows.params
    np.testing.assert_array_equal(
        Session(images).predict(x), Session(rows).predict(x.reshape(6, 20))
    )
