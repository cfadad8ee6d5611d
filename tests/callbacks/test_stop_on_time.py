"""An end in time, by a clock that the tests turn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fernet.callbacks import Callback, StopOnTime


class Clock(Callback):
    """Lets each epoch take as long as it is told."""

    def __init__(self, monkeypatch, seconds):
        self.now, self.seconds = 1000.0, iter(seconds)
        monkeypatch.setattr("time.monotonic", lambda: self.now)

    def on_epoch_end(self, trainer):
        self.now += next(self.seconds)


@pytest.mark.parametrize(
    ("limit", "epochs", "n_run"),
    [
        (3.0, [1, 1, 1, 1, 1], 3),  # the fourth would not fit
        (3.9, [1, 1, 1, 1, 1], 3),
        (100.0, [1, 1, 1, 1, 1], 5),
        (6.9, [1, 3, 1, 1, 1], 2),  # one as long as the second would not fit into what is left
        (0.5, [1, 1, 1, 1, 1], 1),  # the first always runs
    ],
)
def test_a_training_ends_before_an_epoch_that_would_not_fit(monkeypatch, fit, limit, epochs, n_run):
    clock = Clock(monkeypatch, epochs)
    model = fit([clock, StopOnTime(limit)], max_iter=5)
    assert model.n_iter_ == n_run


def test_the_time_is_counted_anew_in_each_fit(monkeypatch, fit):
    stop = StopOnTime(3.0)
    for _ in range(2):
        clock = Clock(monkeypatch, [1] * 5)
        assert fit([clock, stop], max_iter=5).n_iter_ == 3


def test_from_a_checkpoint_the_training_goes_on_another_time(monkeypatch, fit, tmp_path):
    whole = fit(None, max_iter=5)
    for n_done in (2, 4, 5, 5):
        clock = Clock(monkeypatch, [1] * 5)
        model = fit([clock, StopOnTime(2.0)], max_iter=5, checkpoint=tmp_path / "run")
        assert model.n_iter_ == n_done
    np.testing.assert_array_equal(model.network_.params, whole.network_.params)


def test_each_partial_fit_has_its_epoch(fit, features):
    model = fit(StopOnTime(1e-9))
    assert [model.partial_fit(*features).n_iter_ for _ in range(2)] == [2, 3]


@pytest.mark.parametrize("seconds", [0, -1.0, math.nan, "60", None])
def test_a_time_must_be_above_0(seconds):
    with pytest.raises(ValueError, match="expected a time above 0"):
        StopOnTime(seconds)
