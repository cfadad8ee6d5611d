"""The learning curve: what it shows, that it needs no colour, and that it leaves no trace."""

from __future__ import annotations

import copy
import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from fernet import load_pretrained
from fernet._training.history import History
from fernet.callbacks import Callback
from fernet.datasets import make_faces
from fernet.estimators import FERMLPClassifier
from fernet.plotting import LearningCurveDisplay

LOSS = [2.0, 1.5, 1.0, 0.9, 0.8, 0.7]
X = np.random.default_rng(0).integers(0, 256, (40, 9), dtype=np.uint8)
Y = np.arange(40) % 2
ACCURACY, VALIDATION = [0.3, 0.5, 0.7], [0.3, 0.45, 0.4]


@pytest.fixture
def axes():
    from matplotlib.figure import Figure

    return Figure().subplots(2)


@pytest.fixture(scope="module")
def model():
    model = FERMLPClassifier((4,), max_iter=3, early_stopping=True, random_state=0)
    return model.fit(X, Y)


def test_both_accuracies_are_shown_in_percent_by_epoch(axes):
    display = LearningCurveDisplay(LOSS, ACCURACY, VALIDATION).plot(axes)

    _, training, validation = display.lines_
    np.testing.assert_allclose(training.get_ydata(), [30, 50, 70])
    np.testing.assert_allclose(validation.get_ydata(), [30, 45, 40])
    np.testing.assert_array_equal(validation.get_xdata(), [1, 2, 3])


def test_the_legends_fit_the_picture_of_the_report():
    figure = Figure(figsize=(5.0, 4.8), layout="constrained")
    axes = figure.subplots(2)
    LearningCurveDisplay(LOSS * 100, ACCURACY * 50, [0.2] * 120 + [0.3] * 30).plot(axes)
    figure.draw_without_rendering()
    assert all(axis.get_legend().get_window_extent().x1 <= figure.bbox.x1 for axis in axes)
    assert "in epoch 121" in axes[1].get_legend().get_texts()[-1].get_text()


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


def test_what_an_estimator_went_on_from_can_be_left_out(model):
    before = model.history_
    more = copy.deepcopy(model).set_params(warm_start=True, max_iter=2).fit(X, Y)

    display = LearningCurveDisplay.of(more, after=before)
    history = more.history_
    np.testing.assert_array_equal(display.accuracy, history.epochs["accuracy"][-2:])
    np.testing.assert_array_equal(display.epoch_loss, history.epochs["loss"][-2:])
    n_iterations = len(before.iterations["loss"])
    np.testing.assert_array_equal(display.loss, history.iterations["loss"][n_iterations:])
    assert len(LearningCurveDisplay.of(more).accuracy) == len(history)


