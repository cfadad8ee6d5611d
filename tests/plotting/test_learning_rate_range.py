"""The picture of a range test."""

from __future__ import annotations

import numpy as np
import pytest

from fernet.model_selection.learning_rate_range import LearningRateRange

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from fernet.plotting import LearningRateRangeDisplay

FOUND = LearningRateRange(
    np.array([0.001, 0.01, 0.1]), np.array([2.0, 1.0, 3.0]), np.array([2.0, 1.5, 2.2]), 0.01
)


def test_losses_and_the_suggestion_are_drawn_over_the_rates():
    display = LearningRateRangeDisplay(FOUND).plot(Figure().subplots())
    raw, smoothed, upright = display.lines_
    np.testing.assert_array_equal(raw.get_xydata(), np.stack([FOUND.rates, FOUND.losses], axis=1))
    np.testing.assert_array_equal(smoothed.get_ydata(), FOUND.smoothed)
    assert set(upright.get_xdata()) == {0.01}
    assert display.ax_.get_xscale() == "log"
    assert "0.01" in upright.get_label()
    assert display.figure_ is display.ax_.figure


def test_it_is_saved_as_a_picture(tmp_path):
    LearningRateRangeDisplay(FOUND).save(tmp_path / "range.png")
    assert (tmp_path / "range.png").read_bytes().startswith(b"\x89PNG")
