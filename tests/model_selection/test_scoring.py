"""The report's three columns, in every search."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_validate,
)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.model_selection import (
    CoordinateSearchCV,
    join_validation,
    report_scoring,
    report_table,
)

X, Y = load_digits(return_X_y=True)
X, Y = (X * 15.9).astype(np.uint8)[:200], Y[:200]
SAME = {"learning_rate_init": 0.01, "max_iter": 2, "random_state": 0}
CLASSIFIERS = {
    "mlp": FERMLPClassifier((16,), **SAME),
    "cnn": FERCNNClassifier(
        filters=((4, 1),), hidden_layer_sizes=(8,), dropout=0.0, solver="sgd", **SAME
    ),
}
GRID = {"clf__learning_rate_init": [0.003, 0.01], "clf__max_iter": [1, 2]}
SEARCHES = {
    "grid": lambda model, **kwargs: GridSearchCV(model, GRID, **kwargs),
    "randomized": lambda model, **kwargs: RandomizedSearchCV(
        model, GRID, n_iter=3, random_state=0, **kwargs
    ),
    "halving": lambda model, **kwargs: HalvingGridSearchCV(
        model,
        {"clf__learning_rate_init": [0.003, 0.01, 0.02]},
        resource="clf__max_iter",
        max_resources=3,
        min_resources=1,
        random_state=0,
        **kwargs,
    ),
    "coordinate": lambda model, **kwargs: CoordinateSearchCV(model, GRID, **kwargs),
}


@pytest.mark.parametrize("kind", list(CLASSIFIERS))
@pytest.mark.parametrize("name", list(SEARCHES))
def test_every_search_of_a_pipeline_records_the_three_columns(name, kind):
    pipeline = Pipeline([("same", FunctionTransformer()), ("clf", clone(CLASSIFIERS[kind]))])
    search = SEARCHES[name](
        pipeline, cv=2, scoring=report_scoring, refit="score", return_train_score=True
    ).fit(X, Y)

    headings, rows = report_table(search)

    assert headings[-3:] == ["validation accuracy", "training accuracy", "minimum loss"]
    assert "learning_rate_init" in headings
    assert len(rows) == len(search.cv_results_["params"])
    numbers = np.array([row[-3:] for row in rows])
    assert ((numbers[:, :2] >= 0) & (numbers[:, :2] <= 1)).all()
    assert (numbers[:, 2] > 0).all()
    assert search.best_score_ in numbers[:, 0]
    assert 0 <= search.score(X, Y) <= 1


def test_the_columns_are_those_of_the_fitted_networks():
    model = CLASSIFIERS["mlp"]
    expected = cross_validate(model, X, Y, cv=2, return_estimator=True, return_train_score=True)
    losses = [min(fitted.history_.iterations["loss"]) for fitted in expected["estimator"]]
    search = GridSearchCV(
        model, {"dropout": [0.0]}, cv=2, scoring=report_scoring, refit="score",
        return_train_score=True,
    ).fit(X, Y)  # fmt: skip
    assert report_table(search)[1] == [
        [
            0.0,
            pytest.approx(expected["test_score"].mean()),
            pytest.approx(expected["train_score"].mean()),
            pytest.approx(np.mean(losses)),
        ]
    ]


def test_weights_count():
    model = clone(CLASSIFIERS["mlp"]).fit(X, Y)
    right = model.predict(X) == Y
    assert report_scoring(model, X, Y, sample_weight=right)["score"] == 1.0
    assert report_scoring(model, X, Y, sample_weight=~right)["score"] == 0.0


def test_losses_of_epochs_do_where_there_are_no_others():
    model = MLPClassifier((4,), max_iter=300, tol=1.0, n_iter_no_change=2, random_state=0)
    model.fit(X / 255, Y)
    assert report_scoring(model, X, Y)["neg_min_loss"] == -min(model.loss_curve_)


def test_a_network_that_keeps_losses_of_epochs_alone_has_the_lowest_of_these():
    model = clone(CLASSIFIERS["mlp"]).fit(X, Y)
    model.history_.iterations["loss"].clear()
    model.history_.epochs["loss"][0] = float("nan")
    assert report_scoring(model, X, Y)["neg_min_loss"] == -model.history_.epochs["loss"][1]


@pytest.mark.parametrize(
    "around",
    [
        FrozenEstimator,
        make_pipeline,
        lambda model: GridSearchCV(model, {"dropout": [0.0]}, cv=2),
        lambda model: make_pipeline(FrozenEstimator(model)),
    ],
)
def test_the_loss_is_that_of_the_network_within(around):
    model = clone(CLASSIFIERS["mlp"]).fit(X, Y)
    assert report_scoring(around(model).fit(X, Y), X, Y) == report_scoring(model, X, Y)


def without_history():
    model = clone(CLASSIFIERS["mlp"]).fit(X, Y)
    model.history_.cut(0, 0)
    return model


@pytest.mark.parametrize("make", [lambda: DecisionTreeClassifier().fit(X, Y), without_history])
def test_what_keeps_no_losses_is_refused(make):
    model = make()
    with pytest.raises(ValueError, match=f"{type(model).__name__}, which keeps no losses"):
        report_scoring(model, X, Y)


def test_a_search_without_the_columns_is_refused():
    search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1]}, cv=2).fit(X, Y)
    with pytest.raises(ValueError, match="GridSearchCV has no mean_train_score; expected"):
        report_table(search)


def test_validation_samples_are_parted_again():
    joined, labels, cv = join_validation(X[:150], Y[:150], X[150:], Y[150:])
    ((train, test),) = cv
    np.testing.assert_array_equal(joined[train], X[:150])
    np.testing.assert_array_equal(labels[test], Y[150:])
    assert joined.dtype == X.dtype


def test_validation_samples_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="X_val has 50 samples and y_val 49 labels"):
        join_validation(X[:150], Y[:150], X[150:], Y[151:])
    with pytest.raises(ValueError, match=r"X has samples of shape \(64,\) and X_val of \(3,\)"):
        join_validation(X, Y, X[:, :3], Y)


PIXELS = (255 * (X / X.max())).astype(np.uint8)
UNITS = {
    "0 to 1": PIXELS / 255,
    "-1 to 1": PIXELS / 127.5 - 1,
    "-1.5 to 2.5": PIXELS / 63.75 - 1.5,
}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_pixels_in_two_units_are_not_joined(dtype, unit):
    bytes_, others = PIXELS.astype(dtype), UNITS[unit]
    with pytest.raises(ValueError, match=rf"^X spans 0 to 255 and X_val {unit}; expected both in"):
        join_validation(bytes_, Y, others, Y)
    with pytest.raises(ValueError, match=rf"^X spans {unit} and X_val 0 to 255; expected both in"):
        join_validation(others, Y, bytes_, Y)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PIXELS, PIXELS.astype(float)),
        (PIXELS, PIXELS > 127),  # black and white
        (PIXELS, PIXELS // 255),  # nearly black
        (PIXELS / 1.0, PIXELS / 200.0),  # dark
        (PIXELS / 255, PIXELS / 2550),
        (PIXELS / 255, PIXELS / 127.5 - 1),
        (PIXELS / 50 - 2.0, PIXELS / 255 - 0.5),  # standardised
        (PIXELS / 25.0, PIXELS / 255),  # features of any kind
        (PIXELS * np.nan, PIXELS),
    ],
)
def test_samples_that_may_be_in_one_unit_are_joined(one, other):
    joined, _, _ = join_validation(one, Y, other, Y)
    np.testing.assert_array_equal(joined, np.concatenate([one, other]))
    join_validation(other, Y, one, Y)


def test_columns_of_other_names_or_orders_are_not_joined():
    frame = pd.DataFrame(X)
    frame.columns = [f"pixel {place}" for place in range(frame.shape[1])]
    joined, _, _ = join_validation(frame, Y, frame, Y)
    np.testing.assert_array_equal(joined, np.concatenate([X, X]))
    with pytest.raises(ValueError, match=r"^X and X_val have columns of different names"):
        join_validation(frame, Y, frame.iloc[:, ::-1], Y)


def test_words_and_numbers_are_no_labels_of_one_kind_unless_of_emotions():
    with pytest.raises(ValueError, match=r"^y holds 'glad' and y_val 3; expected labels of one"):
        join_validation([[0.0]], ["glad"], [[1.0]], [3])
    _, labels, _ = join_validation([[0.0]], ["happy"], [[1.0]], [4])
    assert labels.tolist() == ["happy", "sad"]


def test_labels_of_data_frames_stay_whole():
    y = pd.Series(Y, dtype="Int64")
    assert join_validation(X, y, X, Y)[1].dtype == np.int64
    y[3] = None
    with pytest.raises(ValueError, match=r"^y_val\[3\] is .*; expected a label"):
        join_validation(X, Y, X, y)


@pytest.mark.parametrize(
    ("samples", "labels", "says"),
    [
        (np.ma.masked_greater(X, 200), Y, "^X is a masked array .* X.filled"),
        (X, np.ma.masked_equal(Y, 3), "^y is a masked array .* expected labels alone"),
        (csr_array(X), Y, r"^X is sparse; expected a dense array, as X.toarray\(\) gives"),
    ],
    ids=["masked pixels", "masked labels", "sparse"],
)
def test_masked_and_sparse_samples_are_refused(samples, labels, says):
    with pytest.raises(ValueError, match=says):
        join_validation(samples, labels, X, Y)
