"""Teachers' answers as targets: distributions, by the weights asked for, of the classes learnt."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from fernet import FERMLPClassifier
from fernet.datasets import make_faces
from fernet.distillation import teacher_distribution

X, Y = make_faces(120, random_state=0, return_X_y=True)


class Says:
    """A teacher with an answer of its own for each image."""

    def __init__(self, proba, classes=(0, 1, 2)):
        self.proba = np.asarray(proba, np.float32)
        self.classes_ = np.asarray(classes)

    def predict_proba(self, X):
        return self.proba


def answers(rng, n=5):
    return rng.dirichlet(np.ones(3), n)


@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0.1, 10))
def test_targets_are_distributions_that_keep_the_teachers_order(seed, weight, temperature):
    rng = np.random.default_rng(seed)
    proba = answers(rng)
    y = np.r_[0, 1, 2, rng.integers(0, 3, 2)]
    targets = teacher_distribution(Says(proba), X[:5], y, weight=weight, temperature=temperature)
    assert targets.dtype == np.float32
    assert targets.min() >= 0
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-5)
    taught = targets - (1 - weight) * np.eye(3)[y]
    # Where the temperature leaves two answers apart, they stay in their order.
    assert (
        np.take_along_axis(taught, np.argsort(proba), axis=1)[:, 2] >= taught[:, 0] - 1e-6
    ).all()


def test_a_temperature_of_one_leaves_the_answers_and_a_higher_one_evens_them():
    proba = answers(np.random.default_rng(0))
    np.testing.assert_allclose(teacher_distribution(Says(proba), X[:5]), proba, rtol=1e-5)
    even = teacher_distribution(Says(proba), X[:5], temperature=1e6)
    np.testing.assert_allclose(even, 1 / 3, rtol=1e-3)


def test_several_teachers_are_averaged():
    rng = np.random.default_rng(1)
    a, b = answers(rng), answers(rng)
    together = teacher_distribution([Says(a), Says(b)], X[:5])
    np.testing.assert_allclose(together, (a + b) / 2, rtol=1e-5)


def test_a_label_counts_for_the_rest():
    targets = teacher_distribution(Says([[1, 0, 0]] * 3), X[:3], [0, 1, 2], weight=0.25)
    np.testing.assert_allclose(targets, [[1, 0, 0], [0.25, 0.75, 0], [0.25, 0, 0.75]])


@given(st.integers(0, 1000), st.floats(0, 1))
def test_shares_of_votes_count_for_the_rest(seed, weight):
    rng = np.random.default_rng(seed)
    proba, votes = answers(rng), answers(rng)
    targets = teacher_distribution(Says(proba), X[:5], votes, weight=weight)
    np.testing.assert_allclose(targets, weight * proba + (1 - weight) * votes, atol=1e-6)


@given(st.integers(0, 1000), st.floats(0, 1))
def test_naming_the_teachers_own_classes_changes_no_bit(seed, weight):
    rng = np.random.default_rng(seed)
    teachers = [Says(answers(rng)), Says(answers(rng))]
    y = np.r_[0, 1, 2, rng.integers(0, 3, 2)]
    expected = teacher_distribution(teachers, X[:5], y, weight=weight)
    named = teacher_distribution(teachers, X[:5], y, weight=weight, classes=[0, 1, 2])
    np.testing.assert_array_equal(named, expected)


def test_a_teacher_counts_by_what_it_says_of_the_classes_to_learn():
    teacher = Says([[0.5, 0.3, 0.2], [0.0, 0.0, 1.0]], ["calm", "happy", "tense"])
    targets = teacher_distribution(
        teacher, X[:2], ["tense", "calm"], classes=["calm", "tense"], weight=0.5
    )
    # Of 0.7 of the first answer 0.35 count, and the label for the rest.
    np.testing.assert_allclose(targets, [[0.25, 0.75], [0.5, 0.5]])
    alone = teacher_distribution(teacher, X[:2], classes=["calm", "tense"])
    np.testing.assert_allclose(alone, [[5 / 7, 2 / 7], [0, 1]])


def test_a_teacher_has_no_say_on_classes_that_it_does_not_know():
    teacher = Says([[1, 0, 0]] * 3)
    targets = teacher_distribution(teacher, X[:3], [0, 7, 1], classes=[0, 1, 7], weight=0.5)
    np.testing.assert_allclose(targets, [[1, 0, 0], [0, 0, 1], [0.5, 0.5, 0]])
    votes = [[0.5, 0, 0.5], [0, 0, 1], [0, 1, 0]]
    targets = teacher_distribution(teacher, X[:3], votes, classes=[0, 1, 7], weight=0.5)
    np.testing.assert_allclose(targets[0], [0.5 * 0.5 + 0.75 * 0.5, 0, 0.75 * 0.5])
    np.testing.assert_allclose(targets[1:], [[0, 0, 1], [0.5, 0.5, 0]])


def test_of_several_teachers_each_has_its_own_classes():
    teachers = [Says([[0, 1, 0]], ["a", "b", "c"]), Says([[1, 0, 0]], ["b", "d", "e"])]
    targets = teacher_distribution(teachers, X[:1], ["b"], classes=["b", "d", "z"], weight=0.5)
    np.testing.assert_allclose(targets, [[1, 0, 0]])
    targets = teacher_distribution(teachers, X[:1], ["d"], classes=["b", "d", "z"], weight=0.5)
    np.testing.assert_allclose(targets, [[0.25, 0.75, 0]])


def test_numbers_and_names_of_emotions_are_the_same():
    teacher = Says([[0.2, 0.3, 0.5]], ["happy", "sad", "neutral"])
    targets = teacher_distribution(teacher, X[:1], classes=[3, 4, 6])
    np.testing.assert_allclose(targets, [[0.2, 0.3, 0.5]])


def test_classes_that_are_not_sorted_are_warned_of_as_fit_takes_columns_in_order():
    teacher = Says([[0.2, 0.3, 0.5]], ["happy", "neutral", "sad"])
    with pytest.warns(UserWarning, match=r"\['sad', 'neutral', 'happy'\], which is not sorted"):
        targets = teacher_distribution(teacher, X[:1], classes=["sad", "neutral", "happy"])
    np.testing.assert_allclose(targets, [[0.5, 0.3, 0.2]])


def test_votes_in_a_data_frame_are_found_by_their_names():
    teacher = Says([[1, 0, 0]], ["happy", "neutral", "sad"])
    votes = pd.DataFrame([[0.1, 0.7, 0.2]], columns=["neutral", "sad", "happy"])
    targets = teacher_distribution(teacher, X[:1], votes, weight=0.0)
    np.testing.assert_allclose(targets, [[0.2, 0.1, 0.7]])
    counted = pd.DataFrame(votes.to_numpy())
    targets = teacher_distribution(teacher, X[:1], counted, weight=0.0)
    np.testing.assert_allclose(targets, votes)
    with pytest.raises(ValueError, match=r"y has the columns \['neutral', 'sad', 'calm'\]; expec"):
        teacher_distribution(teacher, X[:1], votes.rename(columns={"happy": "calm"}))


def test_an_image_that_is_certainly_something_else_tells_nothing():
    teacher = Says([[0, 0, 1]])
    np.testing.assert_array_equal(
        teacher_distribution(teacher, X[:1], classes=[0, 1]), [[0.5, 0.5]]
    )
    taught = teacher_distribution(teacher, X[:1], [1], classes=[0, 1], weight=1)
    np.testing.assert_array_equal(taught, [[0, 1]])


def test_a_pupil_that_learns_a_teachers_answers_comes_close_to_them():
    teacher = FERMLPClassifier((32,), max_iter=5, random_state=0).fit(X, Y)
    targets = teacher_distribution(teacher, X)
    pupil = FERMLPClassifier((64,), max_iter=40, random_state=1)
    pupil.fit(X, Y, label_distribution=targets)
    by_labels = FERMLPClassifier((64,), max_iter=40, random_state=1).fit(X, Y)
    near, far = (abs(m.predict_proba(X) - targets).mean() for m in (pupil, by_labels))
    assert near < 0.7 * far


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teachers": []}, "teachers is empty"),
        ({"weight": 1.5}, r"weight is 1\.5; expected 0 to 1"),
        ({"weight": "0.5"}, "weight is '0.5'; expected 0 to 1"),
        ({"temperature": None}, "temperature is None; expected above 0"),
        ({"temperature": 0.0}, r"temperature is 0\.0; expected above 0"),
        ({"y": [0, 1]}, r"y has shape \(2,\); expected \(3,\)"),
        ({"y": [0, 1, 1]}, r"y has the classes \[0, 1\]; the teachers know \[0, 1, 2\]"),
        ({"y": np.full((3, 2), 0.5)}, r"y has shape \(3, 2\); expected \(3, 3\)"),
        ({"y": [[1, 0, 0], [0.5, 0, 0], [0, 0, 1]]}, r"y\[1\] is \[0\.5, 0\.0, 0\.0\]; expected"),
        ({"y": [[2, -1, 0], [1, 0, 0], [0, 0, 1]]}, r"y\[0\] is \[2, -1, 0\]; expected shares"),
        ({"classes": [0, 1, 9], "y": None}, "no teacher knows the class 9; expected y"),
        ({"classes": [0, 1]}, r"y has the classes \[0, 1, 2\]; expected some of \[0, 1\]"),
        ({"classes": [7, 8, 9]}, r"teachers\[0\] knows none of the classes \[7, 8, 9\]"),
        ({"classes": [0, 0, 1]}, r"classes is \[0, 0, 1\]; expected different labels"),
        (
            {"teachers": [Says([[1, 0, 0]] * 3), Says([[1, 0, 0]] * 3, ["a", "b", "c"])]},
            r"teachers\[1\] knows the classes \['a', 'b', 'c'\], teachers\[0\] \[0, 1, 2\]",
        ),
    ],
)
def test_what_can_not_teach_is_refused_by_name(arguments, message):
    arguments = {"teachers": Says([[1, 0, 0]] * 3), "X": X[:3], "y": [0, 1, 2]} | arguments
    with pytest.raises(ValueError, match=message):
        teacher_distribution(**arguments)


def test_a_teacher_that_is_no_classifier_is_refused_as_one():
    with pytest.raises(TypeError, match=r"teachers\[0\] is of type str; expected a classifier"):
        teacher_distribution("cnn", X[:3])


def test_a_teacher_that_has_not_learnt_is_refused_as_one():
    with pytest.raises(NotFittedError):
        teacher_distribution([FERMLPClassifier()], np.zeros((2, 4)))