def labels(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_validation_loss_is_drawn_at_the_end_of_each_epoch(axes, model):
    display = LearningCurveDisplay(LOSS, ACCURACY, VALIDATION, validation_loss=[2.5, 1.8, 1.9])
    display.plot(axes)

    line = display.lines_[3]
    assert line.axes is axes[0]
    np.testing.assert_array_equal(line.get_xdata(), [2, 4, 6])
    np.testing.assert_array_equal(line.get_ydata(), [2.5, 1.8, 1.9])
    assert labels(axes[0]) == ["each batch", "running mean", "validation"]
    assert axes[0].get_ylabel() == "loss"
    recorded = LearningCurveDisplay.of(model)
    np.testing.assert_array_equal(
        recorded.validation_loss, model.history_.epochs["validation_loss"]
    )


def test_without_iterations_the_losses_are_those_of_epochs(axes):
    display = LearningCurveDisplay(
        [], ACCURACY, VALIDATION, epoch_loss=[2.0, 1.5, 1.2], validation_loss=[2.1, 1.9, 1.95]
    ).plot(axes)

    training, _, _, validation = display.lines_
    np.testing.assert_array_equal(training.get_ydata(), [2.0, 1.5, 1.2])
    np.testing.assert_array_equal(validation.get_xdata(), [1, 2, 3])
    assert [a.get_xlabel() for a in display.axes_] == ["epoch", "epoch"]
    assert display.axes_[0].get_xlim() == display.axes_[1].get_xlim()
    assert labels(display.axes_[0]) == ["training", "validation"]


def test_a_network_that_comes_with_fernet_has_a_full_picture():
    display = LearningCurveDisplay.of(load_pretrained("cnn"))
    display.plot(Figure().subplots(2))

    assert len(display.axes_) == 2
    assert all(np.isfinite(line.get_ydata()).all() for line in display.lines_)
    assert display.axes_[0].get_ylabel() == "training loss"


@pytest.mark.parametrize("n_axes", [1, 2])
def test_without_any_loss_there_is_one_plot(n_axes):
    figure = Figure()
    display = LearningCurveDisplay([], ACCURACY, VALIDATION).plot(figure.subplots(n_axes))

    assert [a.get_ylabel() for a in figure.axes] == ["accuracy (%)"]
    assert list(display.axes_) == figure.axes


def test_one_axes_does_not_hold_two_plots():
    with pytest.raises(ValueError, match="ax has 1 axes; expected 2"):
        LearningCurveDisplay(LOSS, ACCURACY).plot(Figure().subplots())


@settings(deadline=None, max_examples=10)
@given(
    batches=st.lists(st.floats(0.01, 9), max_size=6),
    low=st.floats(0, 0.9),
    spans=st.lists(st.floats(0, 0.1), min_size=1, max_size=9),
    validation_loss=st.floats(0.01, 9),
)
def test_axes_fit_the_data(batches, low, spans, validation_loss):
    accuracy = np.add(low, spans)
    n = len(spans)
    loss = batches * n
    display = LearningCurveDisplay(
        loss, accuracy, accuracy, epoch_loss=spans, validation_loss=[validation_loss] * n
    ).plot(Figure().subplots(2))

    for axes, least in zip(display.axes_, (0.05, 5), strict=True):
        bottom, top = axes.get_ylim()
        lines = [line for line in display.lines_ if line.axes is axes]
        values = np.concatenate([line.get_ydata() for line in lines])
        assert bottom - 1e-9 <= values.min() <= values.max() <= top + 1e-9
        peaks = loss if axes is display.axes_[0] else []
        shown = np.ptp([*values, *peaks])
        assert top - bottom <= 1.2 * max(shown, least)
        left, right = axes.get_xlim()
        ends = np.concatenate([line.get_xdata() for line in lines])
        assert left <= ends.min() <= ends.max() < right
        assert right - left <= ends.max() + max(0.5, 0.02 * ends.max())


def test_an_estimator_without_history_is_refused():
    with pytest.raises(ValueError, match="FERMLPClassifier has no history_ to plot; fit it first"):
        LearningCurveDisplay.from_estimator(FERMLPClassifier())


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: make_pipeline(FunctionTransformer(), model),
        lambda model: GridSearchCV(model, {"max_iter": [2]}, cv=2),
        lambda model: GridSearchCV(make_pipeline(FunctionTransformer(), model), {}, cv=2),
    ],
)
def test_a_network_is_found_within_pipelines_and_searches(wrap):
    fitted = wrap(FERMLPClassifier((3,), max_iter=2, random_state=0)).fit(X, Y)

    display = LearningCurveDisplay.of(fitted)
    alone = FERMLPClassifier((3,), max_iter=2, random_state=0).fit(X, Y)

    np.testing.assert_array_equal(display.loss, alone.history_.iterations["loss"])
    frozen = LearningCurveDisplay.of(FrozenEstimator(fitted))
    np.testing.assert_array_equal(frozen.loss, display.loss)


@pytest.mark.parametrize("fitted", [LogisticRegression(), GridSearchCV(LogisticRegression(), {})])
def test_what_is_fitted_and_no_network_is_told_so(fitted):
    with pytest.raises(ValueError, match="LogisticRegression has no history_ to plot; expected a"):
        LearningCurveDisplay.of(fitted.fit(X, Y))


def test_without_matplotlib_the_error_says_what_to_install(tmp_path, monkeypatch, model):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(ImportError, match=r'pip install "fernet-emotion\[plot\]"'):
        LearningCurveDisplay.of(model).save(tmp_path / "curve.png")

    assert not (tmp_path / "curve.png").exists()


def test_of_four_axes_none_is_taken_away():
    figure = Figure()
    axes = figure.subplots(2, 2)
    with pytest.raises(ValueError, match="ax has 4 axes; expected 2"):
        LearningCurveDisplay(LOSS, ACCURACY).plot(axes)
    assert figure.axes == list(axes.ravel())


