"""Checkpoints in searches: each fit has a file of its own, by what it is a fit of."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.multiclass import OneVsRestClassifier

from fernet import FERMLPClassifier

RNG = np.random.default_rng(0)
Y = RNG.integers(3, size=150)
X = (RNG.integers(0, 60, (150, 36)) + 60 * Y[:, None]).astype(np.uint8)

GRIDS = [
    {"dropout": [0.0, 0.2]},
    {"max_iter": [3, 2]},
    {"scaling": ["pixels", "per_pixel"]},
    {"class_weight": [None, "balanced"], "n_iter_no_change": [1, 5]},
]


def make(**settings):
    usual = {"learning_rate_init": 0.001, "batch_size": 40, "max_iter": 2, "random_state": 3}
    return FERMLPClassifier((8,), **usual | settings)


def search(grid, path=None):
    return GridSearchCV(make(checkpoint=path), grid, cv=KFold(2), error_score="raise")


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_a_search_gives_each_fit_a_file_of_its_own(tmp_path, grid):
    expected = search(grid).fit(X, Y)

    found = search(grid, tmp_path / "run.checkpoint").fit(X, Y)

    np.testing.assert_array_equal(
        found.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )
    n_fits = 2 * len(expected.cv_results_["params"]) + 1
    files = sorted(tmp_path.iterdir())
    assert len(files) == n_fits
    assert all(re.fullmatch(r"run-[0-9a-f]{12}\.checkpoint", file.name) for file in files)


def test_a_search_over_functions_without_a_name_trains_by_each(tmp_path):
    scorers = [lambda model, X, y: model.score(X, y), lambda model, X, y: -model.score(X, y)]
    training = {"max_iter": 8, "learning_rate_init": 0.05, "early_stopping": True}
    results = [
        GridSearchCV(make(checkpoint=path, **training), {"monitor": scorers}, cv=2, refit=False)
        .fit(X, Y)
        .cv_results_["mean_test_score"]
        for path in (None, tmp_path / "run")
    ]
    assert results[0][0] != results[0][1]
    np.testing.assert_array_equal(*results)
    assert len(list(tmp_path.iterdir())) == 4


def test_a_training_by_another_function_of_that_name_is_refused(tmp_path):
    training = {"checkpoint": tmp_path / "run", "early_stopping": True}
    make(monitor=lambda model, X, y: model.score(X, y), **training).fit(X, Y)
    with pytest.raises(ValueError, match="is of another training: its monitor was"):
        make(monitor=lambda model, X, y: -model.score(X, y), **training).fit(X, Y)


def test_a_search_that_is_run_again_goes_on_with_its_files(tmp_path):
    first = search(GRIDS[0], tmp_path / "run").fit(X, Y)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}

    again = search(GRIDS[0], tmp_path / "run").fit(X, Y)

    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before
    np.testing.assert_array_equal(
        again.best_estimator_.network_.params, first.best_estimator_.network_.params
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"random_state": 3}, {"random_state": np.int64(3)}),
        ({"dropout": 0.1}, {"dropout": np.float64(0.1)}),
        ({"class_weight": {0: 2.0}}, {"class_weight": {np.int64(0): np.float64(2.0)}}),
    ],
    ids=str,
)
def test_the_same_settings_in_other_words_have_the_same_files(tmp_path, first, second):
    for parameters in (first, second):
        model = make(**{"checkpoint": tmp_path / "run", "max_iter": 1} | parameters)
        cross_val_score(model, X, Y, cv=2, error_score="raise")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_generator_of_the_same_seed_goes_on_with_the_same_files(tmp_path):
    for _ in range(2):
        model = make(checkpoint=tmp_path / "run", max_iter=1, random_state=np.random.RandomState(5))
        cross_val_score(model, X, Y, cv=2, error_score="raise")
    assert len(list(tmp_path.iterdir())) == 2


def test_many_classifiers_in_one_and_cross_validation_take_a_checkpoint_too(tmp_path):
    model = make(checkpoint=tmp_path / "run", max_iter=1)
    assert np.isfinite(cross_val_score(model, X, Y, cv=3, error_score="raise")).all()
    OneVsRestClassifier(model).fit(X, Y)
    assert len(list(tmp_path.iterdir())) == 6
    model.fit(X, Y)
    assert (tmp_path / "run").exists()


def test_a_search_finds_its_files_on_another_instruction_set(tmp_path, other_isa):
    searched = [GridSearchCV(make(checkpoint=tmp_path / "run"), {"dropout": [0.1]}, cv=2)] * 2
    searched[0].fit(X, Y)
    before = sorted(tmp_path.iterdir())
    other_isa[1]()
    with pytest.warns(UserWarning, match="was saved with the instruction set") as caught:
        searched[1].fit(X, Y)
    assert {warning.filename for warning in caught} == {__file__}
    assert sorted(tmp_path.iterdir()) == before
