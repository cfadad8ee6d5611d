"""The passes over a batch: arrays of all its rows, whatever runs in groups of them."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import _kernels
from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._engine.workspace import Workspace
from fernet.architectures import vgg
from fernet.layers import BatchNorm, Linear, PassContext


@pytest.mark.parametrize("n_rows", [1, 10, 11, 60])
def test_input_and_output_have_all_rows(n_rows):
    network = Network(vgg(3, filters=((32, 2), (8, 1)), hidden_layer_sizes=(4,)), (48, 48, 1))
    workspace = Workspace(network, 60)
    batch = workspace.executable(n_rows)
    assert batch.x.shape == (n_rows, 48, 48, 1)
    assert batch.y.shape == batch.dy.shape == (n_rows, 3)


def test_rows_that_run_in_groups_read_and_write_their_own():
    network = Network(
        vgg(3, filters=((32, 2), (8, 1)), hidden_layer_sizes=(4,), dropout=0.0), (48, 48, 1)
    )
    network.initialize(0)
    batch = Workspace(network, 25).executable(25)
    assert len({ctx.x.ctypes.data for ctx in batch.contexts if ctx.index == 0}) == 3
    batch.x[...] = np.random.default_rng(0).standard_normal(batch.x.shape, dtype=np.float32)
    y = batch.forward(PassContext(_kernels)).copy()
    np.testing.assert_allclose(y, Session(network).predict(batch.x.copy()), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layer", [Linear(2), BatchNorm()])
def test_gradients_that_nobody_takes_are_an_error(layer):
    batch = Workspace(Network([layer], (3,)), 5, fused_update=True).executable(5)
    batch.forward(PassContext(_kernels, training=True))
    with pytest.raises(ValueError, match="gradient_sink is None"):
        batch.backward(PassContext(_kernels, training=True))
