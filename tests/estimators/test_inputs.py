"""Checks on users' data, piece by piece."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import FERMLPClassifier
from fernet.estimators import inputs


@pytest.mark.parametrize(
    ("n_features", "shape"),
    [(2304, (48, 48, 1)), (3072, (32, 32, 3)), (1, (1, 1, 1)), (50, None), (3, (1, 1, 3))],
)
def test_the_shape_of_an_image_is_guessed_from_its_row(n_features, shape):
    assert inputs.guess_image_shape(n_features) == shape


def test_balanced_class_weights_give_each_class_the_same_total():
    target = np.array([0, 0, 0, 1])
    weights = inputs.class_weights("balanced", np.array(["a", "b", "c"]), target, None)
    assert weights[0] * 3 == pytest.approx(weights[1] * 1) == pytest.approx(2)
    assert weights[2] == 1


def test_balanced_class_weights_count_by_the_samples_weights():
    target, sample = np.array([0, 0, 1]), np.array([1.0, 1.0, 2.0])
    weights = inputs.class_weights("balanced", np.array([0, 1]), target, sample)
    np.testing.assert_allclose(weights, 1)


def test_labels_become_numbers_in_the_classes_order():
    classes = np.array(["happy", "sad"])
    numbers = inputs.encode_labels(np.array(["sad", "happy"]), classes)
    assert numbers.tolist() == [1, 0]
    assert numbers.dtype == np.int32
    with pytest.raises(ValueError, match=r"y_val holds labels \['angry'\]"):
        inputs.encode_labels(np.array(["angry"]), classes, "y_val")


def test_names_of_emotions_and_their_numbers_are_the_same_labels():
    words, numbers = np.array(["angry", "happy", "surprise"]), np.array([0, 3, 5])
    assert inputs.encode_labels(numbers[::-1], words).tolist() == [2, 1, 0]
    # Of numbers the order is another than of their names.
    assert inputs.encode_labels(np.array(["sad", "disgust"]), np.array([1, 3, 4])).tolist() == [
        2,
        0,
    ]
    with pytest.raises(ValueError, match="y holds labels"):
        inputs.encode_labels(np.array([0, 9]), words)


def test_weights_of_labels_that_a_fold_lacks_are_ignored():
    target = np.array([0, 1, 1])
    weights = inputs.class_weights({0: 2.0, 3: 1.0, 6: 5.0}, np.array([0, 3]), target, None)
    assert weights.tolist() == [2.0, 1.0]


def test_weights_that_may_be_misspelt_are_warned_about():
    with pytest.warns(UserWarning, match=r"names \['hapy'\], .* but not \['happy'\]"):
        weights = inputs.class_weights(
            {"hapy": 2.0, "sad": 3.0}, np.array(["happy", "sad"]), np.array([0, 1]), None
        )
    assert weights.tolist() == [1.0, 3.0]


def test_weights_of_absent_labels_alone_are_an_error_in_plain_words():
    with pytest.raises(ValueError, match=r"names \['angry'\]; expected labels among \['happy'\]"):
        inputs.class_weights({np.str_("angry"): 1.0}, np.array(["happy"]), np.array([0]), None)


@pytest.mark.parametrize("value", ["much", None, [1.0, 2.0], np.nan, -1])
def test_weights_of_classes_that_are_none_are_refused_by_name(value):
    with pytest.raises(ValueError, match=r"^class_weight is .*; expected finite weights >= 0"):
        inputs.class_weights({0: value}, np.array([0, 1]), np.array([0, 1]), None)


def test_weights_of_classes_that_are_all_0_are_refused_for_that():
    with pytest.raises(ValueError, match=r"^class_weight is .*, one of them above 0$"):
        inputs.class_weights({0: 0, 1: 0}, np.array([0, 1]), np.array([0, 1]), None)


@pytest.mark.parametrize("weight", ["balanced", ["a", "b"], [[1, 2], [3]], [1, np.nan]], ids=str)
def test_weights_of_samples_that_are_none_are_refused_by_name(weight):
    with pytest.raises(ValueError, match=r"^sample_weight "):
        inputs.check_weights(np.zeros((2, 1)), weight)


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        ([-1, 1, 1, 1], "holds a negative number, -1"),
        (np.ma.masked_less([0.5, 1, 1, 1], 1), "is a masked array with 1 masked entries"),
        ([np.nan, 1, 1, 1], "is not as expected: .*NaN"),
        ([1, 1], r"has shape \(2,\); expected \(4,\)"),
    ],
    ids=str,
)
def test_a_score_takes_the_weights_that_a_fit_takes(weight, says):
    X, y = np.eye(4, dtype=np.uint8) * 255, [0, 1, 0, 1]
    model = FERMLPClassifier((2,), max_iter=1, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=f"^sample_weight {says}"):
        model.score(X, y, sample_weight=weight)
    right = (model.predict(X) == y).astype(float)
    if right.any():
        assert model.score(X, y, sample_weight=right) == 1


@pytest.mark.parametrize("size", [1e-300, 1e-30, 1e30, 1e38, 1e300])
def test_ratios_count_where_float32_has_no_place_for_weights(size):
    ratios = inputs.as_float32(np.array([1.0, 2.0, 4.0]) * size)
    np.testing.assert_allclose(ratios / ratios[0], [1, 2, 4], rtol=1e-6)
    assert np.isfinite(ratios.sum())


def test_weights_of_usual_sizes_stay_what_they_are():
    weight = np.array([1e-3, 1.0, 1e6])
    np.testing.assert_array_equal(inputs.as_float32(weight), weight.astype(np.float32))
    assert inputs.as_float32(None) is None
