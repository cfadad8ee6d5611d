"""Dropout inside a network."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import _kernels
from fernet._engine.network import Network
from fernet._engine.workspace import Workspace
from fernet.layers import Dropout, PassContext, ReLU


def dropped(seed=0, step=0, rate=0.5, layers=1, n=40, training=True):
    network = Network([Dropout(rate)] * layers, (50,))
    executable = Workspace(network, n).executable(n)
    executable.x[...] = 1
    return executable.forward(PassContext(_kernels, training, seed, step)).copy()


def test_what_is_kept_is_scaled_up():
    y = dropped(rate=0.2)
    np.testing.assert_allclose(np.unique(y), [0, 1.25])
    assert 0.1 < (y == 0).mean() < 0.3


def test_nothing_is_dropped_when_predicting():
    assert (dropped(training=False) == 1).all()


def test_the_mask_is_a_function_of_seed_step_and_position():
    assert (dropped() == dropped()).all()
    assert (dropped() != dropped(seed=1)).any()
    assert (dropped() != dropped(step=1)).any()
    # Were both layers' masks alike, half would pass two of them, not a quarter.
    assert 0.15 < (dropped(layers=2) > 0).mean() < 0.35


def test_a_smaller_batch_starts_with_the_same_mask():
    np.testing.assert_array_equal(dropped(n=40)[:7], dropped(n=7))


@pytest.mark.parametrize(("rate", "share_memory"), [(0.5, True), (0.5, False), (0.0, True)])
def test_the_gradient_passes_where_what_a_relu_left_was_kept(rate, share_memory):
    dropout = Dropout(0.5)
    network = Network([ReLU(), dropout], (50,))
    workspace = Workspace(network, 40, input_gradient=True, share_memory=share_memory)
    executable = workspace.executable(40)
    dropout.rate = rate  # of a pass that has been planned
    pass_ctx, rng = PassContext(_kernels, training=True), np.random.default_rng(0)
    executable.x[...] = rng.normal(size=executable.x.shape)
    y = executable.forward(pass_ctx).copy()
    dy = rng.normal(size=y.shape).astype(np.float32)
    executable.dy[...] = dy
    executable.backward(pass_ctx)
    np.testing.assert_array_equal(executable.dx, np.where(y > 0, dy / (1 - rate), 0))
    assert 0.1 < (executable.dx != 0).mean() < 0.6


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan"), "0.4", None])
def test_a_rate_outside_its_range_is_refused(rate):
    with pytest.raises(ValueError, match="rate is"):
        Dropout(rate)
