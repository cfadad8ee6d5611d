"""The temperature: what it does to probabilities, what it leaves alone, where it is kept."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.metrics import log_loss

from fernet import FERCNNClassifier, FERMLPClassifier, load_model, save_model
from fernet.datasets import make_faces
from fernet.estimators.calibration import HOTTEST, fit_temperature
from fernet.metrics import expected_calibration_error

FACES = make_faces(400, random_state=0)
X, Y = FACES.images[:, 8:40:2, 8:40:2].copy(), FACES.target
TRAINING, REST = slice(200), slice(200, None)
OPTIONS = {"max_iter": 30, "random_state": 0, "batch_size": 20}
MODELS = {
    "mlp": FERMLPClassifier((32,), **OPTIONS),
    "flips": FERMLPClassifier((32,), average_flips=True, **OPTIONS),
    "cnn": FERCNNClassifier(filters=[(4, 1)], hidden_layer_sizes=(), **OPTIONS | {"max_iter": 8}),
}


@pytest.fixture(scope="module", params=MODELS)
def sure(request):
    return clone(MODELS[request.param]).fit(X[TRAINING], Y[TRAINING])


@pytest.fixture
def calibrated(sure):
    return pickle.loads(pickle.dumps(sure)).calibrate(X[REST], Y[REST])


def test_probabilities_become_honest_and_answers_stay(sure, calibrated):
    before, after = (model.predict_proba(X[REST]) for model in (sure, calibrated))
    assert log_loss(Y[REST], after) < log_loss(Y[REST], before)
    errors = [expected_calibration_error(Y[REST], proba) for proba in (before, after)]
    assert errors[1] < errors[0]
    np.testing.assert_array_equal(calibrated.predict(X), sure.predict(X))
    assert sure.temperature_ == 1
    assert calibrated.temperature_ != 1


def test_all_scores_are_of_one_temperature(sure, calibrated):
    powers = sure.predict_proba(X).astype(np.float64) ** (1 / calibrated.temperature_)
    expected = powers / powers.sum(axis=1, keepdims=True)
    proba = calibrated.predict_proba(X)
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba, expected, atol=1e-6)
    np.testing.assert_allclose(calibrated.predict_log_proba(X), np.log(proba), atol=1e-4)
    np.testing.assert_array_equal(calibrated.decision_function(X), calibrated.predict_log_proba(X))


def test_no_other_temperature_makes_the_labels_more_probable(sure, calibrated):
    scores = sure.predict_log_proba(X[REST]).astype(np.float64)

    def loss(temperature):
        powers = np.exp(scores / temperature)
        return log_loss(Y[REST], powers / powers.sum(axis=1, keepdims=True))

    best = loss(calibrated.temperature_)
    assert all(best <= loss(calibrated.temperature_ * factor) for factor in (0.5, 0.99, 1.01, 2))


def test_calibrating_again_starts_anew(calibrated):
    first = calibrated.temperature_
    assert calibrated.calibrate(X[REST], Y[REST]).temperature_ == first


def test_weights_count_as_repetitions(sure):
    weight = np.arange(200) % 3
    rows = np.repeat(np.arange(200), weight)
    temperatures = [
        pickle.loads(pickle.dumps(sure)).calibrate(*data).temperature_
        for data in ((X[REST], Y[REST], weight), (X[REST][rows], Y[REST][rows]))
    ]
    assert temperatures[0] == pytest.approx(temperatures[1], rel=1e-4)


def test_a_file_keeps_it_and_one_without_is_at_1(sure, calibrated, tmp_path):
    for name, model in (("hot", calibrated), ("plain", sure)):
        save_model(model, tmp_path / name)
        twin = load_model(tmp_path / name)
        assert twin.temperature_ == model.temperature_
        np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
    assert b"temperature" not in (tmp_path / "plain").read_bytes()


def test_the_next_training_takes_it_away():
    model = FERMLPClassifier((8,), max_iter=2, random_state=0, warm_start=True)
    model.fit(X[TRAINING], Y[TRAINING]).calibrate(X[REST], Y[REST])
    assert model.temperature_ != 1
    assert model.fit(X[TRAINING], Y[TRAINING]).temperature_ == 1
    model.calibrate(X[REST], Y[REST]).partial_fit(X[TRAINING], Y[TRAINING])
    assert model.temperature_ == 1
    assert clone(model.calibrate(X[REST], Y[REST])).fit(X, Y).temperature_ == 1


def test_the_ratios_of_classes_that_stay_are_kept(calibrated):
    kept = calibrated.drop_classes([1, 4])
    proba = np.delete(calibrated.predict_proba(X), [1, 4], axis=1)
    if not calibrated.average_flips:
        expected = proba / proba.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(kept.predict_proba(X), expected, rtol=1e-4, atol=1e-6)
    assert kept.temperature_ == calibrated.temperature_


def test_equal_classes_are_merged_into_their_sum():
    model = FERMLPClassifier((8,), max_iter=3, random_state=0).fit(X[TRAINING], Y[TRAINING])
    model.calibrate(X[REST], Y[REST])
    parameters = dict(model.network_.named_parameters())
    for name in (name for name in parameters if name.startswith(model.network_.names[-1])):
        parameters[name][..., 5] = parameters[name][..., 2]
    before, after = model.predict_proba(X), model.merge_classes({2: [2, 5]}).predict_proba(X)
    np.testing.assert_allclose(after[:, 2], before[:, 2] + before[:, 5], rtol=1e-4, atol=1e-6)


@given(
    temperature=st.floats(0.2, 5),
    seed=st.integers(0, 100),
)
def test_the_temperature_that_made_the_labels_is_found(temperature, seed):
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 2, (20_000, 4))
    powers = np.exp(scores / temperature)
    shares = powers / powers.sum(axis=1, keepdims=True)
    target = (rng.random((len(scores), 1)) > shares.cumsum(axis=1)).sum(axis=1).clip(0, 3)
    assert fit_temperature(scores, target) == pytest.approx(temperature, rel=0.1)


def test_it_stays_within_its_bounds():
    scores = np.log(np.array([[0.6, 0.4]] * 3))
    assert 1 / HOTTEST <= fit_temperature(scores, np.zeros(3, dtype=int)) < 0.02
    assert 50 < fit_temperature(scores, np.array([1, 1, 1])) <= HOTTEST


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (np.argmax, "50 images of which each is recognised; expected some hundreds"),
        (np.argmin, "50 images that are recognised no better than by chance"),
    ],
)
def test_images_that_tell_no_temperature_are_warned_of(sure, answers, message):
    model = pickle.loads(pickle.dumps(sure))
    rows = X[REST][:50]
    with pytest.warns(UserWarning, match=rf"temperature_ is .*, as far as it goes, from {message}"):
        model.calibrate(rows, answers(model.predict_proba(rows), axis=1))
    with pytest.warns(UserWarning, match="10 images of which each is recognised"):
        model.calibrate(
            X[REST], np.where(np.arange(200) < 10, model.predict(X[REST]), 0), np.arange(200) < 10
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X[REST], Y[REST] + 5), r"y_val holds labels .*; expected labels among"),
        ((X[REST], Y[TRAINING][:-1]), "inconsistent numbers of samples"),
        ((X[REST, :8], Y[REST]), "X_val holds images of shape|features"),
        ((X[REST], Y[REST], -np.ones(200)), "sample_weight holds a negative number"),
    ],
)
def test_bad_data_leave_the_estimator_as_it_was(arguments, message):
    model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(X[TRAINING], Y[TRAINING])
    with pytest.raises(ValueError, match=message):
        model.calibrate(*arguments)
    assert model.temperature_ == 1
