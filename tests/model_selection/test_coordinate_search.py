"""`CoordinateSearchCV` as a scikit-learn meta-estimator, and what is its own."""

from __future__ import annotations

import os
import pickle
import warnings

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    PredefinedSplit,
    ShuffleSplit,
)
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from fernet import FERMLPClassifier, _kernels
from fernet.model_selection import CoordinateSearchCV, join_validation

X, Y = load_digits(return_X_y=True)
X, Y = (X * 15.9).astype(np.uint8)[:300], Y[:300]
TREE = DecisionTreeClassifier(random_state=0)
GRIDS = {"max_depth": [1, 3, 8], "min_samples_leaf": [1, 5], "criterion": ["gini", "entropy"]}


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
@parametrize_with_checks(
    [CoordinateSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2, error_score="raise")]
)
def test_it_keeps_scikit_learns_conventions(estimator, check):
    check(estimator)


def test_each_winner_is_carried_on():
    search = CoordinateSearchCV(TREE, GRIDS, cv=3).fit(X, Y)

    assert [step["parameters"] for step in search.path_] == [[name] for name in GRIDS]
    scores = search.cv_results_["mean_test_score"]
    for step in search.path_:
        assert step["score"] == scores[step["candidates"]].max()
    assert search.best_params_ == {
        name: value for step in search.path_ for name, value in step["chosen"].items()
    }
    assert search.best_index_ == search.path_[-1]["best_index"]
    assert search.cv_results_["step"].tolist() == [0, 0, 0, 1, 2]
    assert search.predict(X).shape == Y.shape


def test_candidates_score_as_in_a_grid_search():
    search = CoordinateSearchCV(TREE, GRIDS, cv=3).fit(X, Y)
    grid = GridSearchCV(TREE, GRIDS, cv=3).fit(X, Y)
    params = grid.cv_results_["params"]
    of_grid = [
        grid.cv_results_["mean_test_score"][params.index(candidate)]
        for candidate in search.cv_results_["params"]
    ]
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], of_grid)


def test_random_splits_are_drawn_once():
    splits = ShuffleSplit(2, test_size=0.5, random_state=np.random.RandomState(0))
    twice = [{"max_depth": [3]}, {"criterion": ["entropy"]}]
    search = CoordinateSearchCV(TREE, twice, cv=splits).fit(X, Y)
    once = ShuffleSplit(2, test_size=0.5, random_state=np.random.RandomState(0))
    model = clone(TREE).set_params(max_depth=3)
    grid = GridSearchCV(model, {"criterion": ["gini", "entropy"]}, cv=once).fit(X, Y)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], grid.cv_results_["mean_test_score"]
    )


def test_groups_reach_the_splitter():
    search = CoordinateSearchCV(TREE, {"max_depth": [1, 2]}, cv=GroupKFold(3))
    assert search.fit(X, Y, groups=np.arange(300) % 3).n_splits_ == 3


