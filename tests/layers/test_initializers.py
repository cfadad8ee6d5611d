"""Initializers: the spread that each promises."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fernet.layers.initializers import INITIALIZERS

FAN_IN, FAN_OUT = 400, 100
VARIANCE = {
    "he_normal": 2 / FAN_IN,
    "he_uniform": 2 / FAN_IN,
    "glorot_uniform": 2 / (FAN_IN + FAN_OUT),
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_mean_and_variance_are_as_published(name):
    weight = np.empty((FAN_IN, FAN_OUT), np.float32)
    INITIALIZERS[name](weight, FAN_IN, FAN_OUT, np.random.default_rng(0))
    spread = math.sqrt(VARIANCE[name])
    assert weight.std() == pytest.approx(spread, rel=0.02)
    assert abs(weight.mean()) < 0.02 * spread
    if name.endswith("uniform"):
        assert abs(weight).max() <= spread * math.sqrt(3) * (1 + 1e-6)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_generator_decides_the_values(name):
    first, again, other = (np.empty((9, 5), np.float32) for _ in range(3))
    for weight, seed in ((first, 0), (again, 0), (other, 1)):
        INITIALIZERS[name](weight, 9, 5, np.random.default_rng(seed))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_layer_without_inputs_is_no_error(name):
    INITIALIZERS[name](np.empty((0, 5), np.float32), 0, 0, np.random.default_rng(0))
