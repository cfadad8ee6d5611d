"""Bars of precision, recall and F1."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_fscore_support

from fernet import EMOTIONS
from fernet.metrics import per_emotion_report
from fernet.plotting import PerEmotionDisplay

LABELS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30)


@settings(max_examples=20, deadline=None)
@given(pairs=LABELS)
def test_the_bars_are_scikit_learns_rates_and_the_means_of_emotions_with_faces(pairs):
    from matplotlib.figure import Figure

    true, pred = np.transpose(pairs)
    axes = Figure().subplots()
    display = PerEmotionDisplay.from_predictions(true, pred, ax=axes)

    is_shown = np.isin(np.unique(np.r_[true, pred]), true)
    expected = precision_recall_fscore_support(true, pred, zero_division=0)[:3]
    for bars, rates in zip(display.bars_, expected, strict=True):
        widths = [bar.get_width() for bar in bars]
        np.testing.assert_allclose(widths, 100 * np.append(rates, rates[is_shown].mean()))


def test_emotions_stand_from_top_to_bottom_and_the_mean_below(ax, mlp, faces):
    display = PerEmotionDisplay.from_estimator(mlp, *faces, ax=ax)

    ticks = [label.get_text() for label in ax.get_yticklabels()]
    assert ticks == [*EMOTIONS, "mean"]
    assert ax.yaxis.get_inverted()
    assert display.report.confusion_matrix.sum() == len(faces[1])


def test_what_nobody_shows_has_no_recall_and_is_not_in_the_mean(ax):
    display = PerEmotionDisplay(per_emotion_report([3, 3], [3, 4])).plot(ax)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["happy", "sad", "mean of 1"]
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["100.0", "0.0", "100.0", "50.0", "-", "50.0", "66.7", "-", "66.7"]
    assert len(display.bars_) == 3


def test_long_names_leave_room_for_the_bars():
    names = ["a name that says what people do when they laugh", "sad"]
    display = PerEmotionDisplay(per_emotion_report(names, names))
    figure = Figure(figsize=(5.0, 3.0), layout="constrained")
    display.plot(figure.subplots())
    figure.draw_without_rendering()

    boxes = [label.get_window_extent() for label in display.ax_.get_yticklabels()]
    assert min(box.x0 for box in boxes) >= 0
    assert display.ax_.get_window_extent().width > figure.bbox.width / 2
    assert display.report.target_names == names


def test_rates_differ_in_more_than_colour(ax):
    display = PerEmotionDisplay.from_predictions([0, 1], [0, 1], ax=ax)

    hatches = [bars[0].get_hatch() for bars in display.bars_]
    assert len(set(hatches)) == 3
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["precision", "recall", "F1"]
