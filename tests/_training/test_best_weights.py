"""Kept weights: the running mean and the best copy."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._engine.network import Network
from fernet._training.best_weights import BestWeights
from fernet.layers import BatchNorm, Linear


def network_of(value):
    network = Network([Linear(2)], (3,))
    network.params[...] = value
    return network


def test_without_a_decay_the_current_weights_are_the_networks():
    network = network_of(1)
    assert BestWeights(network).current() is network.values


def test_the_running_mean_follows_slowly_once_it_has_begun():
    network = network_of(0)
    kept = BestWeights(network, 0.9)
    network.params[...] = 1
    kept.follow(10_000)
    np.testing.assert_allclose(kept.current(), 0.1, rtol=1e-5)


def test_the_running_mean_forgets_first_weights_fast():
    network = network_of(0)
    kept = BestWeights(network, 0.999)
    network.params[...] = 1
    for step in range(1, 21):
        kept.follow(step)
    assert kept.current()[0] > 0.9


def test_the_best_weights_stay_when_the_network_moves_on():
    network = network_of(1)
    kept = BestWeights(network)
    kept.remember_best()
    network.params[...] = 2
    assert kept.to_keep()[0] == 1
    assert kept.current()[0] == 2


def test_running_statistics_are_averaged_and_kept_with_the_weights():
    network = Network([Linear(2), BatchNorm()], (3,))
    network.values[...] = 1
    kept = BestWeights(network, 0.5)
    network.values[...] = 2
    kept.follow(1000)
    kept.remember_best()
    network.values[...] = 9
    kept.follow(1001)
    other = network.copy()
    other.values[...] = kept.to_keep()
    for name, view in other.named_parameters() + other.named_state():
        np.testing.assert_allclose(view, 1.5, err_msg=name)


@pytest.mark.parametrize("with_best", [False, True])
def test_they_come_back_from_their_arrays(with_best):
    kept = BestWeights(network_of(1), 0.5)
    if with_best:
        kept.remember_best()
    kept.average[...] = 3
    other = BestWeights(network_of(0), 0.5)
    other.restore(kept.arrays())
    assert other.current()[0] == 3
    assert other.to_keep()[0] == (1 if with_best else 3)
