"""What a model may answer, and by which names."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import EmotionRecognizer, FERMLPClassifier
from fernet.datasets import make_faces
from fernet.faces._model_answers import answers_of

FACES = make_faces(70, random_state=0)


class Answering:
    """A model of few words, not of scikit-learn."""

    def __init__(self, answer, classes=("sad", "happy")):
        self.answer, self.classes_ = answer, classes

    def predict_proba(self, rows):
        return self.answer


@pytest.mark.parametrize(
    "answer",
    [
        [[0.25, 0.75], [1, 0]],
        np.array([[0, 1], [1, 0]]),
        np.array([[0.3, 0.7], [1.0, 0]], np.float16),
        np.array([[1.001, -0.001], [0.334, 0.666]]),
    ],
)
def test_probabilities_go_with_the_classes_names(answer):
    found = answers_of(Answering(answer), FACES.images[:2])
    expected = np.asarray(answer).tolist()
    assert found == [dict(zip(("sad", "happy"), row, strict=True)) for row in expected]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([[np.nan, np.nan]], r"\[nan, nan\] for a face; expected probabilities"),
        ([[-3.0, 2.0]], r"\[-3\.0, 2\.0\] for a face"),
        ([[-1.0, 2.0]], "for a face"),
        ([[30, 70]], "for a face"),
        ([[0.0, 0.0]], "for a face"),
        ([[0.9, 0.9]], "for a face"),
        ([[0.1, 0.2, 0.7]], r"shape \(1, 3\); expected \(1, 2\)"),
        ([[0.1, 0.9]] * 2, r"shape \(2, 2\); expected \(1, 2\)"),
        ([0.1, 0.9], r"shape \(2,\); expected"),
        (None, "shape|for a face"),
        ([[0.1, 0.9], [1]], "a list; expected an array of numbers"),
    ],
)
def test_what_are_no_probabilities_is_refused_by_the_models_type(answer, message):
    with pytest.raises(ValueError, match=rf"^Answering\.predict_proba gave .*{message}"):
        answers_of(Answering(answer), FACES.images[:1])


class Table(np.ndarray):
    """An array with names of its columns, as a data frame."""

    columns: tuple = ()


def table(columns, rows=((0.1, 0.9),)):
    named = np.array(rows).view(Table)
    named.columns = columns
    return named


@pytest.mark.parametrize(
    ("columns", "classes"),
    [
        (("happy", "sad"), ("sad", "happy")),
        (("happy", "sad"), (4, 3)),
        (("3", "4"), (4, 3)),
        ((0, 1), ("happy", "sad")),
        (("column_0", "column_1"), ("happy", "sad")),
    ],
)
def test_a_tables_columns_go_by_their_names_where_they_have_some(columns, classes):
    found = answers_of(Answering(table(columns), classes), FACES.images[:1])
    assert found == [{"happy": 0.1, "sad": 0.9}]


@pytest.mark.parametrize("columns", [("happy", "sadness"), ("happy", "happy"), (1, 2)])
def test_a_tables_columns_of_other_names_are_refused(columns):
    with pytest.raises(ValueError, match=r"a table of the columns .*; expected \['sad', 'happy'\]"):
        answers_of(Answering(table(columns)), FACES.images[:1])


def test_classes_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"Answering\.classes_ are called \['x', 'x'\]"):
        answers_of(Answering([[0.1, 0.9]], ["x", "x"]), FACES.images[:1])


def test_a_model_that_is_fitted_anew_names_faces_as_it_does_now():
    model = FERMLPClassifier((8,), max_iter=2, random_state=0).fit(FACES.data, FACES.target)
    recognizer = EmotionRecognizer(model)
    names = np.array(["c", "b", "a", "z", "y", "x", "w"])[FACES.target]

    for labels in (names, np.where(FACES.target == 3, "happy", "other")):
        model.fit(FACES.data, labels)
        assert recognizer.emotions_ == model.classes_.tolist()
        found = [record.emotion for record in recognizer.predict(list(FACES.images))]
        assert found == model.predict(FACES.data).tolist()


def test_names_and_probabilities_are_of_one_fit():
    class Fitted(Answering):
        """Another thread fits it while it answers."""

        def predict_proba(self, rows):
            self.classes_ = ("fear", "anger")
            return [[0.2, 0.8]]

    assert answers_of(Fitted(None), FACES.images[:1]) == [{"fear": 0.2, "anger": 0.8}]
