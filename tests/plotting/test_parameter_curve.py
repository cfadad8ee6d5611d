"""Score against a parameter: which scores, on which axis, with which spread."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from fernet.model_selection import report_scoring
from fernet.plotting import ParameterCurveDisplay


def bars(container) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions, means and half lengths of an errorbar container."""
    line, _, (segments,) = container
    ends = np.array([segment[:, 1] for segment in segments.get_segments()])
    return line.get_xdata(), line.get_ydata(), np.diff(ends, axis=1)[:, 0] / 2


def results(params, scores, **more):
    """`cv_results_` of a search over two folds."""
    scores = np.asarray(scores, dtype=float)
    table = {"params": params, "rank_test_score": (-scores.mean(axis=1)).argsort().argsort() + 1}
    table |= {f"split{fold}_test_score": column for fold, column in enumerate(scores.T)}
    return SimpleNamespace(cv_results_=table | more)


def test_points_are_the_searchs_means_and_bars_its_standard_deviations(ax, rng_data):
    search = GridSearchCV(
        make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)),
        {"decisiontreeclassifier__min_samples_leaf": [10, 1, 3]},
        cv=3,
        return_train_score=True,
    ).fit(*rng_data)
    display = ParameterCurveDisplay.from_estimator(search, ax=ax)

    order = [1, 2, 0]
    for which, container in zip(("train", "test"), display.errorbars_, strict=True):
        x, means, spreads = bars(container)
        np.testing.assert_array_equal(x, [1, 3, 10])
        expected = search.cv_results_[f"mean_{which}_score"][order]
        np.testing.assert_allclose(means, 100 * expected)
        np.testing.assert_allclose(
            spreads, 100 * search.cv_results_[f"std_{which}_score"][order], atol=1e-9
        )
    assert ax.get_xlabel() == "min_samples_leaf"
    assert ax.get_ylabel() == "accuracy (%)"


@pytest.mark.parametrize("values", [[1e-5, 1e-3, 1e-1], [0, 1, 2], ["a", "b", "c"]])
def test_points_and_bars_lie_inside_the_axes(ax, values):
    scores = np.array([[0.1, 0.5], [0.4, 0.4], [np.nan, 0.9]])
    ParameterCurveDisplay("a", values, scores, training_scores=scores / 3).plot(ax)

    ax.figure.canvas.draw()
    positions = ax.get_xticks()
    assert ax.get_xlim()[0] < positions.min() < positions.max() < ax.get_xlim()[1]
    low, high = ax.get_ylim()
    assert low < 10 / 3
    assert high > 90
    assert high - low < 110


@pytest.fixture
def rng_data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    return X, (X[:, 0] + 0.5 * rng.normal(size=60) > 0).astype(int)


def test_other_parameters_are_held_at_their_best(ax):
    params = [{"a": a, "b": b} for a in (1, 2) for b in (10, 20)]
    search = results(params, [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.9, 0.8]])
    display = ParameterCurveDisplay.from_estimator(search, "a", ax=ax)

    assert display.values == [1, 2]
    np.testing.assert_allclose(display.scores, [[0.3, 0.4], [0.9, 0.8]])


def test_of_a_search_step_by_step_the_step_that_varied_it_is_shown(ax):
    lines = [(1, 10), (2, 10), (3, 10), (2, 20), (2, 30)]
    params = [{"a": a, "b": b} for a, b in lines]
    search = results(params, [[0.1], [0.3], [0.2], [0.6], [0.5]])

    first = ParameterCurveDisplay.from_estimator(search, "a", ax=ax)
    np.testing.assert_allclose(first.scores[:, 0], [0.1, 0.3, 0.2])
    second = ParameterCurveDisplay.from_estimator(search, "b", ax=ax)
    np.testing.assert_allclose(second.scores[:, 0], [0.3, 0.6, 0.5])


def test_of_a_candidate_judged_again_the_last_result_counts(ax):
    search = results([{"a": 1}, {"a": 2}, {"a": 2}], [[0.1], [0.2], [0.4]])
    display = ParameterCurveDisplay.from_estimator(search, ax=ax)

    np.testing.assert_allclose(display.scores, [[0.1], [0.4]])


def test_seeds_count_as_runs(ax):
    params = [{"a": a, "random_state": seed} for a in (1, 2) for seed in (0, 1, 2)]
    search = results(params, np.arange(12).reshape(6, 2) / 12)
    display = ParameterCurveDisplay.from_estimator(search, ax=ax)

    np.testing.assert_allclose(display.scores, np.arange(12).reshape(2, 6) / 12)


