"""The reliability curve: its points, its counts, its one number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from fernet.plotting import ReliabilityDisplay

SAMPLES = st.lists(st.tuples(st.floats(0.001, 0.999), st.booleans()), min_size=2, max_size=80)


@settings(deadline=None)
@given(samples=SAMPLES, n_bins=st.integers(1, 12))
def test_points_are_scikit_learns_and_nothing_is_lost(samples, n_bins):
    confidence, right = (np.array(column) for column in zip(*samples, strict=True))
    # On the edge of a bin the two may differ.
    inside = np.abs(confidence * n_bins - np.round(confidence * n_bins)) > 1e-9
    confidence, right = confidence[inside], right[inside]
    if len(confidence) < 2 or right.all() or not right.any():
        return
    display = ReliabilityDisplay(confidence, right, n_bins=n_bins)

    share, mean = calibration_curve(right, confidence, n_bins=n_bins)
    np.testing.assert_allclose(display.share_right, share)
    np.testing.assert_allclose(display.mean_confidence, mean)
    assert display.counts.sum() == len(confidence)
    assert 0 <= display.calibration_error <= 1


def test_a_model_that_is_right_as_often_as_it_says_has_no_error():
    confidence = np.repeat([0.25, 0.75], 4)
    right = [True, False, False, False, True, True, True, False]

    assert ReliabilityDisplay(confidence, right).calibration_error == pytest.approx(0)


def test_curve_diagonal_and_counts_are_drawn_in_percent(two_axes):
    display = ReliabilityDisplay([0.9, 0.9, 0.6, 0.6], [True, True, True, False]).plot(two_axes)

    curve, histogram = display.axes_
    np.testing.assert_allclose(display.errorbar_[0].get_xdata(), [60, 90])
    np.testing.assert_allclose(display.errorbar_[0].get_ydata(), [50, 100])
    np.testing.assert_allclose(curve.lines[0].get_xydata(), [[0, 0], [100, 100]])
    heights = [patch.get_height() for patch in histogram.patches]
    assert heights == [0, 0, 0, 0, 0, 0, 2, 0, 0, 2]
    assert curve.get_xlim() == histogram.get_xlim() == (0, 100)


def test_an_estimator_is_judged_by_its_most_probable_class(two_axes, mlp, faces, proba):
    X, y = faces
    display = ReliabilityDisplay.from_estimator(mlp, X, y, ax=two_axes)

    right = display.share_right @ display.counts[display.counts > 0]
    assert right == pytest.approx((proba.argmax(axis=1) == y).sum())
    assert "confidence" in two_axes[1].get_xlabel()


@pytest.mark.parametrize("emotion", [3, "happy"])
def test_one_emotion_can_be_asked_about(two_axes, mlp, faces, emotion):
    X, y = faces
    display = ReliabilityDisplay.from_estimator(mlp, X, y, emotion=emotion, ax=two_axes)

    happy = display.share_right @ display.counts[display.counts > 0]
    assert happy == pytest.approx((y == 3).sum())
    assert two_axes[1].get_xlabel() == "probability of happy (%)"


def test_the_error_bar_never_vanishes(two_axes):
    display = ReliabilityDisplay([0.95, 0.95], [True, True]).plot(two_axes)

    (segment,) = display.errorbar_[2][0].get_segments()
    assert np.ptp(segment[:, 1]) > 10


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ReliabilityDisplay([0.5], [True, False]), "confidence has shape"),
        (
            lambda: ReliabilityDisplay(np.ma.masked_less([0.5, 0.2], 0.3), [True, False]),
            "confidence is a masked array with 1 masked entries",
        ),
        (
            lambda: ReliabilityDisplay([0.5, 0.2], np.ma.masked_equal([1, 0], 0)),
            "right is a masked array with 1 masked entries",
        ),
        (lambda: ReliabilityDisplay([1.5], [True]), "not between 0 and 1"),
        (lambda: ReliabilityDisplay([0.5], [True], n_bins=0), "n_bins is 0"),
        (
            lambda: ReliabilityDisplay.from_predictions([0], [[0.4, 0.6]], emotion="calm"),
            r"emotion is 'calm'; expected one of \['angry', 'disgust'\]",
        ),
        (
            lambda: ReliabilityDisplay.from_predictions([5], [[0.4, 0.6]]),
            r"y_true holds 5; expected one of \[0, 1\]",
        ),
        (lambda: ReliabilityDisplay.from_predictions([0, 1], [[0.4, 0.6]]), "y_true has shape"),
        (
            lambda: ReliabilityDisplay.from_predictions([0], [[0.4, 0.6]], classes=[0]),
            "classes has shape",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_legend_hides_no_point(two_axes):
    ReliabilityDisplay([0.1, 0.2, 0.9], [True, True, True]).plot(two_axes)
    two_axes[0].figure.draw_without_rendering()

    legend = two_axes[0].get_legend().get_window_extent()
    assert legend.y0 >= two_axes[0].get_window_extent().y1 - 1
