"""An estimator as arrays and plain data."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from fernet import FERMLPClassifier
from fernet.augmentation import Augmentation
from fernet.estimators.serialization import as_plain, from_plain
from fernet.schedules import CosineSchedule

RNG = np.random.default_rng(0)
Y = RNG.integers(3, size=90)
X = (RNG.integers(0, 60, (90, 36)) + 60 * Y[:, None]).astype(np.uint8)


def fitted(labels=Y, data=X, **kwargs):
    settings = {"max_iter": 2, "random_state": 0, **kwargs}
    return FERMLPClassifier((8,), **settings).fit(data, labels)


def through_json(model):
    arrays, meta = model._serialize()
    return arrays, json.loads(json.dumps(meta))


@pytest.mark.parametrize("labels", [Y, Y * 1.0, Y == 1, np.array(["a", "b", "ç"])[Y]], ids=str)
@pytest.mark.parametrize("data", [X, X / 255])
def test_it_comes_back_with_its_predictions_and_history(labels, data):
    model = fitted(labels, data, early_stopping=True)
    again = FERMLPClassifier._deserialize(*through_json(model))
    np.testing.assert_array_equal(again.predict_proba(data), model.predict_proba(data))
    np.testing.assert_array_equal(again.predict(data), model.predict(data))
    assert again.classes_.dtype == model.classes_.dtype
    assert again.history_ == model.history_
    assert again.best_validation_score_ == model.best_validation_score_
    assert again.scaling_.is_identity == model.scaling_.is_identity


def test_it_comes_back_with_its_parameters():
    model = fitted(
        class_weight={0: 2.0, 2: 1.0},
        augmentation=Augmentation(shift=1),
        schedule=CosineSchedule(0.2),
        learning_rate_init=np.float64(0.02),
    )
    again = FERMLPClassifier._deserialize(*through_json(model))
    assert again.get_params() == model.get_params()


def test_a_range_that_is_not_known_stays_unknown():
    model = fitted()
    model._fitted = replace(model._fitted, input_range=None)
    assert FERMLPClassifier._deserialize(*through_json(model)).input_range_ is None


def test_it_goes_on_training_after_coming_back():
    again = FERMLPClassifier._deserialize(*through_json(fitted()))
    assert again.partial_fit(X, Y).n_iter_ == 3


def test_what_belongs_to_a_session_is_left_behind(tmp_path):
    model = fitted(checkpoint=tmp_path / "run", verbose=0, callbacks=[])
    assert FERMLPClassifier._deserialize(*through_json(model)).checkpoint is None


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda a, m: a.pop("network.linear_1.bias"), "missing"),
        (lambda a, m: a.update({"network.linear_1.bias": np.zeros(3)}), "shape"),
        (lambda a, m: a.pop("scaling.offset"), "offset"),
        (lambda a, m: a.update({"scaling.scale": np.zeros(3)}), "scaling.scale"),
        (lambda a, m: m.update(has_scaling=False), "has_scaling"),
        (lambda a, m: m["classes"]["values"].pop(), "classes"),
        (lambda a, m: m["params"].update(depth=3), "depth"),
        (lambda a, m: m["params"].update(dropout=3), "dropout"),
        (lambda a, m: m["layers"][0].update(kind="evil"), "evil"),
        (lambda a, m: m["history"]["epochs"].pop("loss"), "history"),
        (lambda a, m: m.update(n_features_in=35), "features"),
    ],
)
def test_state_that_does_not_fit_together_is_refused(damage, message):
    arrays, meta = through_json(fitted())
    damage(arrays, meta)
    with pytest.raises(ValueError, match=message):
        FERMLPClassifier._deserialize(arrays, meta)


def test_labels_that_no_file_can_hold_are_refused():
    dates = np.array(["2020-01-01", "2021-01-01", "2022-01-01"], dtype="M8[D]")
    model = fitted()
    with pytest.raises(ValueError, match="classes hold"):
        model._with(replace(model._fitted, classes=dates))._serialize()


@pytest.mark.parametrize(
    "value",
    [
        None,
        0.5,
        "sgd",
        (512, 256),
        {0: 1.0, 6: 2.5},
        {"happy": 2.0},
        Augmentation(shift=2),
        CosineSchedule(0.1),
        {"shift": 2},
    ],
    ids=repr,
)
def test_a_parameter_comes_back_through_json(value):
    assert from_plain(json.loads(json.dumps(as_plain(value)))) == value


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("momentum", Fraction(9, 10), 0.9),
        ("dropout", False, 0.0),
        ("batch_size", True, 1),
        ("clip_norm", np.float32(0.5), 0.5),
        ("clip_norm", None, None),
        ("random_state", True, 1),
    ],
)
def test_numbers_are_kept_as_their_parameter_has_them(name, value, kept):
    _, document = through_json(fitted(**{name: value}))
    found = document["params"][name]
    assert (found, type(found)) == (kept, type(kept))


def test_numpys_numbers_and_arrays_become_plain():
    assert as_plain(np.int64(3)) == 3
    assert as_plain(np.array([5, 6])) == [5, 6]


def test_other_sequences_become_lists():
    assert as_plain(range(3, 5)) == [3, 4]
    assert as_plain(deque([3, 4])) == [3, 4]