def test_a_name_may_leave_out_the_steps_before_it(ax):
    search = results([{"mlp__a": 1, "b": 2}, {"mlp__a": 3, "b": 2}], [[0.1], [0.2]])

    assert ParameterCurveDisplay.from_estimator(search, "a", ax=ax).param_name == "a"


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1e-5, 1e-1], "log"),
        ([1, 10], "log"),
        ([1, 9], "linear"),
        ([-1, 0, 9], "linear"),
        ([0, 1, 9], "linear"),
    ],
)
def test_wide_ranges_get_a_logarithmic_axis_with_a_tick_at_each_value(ax, values, scale):
    ParameterCurveDisplay("a", values, np.linspace(0, 1, len(values))).plot(ax)

    assert ax.get_xscale() == scale
    np.testing.assert_allclose(ax.get_xticks(), values)


def test_zero_stands_apart_on_an_axis_that_is_logarithmic_else(ax):
    ParameterCurveDisplay("a", [0, 0.01, 0.1, 1], np.linspace(0, 1, 4)).plot(ax)

    x, _ = ax.transData.transform([(value, 0) for value in ax.get_xticks()]).T
    first, *gaps = np.diff(x)
    np.testing.assert_allclose(gaps, gaps[0])
    assert 0 < first < gaps[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "0.01", "0.1", "1"]


def test_values_that_are_no_numbers_stand_side_by_side_unjoined(ax):
    values = [(512, 256), (128,), "auto"]
    display = ParameterCurveDisplay("layers", values, [0.4, 0.5, 0.3]).plot(ax)

    assert [label.get_text() for label in ax.get_xticklabels()] == [str(v) for v in values]
    assert display.errorbars_[0][0].get_linestyle() == "None"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "1234567"),
        (np.int64(12345678901234567), "12345678901234567"),
        (1234567.0, "1234567"),
        (1.2345678e300, "1.23457e+300"),
        (1000000, "1e+06"),
        (1 / 3, "0.333333"),
        (np.float32(0.1), "0.1"),
    ],
)
def test_whole_numbers_are_written_in_full(ax, value, text):
    ParameterCurveDisplay("a", [value], [0.5]).plot(ax)

    assert [label.get_text() for label in ax.get_xticklabels()] == [text]


@pytest.mark.parametrize("missing", [np.nan, np.ma.masked])
def test_a_failed_run_is_left_out_and_a_single_run_has_no_bar(ax, missing):
    scores = np.ma.array([[0.2, 0.9], [0.9, 0.9]])
    scores[0, 1] = scores[1] = missing
    display = ParameterCurveDisplay("a", [1, 2], scores).plot(ax)
    means = display.errorbars_[0][0].get_ydata()
    np.testing.assert_allclose(means, [20, np.nan])

    single = ParameterCurveDisplay("a", [1, 2], [0.2, 0.3]).plot(ax)
    assert single.errorbars_[0][2] == ()


@pytest.mark.parametrize(
    ("scoring", "label"),
    [(report_scoring, "accuracy (%)"), (lambda model, X, y: 0.0, "score"), (None, "accuracy (%)")],
)
def test_the_reports_score_is_an_accuracy_and_that_of_another_callable_is_not_known(
    ax, scoring, label
):
    search = results([{"a": 1}, {"a": 2}], [[0.3, 0.5], [0.2, 0.4]])
    search.scoring = scoring
    ParameterCurveDisplay.from_estimator(search, ax=ax)

    assert ax.get_ylabel() == label


def test_scores_that_are_no_shares_are_drawn_as_they_are(ax):
    search = results([{"a": 1}, {"a": 2}], [[-1.5], [-1.0]])
    search.scoring = "neg_log_loss"
    display = ParameterCurveDisplay.from_estimator(search, ax=ax)

    assert ax.get_ylabel() == "neg log loss"
    np.testing.assert_allclose(display.errorbars_[0][0].get_ydata(), [-1.5, -1.0])


SEARCH = results([{"a": 1, "b": 3}, {"a": 2, "b": 4}], [[0.1], [0.2]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ParameterCurveDisplay("a", [], []), "values is empty"),
        (lambda: ParameterCurveDisplay("a", [1], [1, 2]), "scores has shape .*each of 1 values"),
        (
            lambda: ParameterCurveDisplay.from_estimator(SimpleNamespace()),
            "has no cv_results_ to plot; fit it first",
        ),
        (lambda: ParameterCurveDisplay.from_estimator(SEARCH), r"the search varied \['a', 'b'\]"),
        (
            lambda: ParameterCurveDisplay.from_estimator(SEARCH, "a", metric="loss"),
            "metric is 'loss', but the search has no scores of that name",
        ),
        (
            lambda: ParameterCurveDisplay.from_estimator(SEARCH, "c"),
            r"param_name is 'c'; expected one of \['a', 'b'\]",
        ),
        (
            lambda: ParameterCurveDisplay("a", [0, 1], [0, 1]).plot(x_scale="log"),
            "x_scale is 'log', but a is 0",
        ),
        (
            lambda: ParameterCurveDisplay("a", [0, 1], [0, 1]).plot(x_scale="cubic"),
            "x_scale is 'cubic'; expected",
        ),
    ],
)
def test_what_can_not_be_drawn_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
