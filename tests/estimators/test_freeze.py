"""Estimators of which only the last layers learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from fernet import FERMLPClassifier
from fernet.checkpoint import Checkpoint

X, Y = load_digits(return_X_y=True)
X, Y = (X * 15.9).astype(np.uint8)[:400], Y[:400]
KNOWN = Y < 9


def fitted(**kwargs):
    kwargs = {"max_iter": 5, "random_state": 0} | kwargs
    return FERMLPClassifier((32,), **kwargs).fit(X[KNOWN], Y[KNOWN])


def first_layer(model):
    return np.concatenate([model.coefs_[0].ravel(), model.intercepts_[0]])


@pytest.mark.parametrize("kwargs", [{}, {"early_stopping": True}, {"weight_decay": 0.1}])
def test_fit_trains_the_last_layer_alone(kwargs):
    model = fitted(**kwargs)
    before = first_layer(model)
    model = model.add_classes([9]).set_params(freeze="backbone", max_iter=10).fit(X, Y)
    np.testing.assert_array_equal(first_layer(model), before)
    assert (model.predict(X[~KNOWN]) == 9).mean() > 0.5
    model.set_params(freeze=None, warm_start=True).fit(X, Y)
    assert (first_layer(model) != before).any()


def test_partial_fit_trains_the_last_layer_alone():
    model = fitted().partial_fit(X[KNOWN], Y[KNOWN]).set_params(freeze="backbone")
    before, last = first_layer(model), model.coefs_[-1].copy()
    for n_iter in (7, 8):
        assert model.partial_fit(X[KNOWN], Y[KNOWN]).n_iter_ == n_iter
    np.testing.assert_array_equal(first_layer(model), before)
    assert (model.coefs_[-1] != last).any()
    model.set_params(freeze=None).partial_fit(X[KNOWN], Y[KNOWN])
    assert (first_layer(model) != before).any()


def test_a_frozen_estimator_goes_on_without_warm_start():
    model = fitted().set_params(freeze="backbone")
    assert model.fit(X[KNOWN], Y[KNOWN]).n_iter_ == 10
    assert model.fit(X[KNOWN], Y[KNOWN]).n_iter_ == 15


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_there_must_be_something_to_keep(method):
    with pytest.raises(ValueError, match="freeze is 'backbone', but the estimator is not fitted"):
        getattr(FERMLPClassifier(freeze="backbone"), method)(X, Y)


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="'freeze' parameter"):
        FERMLPClassifier(freeze="head").fit(X, Y)


def test_a_checkpoint_is_of_what_learns(tmp_path):
    model = fitted().set_params(freeze="backbone", checkpoint=Checkpoint(tmp_path / "run"))
    twin = fitted().set_params(freeze="backbone", max_iter=6)
    model.set_params(max_iter=2).fit(X[KNOWN], Y[KNOWN])
    resumed = fitted().set_params(**model.get_params() | {"max_iter": 6})
    resumed.fit(X[KNOWN], Y[KNOWN])
    assert resumed.n_iter_ == 11
    np.testing.assert_array_equal(
        resumed.network_.params, twin.fit(X[KNOWN], Y[KNOWN]).network_.params
    )
    with pytest.raises(ValueError, match="layers that learn"):
        fitted().set_params(**model.get_params() | {"freeze": None, "warm_start": True}).fit(
            X[KNOWN], Y[KNOWN]
        )
