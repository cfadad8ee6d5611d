"""Dropout inside a network."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import _kernels
from fernet._engine.network import Network
from fernet._engine.workspace import Workspace
from fernet.layers import Dropout, PassContext


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


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_a_rate_outside_its_range_is_refused(rate):
    with pytest.raises(ValueError, match="rate is"):
        Dropout(rate)
