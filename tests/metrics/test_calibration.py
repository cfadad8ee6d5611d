"""The expected calibration error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.metrics import expected_calibration_error
from fernet.metrics.calibration import reliability_bins
from fernet.plotting import ReliabilityDisplay

SAMPLES = st.lists(st.tuples(st.floats(0.25, 1), st.integers(0, 3)), min_size=1, max_size=60)


def columns(samples):
    confidence = np.array([sample[0] for sample in samples])
    proba = np.repeat((1 - confidence)[:, None] / 3, 4, axis=1)
    proba[:, 0] = confidence
    return proba, np.array([sample[1] for sample in samples])


@given(samples=SAMPLES, n_bins=st.integers(1, 20))
def test_it_is_the_weighted_mean_of_the_gaps(samples, n_bins):
    proba, labels = columns(samples)
    total = 0.0
    for low in range(n_bins):
        inside = (proba[:, 0] * n_bins >= low) & (
            (proba[:, 0] * n_bins < low + 1) | (low == n_bins - 1)
        )
        if inside.any():
            gap = abs((labels[inside] == 0).mean() - proba[inside, 0].mean())
            total += inside.sum() * gap
    error = expected_calibration_error(labels, proba, n_bins=n_bins)
    assert error == pytest.approx(total / len(labels))


@given(samples=SAMPLES)
def test_the_displays_is_the_same_and_bins_are_15(samples):
    proba, labels = columns(samples)
    display = ReliabilityDisplay(proba[:, 0], labels == 0, n_bins=15)
    assert expected_calibration_error(labels, proba) == display.calibration_error


def test_labels_may_be_of_any_type():
    proba = [[0.9, 0.1], [0.2, 0.8]]
    names = expected_calibration_error(["a", "b"], proba, classes=["a", "b"])
    assert names == expected_calibration_error([0, 1], proba) == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expected_calibration_error([0], [[0.5, 0.5]] * 2), "y_true has shape"),
        (lambda: expected_calibration_error([2], [[0.5, 0.5]]), "y_true holds 2; expected one of"),
        (lambda: expected_calibration_error([0], [[1.5, -0.5]]), "row 0 of y_proba is 1.5, -0.5;"),
        (lambda: reliability_bins([1.5], [True]), "not between 0 and 1"),
        (lambda: reliability_bins([], []), "expected one number for each"),
        (lambda: expected_calibration_error([0], [[1.0, 0]], n_bins=0), "n_bins is 0"),
        (lambda: expected_calibration_error([0], [[1.0, 0]], n_bins=1.5), "n_bins is 1.5"),
        (
            lambda: expected_calibration_error(["a"], [[1.0, 0]], classes=["a", "a"]),
            r"classes is \['a', 'a'\]; expected each label once",
        ),
    ],
)
def test_what_does_not_fit_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("proba", [[[80.0, 20.0]], [[2.0, -3.0]], [[0.8, 0.2]], [[np.nan, 1]]])
def test_columns_that_are_no_probabilities_of_all_classes_are_refused(proba):
    frame = np.hstack([proba, [[0.9]]]) if np.sum(proba) == 1 else proba
    with pytest.raises(ValueError, match=r"row 0 of y_proba is .*; expected probabilities of all"):
        expected_calibration_error([0], frame)


def test_labels_in_words_are_told_to_come_with_the_columns_labels():
    proba = np.full((2, 2), 0.5)
    with pytest.raises(ValueError, match=r"give classes, the label of each column$"):
        expected_calibration_error(["calm", "glad"], proba)
    assert expected_calibration_error(["calm", "glad"], proba, classes=["calm", "glad"]) == 0


NAMES = ["happy", "neutral", "sad"]
Y_TRUE = np.repeat(NAMES, 4)
PROBA = np.random.default_rng(0).dirichlet(np.ones(3), 12)


@pytest.mark.parametrize("classes", [None, NAMES, ["sad", "happy", "neutral"]])
@pytest.mark.parametrize("order", [NAMES, ["neutral", "sad", "happy"]])
def test_a_tables_columns_are_found_by_name(order, classes):
    expected = expected_calibration_error(Y_TRUE, PROBA, classes=NAMES)
    frame = pd.DataFrame(PROBA, columns=NAMES)[order]
    assert expected_calibration_error(Y_TRUE, frame, classes=classes) == pytest.approx(expected)


def test_columns_with_other_names_are_in_the_order_of_the_classes():
    expected = expected_calibration_error(Y_TRUE, PROBA, classes=NAMES)
    frame = pd.DataFrame(PROBA, columns=["p0", "p1", "p2"])
    assert expected_calibration_error(Y_TRUE, frame, classes=NAMES) == expected
    with pytest.raises(ValueError, match="give classes"):
        expected_calibration_error(Y_TRUE, frame)


def test_columns_of_which_some_are_the_classes_in_other_places_are_refused():
    frame = pd.DataFrame(PROBA, columns=[NAMES[1], "calm", NAMES[0]])
    with pytest.raises(ValueError, match=r"y_proba is of the classes .* in other places"):
        expected_calibration_error(Y_TRUE, frame, classes=NAMES)


@pytest.mark.parametrize("proba_of", [np.asarray, pd.DataFrame])
def test_names_of_emotions_are_not_taken_for_columns_in_fer2013s_order(proba_of):
    proba = proba_of(np.full((2, 7), 1 / 7))
    with pytest.raises(ValueError, match=r"words, such as 'happy', .* give classes"):
        expected_calibration_error(["happy", "sad"], proba)
    error = expected_calibration_error(["happy", "sad"], proba, classes=range(7))
    assert error == pytest.approx(1 / 7)
