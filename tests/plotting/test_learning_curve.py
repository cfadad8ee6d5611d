"""The learning curve: what it shows, that it needs no colour, and that it leaves no trace."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from fernet.estimators import FERMLPClassifier
from fernet.plotting import LearningCurveDisplay

pytest.importorskip("matplotlib")

LOSS = [2.0, 1.5, 1.0, 0.9, 0.8, 0.7]
ACCURACY, VALIDATION = [0.3, 0.5, 0.7], [0.3, 0.45, 0.4]


@pytest.fixture
def axes():
    from matplotlib.figure import Figure

    return Figure().subplots(2)


@pytest.fixture(scope="module")
def model():
    X = np.random.default_rng(0).integers(0, 256, (40, 9), dtype=np.uint8)
    model = FERMLPClassifier((4,), max_iter=3, early_stopping=True, random_state=0)
    return model.fit(X, np.arange(40) % 2)


def test_both_accuracies_are_shown_in_percent_by_epoch(axes):
    display = LearningCurveDisplay(LOSS, ACCURACY, VALIDATION).plot(axes)

    _, training, validation = display.lines_
    np.testing.assert_allclose(training.get_ydata(), [30, 50, 70])
    np.testing.assert_allclose(validation.get_ydata(), [30, 45, 40])
    np.testing.assert_array_equal(validation.get_xdata(), [1, 2, 3])


def test_the_loss_of_every_batch_is_shown_and_its_mean_over_an_epoch(axes):
    display = LearningCurveDisplay(LOSS, ACCURACY).plot(axes)

    batches, smooth = display.axes_[0].lines
    np.testing.assert_array_equal(batches.get_ydata(), LOSS)
    assert smooth is display.lines_[0]
    # Windows of an epoch's two batches, cut at the ends.
    np.testing.assert_allclose(smooth.get_ydata()[[0, 2, 5]], [1.75, 3.4 / 3, 0.75])


def test_the_best_epoch_is_named(axes):
    display = LearningCurveDisplay(LOSS, ACCURACY, VALIDATION).plot(axes)

    labels = [text.get_text() for text in display.axes_[1].get_legend().get_texts()]
    assert labels == ["training", "validation", "best: 45.0 % in epoch 2"]


@pytest.mark.parametrize("validation", [None, [], [None, None, None]])
def test_without_validation_there_is_one_curve(axes, validation):
    display = LearningCurveDisplay(LOSS, ACCURACY, validation).plot(axes)

    assert [line.get_label() for line in display.axes_[1].lines] == ["training"]


def test_curves_differ_in_more_than_colour(axes):
    _, training, validation = LearningCurveDisplay(LOSS, ACCURACY, VALIDATION).plot(axes).lines_

    assert training.get_linestyle() != validation.get_linestyle()
    assert training.get_marker() != validation.get_marker()


@pytest.mark.parametrize(
    ("loss", "accuracy"), [([], []), ([1.0], [0.5]), ([1.0, np.nan], [0.5]), ([np.nan], [])]
)
def test_short_and_broken_histories_are_drawn_too(tmp_path, loss, accuracy):
    LearningCurveDisplay(loss, accuracy, accuracy).save(tmp_path / "curve.png")

    assert (tmp_path / "curve.png").stat().st_size > 1000


def test_the_picture_is_a_png_of_the_size_told(tmp_path, model):
    from PIL import Image

    LearningCurveDisplay.of(model, title="A title").save(tmp_path / "curve.png", dpi=50)

    with Image.open(tmp_path / "curve.png") as image:
        assert (image.format, image.size) == ("PNG", (350, 325))


def test_saving_leaves_pyplot_alone(tmp_path, model):
    from matplotlib import pyplot

    LearningCurveDisplay.of(model).save(tmp_path / "curve.png")

    assert pyplot.get_fignums() == []


def test_a_notebook_gets_a_pyplot_figure(model):
    from matplotlib import pyplot

    with pyplot.rc_context({"backend": "agg"}):
        display = LearningCurveDisplay.from_estimator(model, title="A title")
        try:
            assert pyplot.get_fignums() == [display.figure_.number]
            assert display.figure_.get_suptitle() == "A title"
        finally:
            pyplot.close(display.figure_)


def test_the_history_of_an_estimator_is_what_is_drawn(axes, model):
    display = LearningCurveDisplay.from_estimator(model, ax=axes)

    assert display.figure_ is axes[0].figure
    shown = display.lines_[2].get_ydata()
    np.testing.assert_allclose(shown, np.multiply(100, model.validation_scores_))


def test_an_estimator_without_history_is_refused():
    with pytest.raises(ValueError, match="FERMLPClassifier has no history_ to plot; fit it first"):
        LearningCurveDisplay.from_estimator(FERMLPClassifier())


def test_without_matplotlib_the_error_says_what_to_install(tmp_path, monkeypatch, model):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(ImportError, match=r'pip install "fernet-emotion\[plot\]"'):
        LearningCurveDisplay.of(model).save(tmp_path / "curve.png")

    assert not (tmp_path / "curve.png").exists()
