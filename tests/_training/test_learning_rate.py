"""A step's learning rate is the product of what its parts say, and never no number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet._training.learning_rate import learning_rate_at
from fernet._training.settings import Settings
from fernet.schedules import Schedule

numbers = st.floats(0, 1e6)


class Told(Schedule):
    """Gives the factor that it is told."""

    def __init__(self, told):
        self.told = told

    def __repr__(self):
        return "Told()"

    def factor(self, epoch, n_epochs):
        return self.told


@given(numbers, numbers, numbers, st.lists(numbers, max_size=3))
def test_all_factors_multiply(rate, of_schedule, factor, others):
    rate = max(rate, 1e-6)
    settings = Settings(rate, schedule=Told(of_schedule))
    expected = math.prod([rate, of_schedule, factor, *others])
    assert math.isclose(
        learning_rate_at(0.5, 2, settings, factor, others), expected, rel_tol=1e-12, abs_tol=1e-300
    )


@pytest.mark.parametrize("factor", [-1.0, float("nan"), float("inf")])
def test_a_factor_that_makes_no_rate_is_named(factor):
    with pytest.raises(ValueError, match=rf"Told\(\) gave a factor of {factor}"):
        learning_rate_at(0.5, 2, Settings(schedule=Told(factor)), 1.0, [])
    with pytest.raises(ValueError, match=rf"callbacks one of {factor}"):
        learning_rate_at(0.5, 2, Settings(), 1.0, [factor])


@pytest.mark.parametrize("factor", [None, "x", np.array([0.5])], ids=repr)
def test_a_factor_that_is_no_number_is_named(factor):
    with pytest.raises(
        ValueError, match=r"^the factor of schedule Told\(\) is .*; expected a finite number"
    ):
        learning_rate_at(0.5, 2, Settings(schedule=Told(factor)), 1.0, [])
    with pytest.raises(ValueError, match=r"^learning_rate_factor is .*; expected a finite number"):
        learning_rate_at(0.5, 2, Settings(), factor, [])
