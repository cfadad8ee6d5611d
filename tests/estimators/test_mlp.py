"""FERMLPClassifier: what it learns, and what is its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fernet import FERMLPClassifier
from fernet.augmentation import Augmentation
from fernet.schedules import OneCycleSchedule

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = (DIGITS * 15.9).astype(np.uint8)
X, X_TEST, Y, Y_TEST = train_test_split(DIGITS, LABELS, random_state=0, stratify=LABELS)


def make(**kwargs):
    return FERMLPClassifier(
        **{"hidden_layer_sizes": (32,), "max_iter": 5, "random_state": 0} | kwargs
    )


def weights(model):
    return model.network_.params


LEARNING = [
    {},
    {"dropout": 0.2, "weight_decay": 0.01, "learning_rate_decay": 0.95},
    {"solver": "adam", "learning_rate_init": 0.003},
    {"nesterov": True, "schedule": "cosine", "label_smoothing": 0.1},
    {"schedule": OneCycleSchedule(), "clip_norm": 1.0, "ema_decay": 0.99},
    {"augmentation": Augmentation(shift=0.5, rotation=5), "early_stopping": True},
    {"hidden_layer_sizes": (32, 16), "class_weight": "balanced", "schedule": "constant"},
]


@pytest.mark.parametrize("parameters", LEARNING, ids=lambda p: " ".join(p) or "defaults")
def test_it_learns_digits(parameters):
    model = make(max_iter=20, **parameters).fit(X, Y)
    assert model.score(X_TEST, Y_TEST) > 0.93


def test_softmax_regression_has_no_hidden_layer():
    model = make(hidden_layer_sizes=()).fit(X, Y)
    assert [w.shape for w in model.coefs_] == [(64, 10)]


def test_one_hidden_layer_may_be_a_number():
    np.testing.assert_array_equal(
        weights(make(hidden_layer_sizes=9).fit(X, Y)),
        weights(make(hidden_layer_sizes=[9]).fit(X, Y)),
    )


def test_fitted_attributes_are_those_of_scikit_learns_mlp():
    model = make(hidden_layer_sizes=(32, 16), max_iter=3).fit(X, Y)
    assert model.classes_.tolist() == list(range(10))
    assert model.n_features_in_ == 64
    assert model.n_iter_ == len(model.loss_curve_) == 3
    assert [w.shape for w in model.coefs_] == [(64, 32), (32, 16), (16, 10)]
    assert [b.shape for b in model.intercepts_] == [(32,), (16,), (10,)]
    assert (model.n_layers_, model.n_outputs_, model.out_activation_) == (4, 10, "softmax")
    assert model.best_validation_score_ is None
    assert model.validation_scores_ is None
    assert np.shares_memory(model.coefs_[0], weights(model))


@pytest.mark.parametrize("name", ["coefs_", "loss_curve_", "n_iter_", "n_outputs_", "network_"])
def test_fitted_attributes_are_absent_before_fit(name):
    assert not hasattr(make(), name)


def test_rows_read_as_square_images_in_grey_or_colour():
    colour = np.tile(X, 3)
    rows = make(augmentation="flip").fit(colour, Y)
    images = make(augmentation="flip").fit(colour.reshape(-1, 8, 8, 3), Y)
    np.testing.assert_array_equal(weights(rows), weights(images))


FITTED = make().fit(X, Y)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, len(X_TEST)), st.integers(0, 99))
def test_a_prediction_does_not_depend_on_the_other_rows(n_rows, seed):
    rows = np.random.default_rng(seed).permutation(len(X_TEST))[:n_rows]
    np.testing.assert_array_equal(
        FITTED.predict_proba(X_TEST[rows]), FITTED.predict_proba(X_TEST)[rows]
    )


def test_probabilities_sum_to_one_and_agree_with_labels_and_logarithms():
    model = make().fit(X, Y)
    proba = model.predict_proba(X_TEST)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(proba.argmax(axis=1), model.predict(X_TEST))
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X_TEST)), proba, rtol=1e-4, atol=1e-9)


def test_probabilities_and_their_logarithms_stay_finite_where_they_vanish():
    model = make().fit(X, Y)
    for view in model.coefs_:
        view *= 30
    proba, logarithms = model.predict_proba(X_TEST), model.predict_log_proba(X_TEST)
    assert 0 < proba.min() < 1e-37
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    assert np.isfinite(logarithms).all()
    assert logarithms.min() < -100
