"""Accuracy on spoilt faces as a table with shades."""

from __future__ import annotations

import numpy as np

from fernet.metrics import CORRUPTIONS, RobustnessReport, robustness_report
from fernet.plotting import RobustnessDisplay


def test_the_shades_are_the_reports_accuracies(ax, mlp, faces):
    kinds = ["jpeg", "noise"]
    display = RobustnessDisplay.from_estimator(mlp, *faces, corruptions=kinds, ax=ax)

    report = robustness_report(mlp, *faces, corruptions=kinds)
    expected = [
        [100 * value for value in report.accuracy[kind].values()] for kind in report.accuracy
    ]
    np.testing.assert_allclose(display.im_.get_array(), expected)
    assert [label.get_text().split("\n")[0] for label in ax.get_yticklabels()] == ["noise", "JPEG"]
    means = [f"{np.mean(row):.1f}" for row in expected]
    assert [text.get_text() for text in display.means_] == means


def test_reference_entries_are_framed_and_missing_ones_left_white(ax):
    accuracy = {"noise": {2: 0.6, 3: 0.4, 5: 0.2}, "sunglasses": {1: 0.5}}
    display = RobustnessDisplay(RobustnessReport(0.7, accuracy, 10)).plot(ax)

    assert len(ax.patches) == 2
    assert display.im_.get_array().mask.sum() == 4
    written = {text.get_text() for text in ax.texts}
    assert {"60.0", "10", "mean"} <= written
    assert "of the 2 framed entries 50.0" in ax.get_xlabel()


def test_the_picture_grows_with_the_rows():
    heights = [
        RobustnessDisplay(
            RobustnessReport(0.7, {name: {1: 0.5} for name in list(CORRUPTIONS)[:n]}, 10)
        )._figure_size()[1]
        for n in (1, 13)
    ]
    assert heights[0] < heights[1]
