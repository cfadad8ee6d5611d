"""Which estimators a model file may hold; what is in one is told in tests/_io."""

from __future__ import annotations

import io

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from fernet.estimators import FERCNNClassifier, FERMLPClassifier
from fernet.estimators.limits import OneOf
from fernet.estimators.saving import load_model_file, model_from_bytes, save_model
from fernet.layers import Flatten, Linear
from fernet.schedules import Schedule

X, Y = np.arange(64, dtype=np.uint8).reshape(4, 16), np.array([0, 1, 0, 1])
ESTIMATORS = [
    FERMLPClassifier((4,), max_iter=1, random_state=0),
    FERCNNClassifier(filters=[(2, 1)], hidden_layer_sizes=(), max_iter=1, random_state=0),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda model: type(model).__name__)
def test_each_kind_comes_back_as_itself(tmp_path, estimator):
    save_model(estimator.fit(X, Y), tmp_path / "m")
    for model in (
        load_model_file(tmp_path / "m"),
        model_from_bytes((tmp_path / "m").read_bytes(), ""),
    ):
        assert type(model) is type(estimator)
        np.testing.assert_array_equal(model.predict_proba(X), estimator.predict_proba(X))


WORDS = [
    (estimator, name, word)
    for estimator in ESTIMATORS
    for name, limits in type(estimator)._parameter_constraints.items()
    for limit in limits
    if isinstance(limit, OneOf)
    for word in sorted(limit.words)
]


@pytest.mark.parametrize(
    ("estimator", "name", "word"), WORDS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_word_that_a_parameter_may_be_goes_into_a_file(tmp_path, estimator, name, word):
    model = estimator.fit(X, Y)
    before = model.get_params()[name]
    try:
        save_model(model.set_params(**{name: word}), tmp_path / "m")
    finally:
        model.set_params(**{name: before})
    assert load_model_file(tmp_path / "m").get_params()[name] == word


class Heir(FERMLPClassifier):
    """What it has of its own, no file would keep."""


@pytest.mark.parametrize("estimator", [LogisticRegression(), Heir((4,), max_iter=1)], ids=str)
def test_others_are_refused(tmp_path, estimator):
    name = type(estimator).__name__
    with pytest.raises(ValueError, match=f"estimator is a {name}; .* FERMLPClassifier, FERCNN"):
        save_model(estimator.fit(X, Y), tmp_path / "m")


@pytest.mark.parametrize("place", [io.BytesIO(), None, b"bytes"])
def test_a_model_is_written_to_a_path(place):
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(TypeError, match=r"^path is .*; expected the path of a file"):
        save_model(model, place)


class Halved(Schedule):
    def factor(self, epoch, n_epochs):
        return 1.0 if epoch < n_epochs / 2 else 0.5


class Own(Linear):
    kind = "own"


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda model: type(model).__name__)
def test_a_schedule_of_ones_own_is_left_out(tmp_path, estimator):
    model = clone(estimator).set_params(schedule=Halved()).fit(X, Y)
    save_model(model, tmp_path / "m")
    saved = load_model_file(tmp_path / "m")
    assert saved.schedule == type(estimator)().schedule
    np.testing.assert_array_equal(saved.predict_proba(X), model.predict_proba(X))


def test_a_layer_of_ones_own_is_refused_in_plain_words(tmp_path):
    model = FERCNNClassifier(architecture=[Flatten(), Own(2)], max_iter=1).fit(X, Y)
    with pytest.raises(ValueError, match=r"^a layer is a Own, a class of one's own; a model file"):
        save_model(model, tmp_path / "m")
    assert not list(tmp_path.iterdir())