def test_metadata_is_routed():
    with sklearn.config_context(enable_metadata_routing=True):
        model = (
            clone(TREE).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        )
        search = CoordinateSearchCV(model, {"max_depth": [1, 2]}, cv=2)
        search.fit(X, Y, sample_weight=(Y < 2).astype(float))
        assert set(search.predict(X)) <= {0, 1}


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_the_results_are_the_same_for_any_number_of_jobs(backend, n_jobs):
    grids = {"learning_rate_init": [0.001, 0.01], "dropout": [0.0, 0.2]}
    search = CoordinateSearchCV(FERMLPClassifier((8,), max_iter=2, random_state=0), grids, cv=2)
    expected = clone(search).fit(X, Y)
    with joblib.parallel_config(backend=backend, n_jobs=n_jobs):
        got = clone(search).fit(X, Y)
    assert got.path_ == expected.path_
    np.testing.assert_array_equal(
        got.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(
        got.best_estimator_.network_.params, expected.best_estimator_.network_.params
    )


class Watching(DummyClassifier):
    """Notes whether what it is given to learn from is a part of `of`."""

    of: np.ndarray
    notes: list

    def fit(self, X, y, sample_weight=None):
        self.notes.append(np.shares_memory(X, self.of))
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("data", [X, np.asfortranarray(X), X.reshape(-1, 8, 8)])
def test_a_fixed_validation_set_is_not_copied_for_each_candidate(data):
    samples, labels, cv = join_validation(data[:200], Y[:200], data[200:], Y[200:])
    Watching.of, Watching.notes = samples, []
    CoordinateSearchCV(Watching(), {"strategy": ["prior", "uniform"]}, cv=cv).fit(samples, labels)
    assert Watching.notes == [True, True, True]


def test_a_scattered_validation_set_is_copied_once_for_all_candidates():
    fold = np.where(np.arange(300) % 5, -1, 0)
    given = []

    class Noting(DummyClassifier):
        def fit(self, X, y, sample_weight=None):
            given.append(X)
            return super().fit(X, y, sample_weight)

    grids = {"strategy": ["prior", "uniform"], "random_state": [0, 1]}
    search = CoordinateSearchCV(Noting(), grids, cv=PredefinedSplit(fold), refit=False).fit(X, Y)
    assert len(given) == len(search.cv_results_["params"]) == 4
    assert all(np.shares_memory(samples, given[0]) for samples in given)
    np.testing.assert_array_equal(given[0], X[fold == -1])


def test_worker_processes_map_the_samples_and_do_not_copy_them():
    large = np.tile(X, (1, 60))  # above the size from which joblib maps arrays

    def is_mapped(model, X, y):
        while X is not None and not isinstance(X, np.memmap):
            X = getattr(X, "base", None)
        return float(X is not None)

    samples, labels, cv = join_validation(large[:200], Y[:200], large[200:], Y[200:])
    search = CoordinateSearchCV(
        DummyClassifier(), {"strategy": ["prior", "uniform"]}, cv=cv, scoring=is_mapped, n_jobs=2,
        return_train_score=True,
    ).fit(samples, labels)  # fmt: skip
    assert (search.cv_results_["mean_test_score"] == 1).all()
    assert (search.cv_results_["mean_train_score"] == 1).all()


def test_threads_do_not_multiply_with_workers():
    def threads(model, X, y):
        return float(_kernels.get_num_threads())

    model = FERMLPClassifier((8,), max_iter=1, random_state=0)
    search = CoordinateSearchCV(
        model, {"dropout": [0.0, 0.1]}, cv=2, scoring=threads, n_jobs=2, refit=False
    ).fit(X, Y)
    assert 2 * search.cv_results_["mean_test_score"].max() <= max(2, os.cpu_count() or 1)


def test_one_of_several_metrics_chooses():
    scoring = ["accuracy", "neg_log_loss"]
    search = CoordinateSearchCV(TREE, GRIDS, cv=3, scoring=scoring, refit="neg_log_loss")
    search.fit(X, Y)
    losses = search.cv_results_["mean_test_neg_log_loss"]
    assert search.path_[-1]["score"] == losses.max() == search.best_score_


def test_a_function_may_choose():
    def shallowest(results):
        return int(np.argmin([candidate["max_depth"] for candidate in results["params"]]))

    search = CoordinateSearchCV(TREE, GRIDS, cv=3, refit=shallowest).fit(X, Y)
    assert search.best_params_["max_depth"] == 1
    assert search.path_[-1]["best_index"] == search.best_index_


def test_several_metrics_need_a_word_which_of_them_chooses():
    search = CoordinateSearchCV(TREE, GRIDS, cv=3, scoring=["accuracy"], refit=False)
    with pytest.raises(ValueError, match=r"refit is False; expected one of the metrics \['acc"):
        search.fit(X, Y)


def test_a_parameter_that_the_estimator_lacks_is_named():
    with pytest.raises(ValueError, match="Invalid parameter 'depth'"):
        CoordinateSearchCV(TREE, {"depth": [1]}, cv=2).fit(X, Y)


def test_candidates_that_fail_lose():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = CoordinateSearchCV(TREE, {"max_depth": [-1, 3]}, cv=KFold(2)).fit(X, Y)
    assert search.best_params_ == {"max_depth": 3}
    with pytest.raises(ValueError, match="max_depth"):
        CoordinateSearchCV(TREE, {"max_depth": [-1, 3]}, error_score="raise").fit(X, Y)


def two_scores(estimator, X, y):
    return {"first": estimator.score(X, y), "second": 1.0}


@pytest.mark.parametrize(
    ("scoring", "refit"), [(None, True), (["accuracy"], "accuracy"), (two_scores, "first")]
)
@pytest.mark.parametrize("error_score", [np.nan, -1.0])
def test_a_step_whose_candidates_all_fail_leaves_the_best_so_far(error_score, scoring, refit):
    grids = {"max_depth": [1, 3], "min_samples_leaf": [-1, -2], "criterion": ["entropy", "none"]}
    search = CoordinateSearchCV(
        TREE, grids, cv=2, error_score=error_score, scoring=scoring, refit=refit,
        return_train_score=True,
    )  # fmt: skip
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(X, Y)

    failures = [str(w.message) for w in caught if w.category is FitFailedWarning]
    assert len(failures) == 2
    assert failures[0].startswith("step 1: All the 4 fits failed.")
    assert "'min_samples_leaf' parameter" in failures[0]
    metric = "score" if refit is True else refit
    results = search.cv_results_
    assert results["step"].tolist() == [0, 0, 1, 1, 2, 2]
    assert [row["min_samples_leaf"] for row in results["params"]] == [1, 1, -1, -2, 1, 1]
    for part in ("test", "train"):
        scores = results[f"mean_{part}_{metric}"]
        np.testing.assert_array_equal(scores[[2, 3, 5]], error_score)
        assert (scores[[0, 1, 4]] > 0).all()
    assert search.path_[1]["best_index"] == search.path_[0]["best_index"]
    assert search.path_[1]["candidates"] == [1, 2, 3]
    assert search.best_params_["min_samples_leaf"] == 1
    assert search.predict(X).shape == Y.shape


def test_a_last_step_whose_candidates_all_fail_is_among_the_results():
    search = CoordinateSearchCV(TREE, {"max_depth": [1, 3], "min_samples_leaf": [-1]}, cv=2)
    with (
        pytest.warns(FitFailedWarning, match="step 1"),
        pytest.warns(UserWarning, match="non-finite"),
    ):
        search.fit(X, Y)
    assert search.cv_results_["rank_test_score"].tolist() == [2, 1, 3]
    assert search.best_index_ == 1
    pickle.dumps(search)


def test_candidates_of_a_later_step_that_fail_end_a_search_that_is_to_raise():
    grids = {"max_depth": [1, 3], "min_samples_leaf": [-1]}
    with pytest.raises(ValueError, match="min_samples_leaf"):
        CoordinateSearchCV(TREE, grids, cv=2, error_score="raise").fit(X, Y)
    with pytest.raises(ValueError, match="All the 4 fits failed"):
        CoordinateSearchCV(TREE, {"max_depth": [-1, -2], "min_samples_leaf": [1]}, cv=2).fit(X, Y)


def test_it_can_be_pickled():
    search = CoordinateSearchCV(TREE, GRIDS, cv=2).fit(X, Y)
    again = pickle.loads(pickle.dumps(search))
    assert again.path_ == search.path_
    np.testing.assert_array_equal(again.predict(X), search.predict(X))
