"""Scores of classes, and figures with the meaning that MLPClassifier's have."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier

from fernet import EMOTIONS, FERMLPClassifier
from fernet.datasets import make_faces
from fernet.estimators import predictions
from fernet.estimators.checked_images import check_images

X, Y = make_faces(120, random_state=0, return_X_y=True)
MODEL = FERMLPClassifier((8,), max_iter=3, random_state=0)


@pytest.mark.parametrize("average_flips", [False, True])
def test_the_highest_score_is_the_prediction(average_flips):
    model = clone(MODEL).set_params(average_flips=average_flips).fit(X, Y)
    scores = model.decision_function(X)
    assert (scores.shape, scores.dtype) == ((120, 7), np.float32)
    np.testing.assert_array_equal(model.classes_[scores.argmax(axis=1)], model.predict(X))
    np.testing.assert_allclose(np.exp(scores), model.predict_proba(X), rtol=1e-5, atol=1e-7)


def test_two_classes_have_one_score_of_the_second():
    names = np.where(Y == 3, "happy", "else")
    model = clone(MODEL).fit(X, names)
    scores = model.decision_function(X)
    assert scores.shape == (120,)
    np.testing.assert_array_equal(scores > 0, model.predict(X) == model.classes_[1])
    odds = model.predict_proba(X)[:, 1] / model.predict_proba(X)[:, 0]
    np.testing.assert_allclose(np.exp(scores), odds, rtol=1e-4)
    by_score = roc_auc_score(names, scores)
    assert by_score == pytest.approx(roc_auc_score(names, odds), abs=1e-3)


def test_scores_calibrate():
    calibrated = CalibratedClassifierCV(clone(MODEL), cv=2).fit(X, Y)
    assert calibrated.predict_proba(X).shape == (120, 7)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("early_stopping", [False, True])
def test_losses_mean_what_they_mean_in_scikit_learn(early_stopping):
    ours = clone(MODEL).set_params(early_stopping=early_stopping, learning_rate_init=0.5)
    theirs = MLPClassifier((8,), early_stopping=early_stopping, max_iter=20, n_iter_no_change=3)
    for model in (ours.fit(X, Y), theirs.fit(X / 255, Y)):
        assert model.loss_ == model.loss_curve_[-1]
        lowest = None if early_stopping else min(model.loss_curve_)
        assert model.best_loss_ == lowest
    pickled = pickle.loads(pickle.dumps(ours))
    for model in (ours, pickled):
        model.set_params(early_stopping=not early_stopping)
        assert model.best_loss_ == (None if early_stopping else min(model.loss_curve_))


def test_before_fit_there_are_no_losses():
    assert not hasattr(MODEL, "loss_")
    assert not hasattr(clone(MODEL), "best_loss_")


ASKED = ["predict", "predict_proba", "predict_log_proba", "decision_function", "transform"]


@pytest.mark.parametrize("method", [*ASKED, "score"])
def test_an_answer_is_of_one_training_though_another_thread_fits_meanwhile(monkeypatch, method):
    words = np.array(["black", "white"])[(Y == 3).astype(int)]
    model, other = clone(MODEL).fit(X, Y), clone(MODEL).fit(X, words)
    other.calibrate(X, words)
    ask = getattr(model, method)
    given = (X, np.array(EMOTIONS)[Y]) if method == "score" else (X,)
    expected = ask(*given)

    def fit_meanwhile(*arguments):
        model._fitted = other._fitted
        return check_images(*arguments)

    monkeypatch.setattr(predictions, "check_images", fit_meanwhile)
    np.testing.assert_array_equal(ask(*given), expected)
    assert model.classes_.tolist() == ["black", "white"]