@pytest.mark.parametrize("missing", [None, np.nan, np.ma.masked])
def test_a_missing_loss_leaves_the_running_mean_of_the_others(axes, missing):
    display = LearningCurveDisplay([2, missing, 1.5, 1.2, 1.1, 1.0], [0.3, 0.4]).plot(axes)

    mean = display.lines_[0].get_ydata()
    np.testing.assert_allclose(mean[:3], [2, 1.75, 1.35])
    assert np.isfinite(mean).all()


def curve(model, axes):
    display = LearningCurveDisplay.from_estimator(model, ax=axes)
    return display.lines_[0], display.lines_[-1], axes[0].get_xlabel()


@pytest.mark.parametrize("batch_size", [1, 7, 36, 100])
@pytest.mark.parametrize("weights", [None, np.arange(1.0, 41)])
def test_an_epochs_losses_end_where_its_batches_do(axes, batch_size, weights):
    model = FERMLPClassifier(
        (4,),
        max_iter=3,
        early_stopping=True,
        batch_size=batch_size,
        scaling="standard",
        weight_decay=0.01,
        random_state=0,
    )
    _, validation, unit = curve(model.fit(X, Y, sample_weight=weights), axes)

    n_steps = math.ceil(36 / batch_size)
    np.testing.assert_array_equal(validation.get_xdata(), n_steps * np.arange(1, 4))
    assert unit == "iteration (batches)"


def test_batches_of_an_interrupted_epoch_shift_no_other(axes):
    class Interruption(Callback):
        def on_step_end(self, trainer):
            if trainer.step == 20:
                raise KeyboardInterrupt

    options = {"scaling": "standard", "early_stopping": True, "callbacks": [Interruption()]}
    model = FERMLPClassifier((4,), batch_size=5, max_iter=9, random_state=0, **options)
    with pytest.warns(UserWarning, match="interrupted in epoch 3"):
        model.fit(X, Y)
    training, validation, _ = curve(model, axes)

    assert len(training.get_xdata()) == 20
    np.testing.assert_array_equal(validation.get_xdata(), [8, 16])


@pytest.mark.parametrize("more", [20, 80])
def test_epochs_of_different_lengths_end_where_their_batches_do(axes, more):
    options = {"warm_start": True, "early_stopping": True, "random_state": 0}
    model = FERMLPClassifier((4,), batch_size=6, max_iter=3, scaling="standard", **options)
    model.fit(X, Y)
    others = np.random.default_rng(1).integers(0, 256, (more, 9), dtype=np.uint8)
    model.fit(others, np.arange(more) % 2)
    _, validation, unit = curve(model, axes)

    steps = np.repeat([math.ceil(0.9 * n / 6) for n in (len(X), more)], 3)
    assert unit == "iteration (batches)"
    np.testing.assert_array_equal(validation.get_xdata(), np.cumsum(steps))


def test_histories_of_earlier_versions_are_shared_out_evenly(axes, model):
    epochs = {name: list(column) for name, column in model.history_.epochs.items()}
    del epochs["last_iteration"]
    earlier = History.from_dict(model.history_.to_dict() | {"epochs": epochs})
    assert earlier.epochs["last_iteration"] == [None] * len(earlier)
    _, _, unit = curve(SimpleNamespace(history_=earlier), axes)
    assert unit == "iteration (batches)"


def test_a_pickle_of_an_earlier_version_has_the_column_too(model):
    state = {"iterations": {"loss": [2.0, 1.0]}, "epochs": dict(model.history_.epochs)}
    del state["epochs"]["last_iteration"]
    earlier = History()
    earlier.__setstate__(state)
    assert earlier.epochs["last_iteration"] == [None] * len(earlier)


def test_losses_may_come_one_by_one(axes):
    display = LearningCurveDisplay(iter(LOSS), iter(ACCURACY)).plot(axes)
    np.testing.assert_allclose(display.loss, LOSS)


def test_epochs_without_batches_are_drawn_by_epoch(axes):
    faces, y = make_faces(60, random_state=0, return_X_y=True)
    options = {"warm_start": True, "max_iter": 2, "early_stopping": True}
    model = load_pretrained("mlp").set_params(**options)
    n_before = len(model.history_)
    training, validation, unit = curve(model.fit(faces, y), axes)

    assert unit == "epoch"
    for line in (training, validation):
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, n_before + 3))
