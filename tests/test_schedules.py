"""Schedules: where the rate begins, peaks and ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.schedules import (
    SCHEDULES,
    ConstantSchedule,
    CosineSchedule,
    ExponentialSchedule,
    OneCycleSchedule,
    Schedule,
)


@given(st.sampled_from(list(SCHEDULES.values())), st.floats(0, 1), st.integers(1, 200))
def test_factors_lie_between_0_and_1(schedule, progress, n_epochs):
    assert 0 <= schedule().factor(progress * n_epochs, n_epochs) <= 1


def test_constant_is_constant():
    assert {ConstantSchedule().factor(e, 9) for e in range(9)} == {1.0}


def test_exponential_changes_between_epochs_only():
    schedule = ExponentialSchedule(0.95)
    assert schedule.factor(3.0, 50) == schedule.factor(3.99, 50) == pytest.approx(0.95**3)


def test_cosine_rises_then_falls_to_zero():
    schedule = CosineSchedule(warmup=0.1)
    assert schedule.factor(0.5, 10) == pytest.approx(0.5)
    assert schedule.factor(1.0, 10) == pytest.approx(1.0)
    assert schedule.factor(10.0, 10) == pytest.approx(0.0)


def test_one_cycle_peaks_at_the_end_of_the_rise():
    schedule = OneCycleSchedule(rise=0.3, start=0.04, end=0.001)
    assert schedule.factor(0, 10) == pytest.approx(0.04)
    assert schedule.factor(3, 10) == pytest.approx(1.0)
    assert schedule.factor(10, 10) == pytest.approx(0.001)


@given(st.sampled_from([CosineSchedule(), OneCycleSchedule()]), st.integers(11, 99))
def test_beyond_the_plan_the_last_rate_stays(schedule, epoch):
    assert schedule.factor(epoch, 10) == pytest.approx(schedule.factor(10, 10))


@pytest.mark.parametrize(
    ("schedule", "arguments"),
    [
        (ExponentialSchedule, {"decay": 0}),
        (ExponentialSchedule, {"decay": 1.1}),
        (CosineSchedule, {"warmup": 1}),
        (OneCycleSchedule, {"rise": 0}),
        (OneCycleSchedule, {"end": -1}),
        (ExponentialSchedule, {"decay": "0.9"}),
        (CosineSchedule, {"warmup": "0.1"}),
        (OneCycleSchedule, {"rise": None}),
        (OneCycleSchedule, {"start": "0"}),
    ],
)
def test_senseless_settings_are_refused_by_name(schedule, arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=rf"^{name} is .*; expected"):
        schedule(**arguments)


class Hidden(Schedule):
    """Keeps its argument under another name."""

    def __init__(self, share):
        self._share = share

    def factor(self, epoch, n_epochs):
        return self._share


def test_an_argument_that_is_not_kept_is_named():
    assert repr(Hidden(0.5)) == "Hidden(share=...)"
    with pytest.raises(ValueError, match="Hidden takes share, but its object has no attribute sha"):
        Hidden(0.5).config()
