"""Labels that write the same emotions in different ways."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.emotions import (
    EMOTIONS,
    alike_labels,
    class_names,
    label_numbers,
    match_classes,
    plain_labels,
    taken_for_emotions,
)

WAYS = {
    "int": lambda labels: labels,
    "uint8": lambda labels: np.array(labels, np.uint8),
    "float": lambda labels: [float(label) for label in labels],
    "text": lambda labels: [str(label) for label in labels],
    "float as text": lambda labels: [str(float(label)) for label in labels],
    "objects": lambda labels: np.array(labels, dtype=object),
    "objects of NumPy": lambda labels: np.array([np.int64(i) for i in labels], dtype=object),
    "pandas Int64": lambda labels: pd.array(labels, dtype="Int64"),
    "pandas Float64": lambda labels: pd.array(labels, dtype="Float64"),
    "pandas string": lambda labels: pd.array([str(i) for i in labels], dtype="string"),
    "pandas category": lambda labels: pd.Categorical(labels),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@given(labels=st.lists(st.integers(0, 6), min_size=1, unique=True))
def test_numbers_of_emotions_are_named_however_they_are_written(way, labels):
    assert class_names(way(labels)) == [EMOTIONS[label] for label in labels]


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        ([6, 7], ["6", "7"]),
        ([-1, 0], ["-1", "0"]),
        (["6", "smile"], ["6", "smile"]),
        (["6", "6.0"], ["6", "6.0"]),
        ([0.5, 1.0], ["0.5", "1.0"]),
        ([False, True], ["False", "True"]),
        (np.array([False, True], dtype=object), ["False", "True"]),
        (["", "²", "\uff16"], ["", "²", "\uff16"]),
    ],
)
def test_other_labels_name_themselves(classes, names):
    assert class_names(classes) == names


@given(st.lists(st.one_of(st.text(), st.floats(), st.booleans(), st.integers(), st.none())))
def test_any_labels_are_numbers_or_not(labels):
    numbers = label_numbers(labels)
    assert numbers is None or [float(label) for label in labels] == pytest.approx(numbers)


def test_objects_become_numbers_where_all_are_of_one_kind():
    assert plain_labels(np.array([1, 2.5], dtype=object)).dtype.kind == "f"
    assert plain_labels(np.array([True, False], dtype=object)).dtype.kind == "b"
    for values in ([True, 2], ["1", 2], [None, 2], [2**80, 2]):
        assert plain_labels(np.array(values, dtype=object)).dtype.kind == "O"


def test_text_and_numbers_are_brought_together_only_where_all_of_it_is_numbers():
    first, second = alike_labels(["6", "0"], [0.0, 6.0])
    assert (first.tolist(), second.tolist()) == ([6, 0], [0, 6])
    first, second = alike_labels(["frown"], [3])
    assert (first.tolist(), second.tolist()) == (["frown"], [3])


def test_numbers_of_emotions_become_their_names_beside_words_of_which_one_is_an_emotion():
    first, second = alike_labels(["happy", "calm"], np.array([3, 6]))
    assert (first.tolist(), second.tolist()) == (["happy", "calm"], ["happy", "neutral"])
    first, second = alike_labels([3, 9], ["happy"])
    assert (first.tolist(), second.tolist()) == ([3, 9], ["happy"])


def test_whole_numbers_beyond_63_bits_stay_apart():
    labels = plain_labels(np.array([0, 2**63, 2**63 + 1], dtype=object))
    assert (labels.dtype, len(np.unique(labels))) == (np.uint64, 3)
    assert plain_labels(np.array([-1, 2**63], dtype=object)).dtype == object


@pytest.mark.parametrize(
    ("labels", "taken"),
    [
        ([0, 1], {"0": "angry", "1": "disgust"}),
        (["3", "6"], {"3": "happy", "6": "neutral"}),
        ([1.0, 2.0], {"1.0": "disgust", "2.0": "fear"}),
        (range(7), {}),
        (range(8), {}),
        ([7, 8], {}),
        (["angry", "happy"], {}),
        (["0_angry", "1"], {}),
        ([False, True], {}),
        ([], {}),
    ],
)
def test_numbers_are_doubtful_where_some_of_the_seven_are_missing(labels, taken):
    assert taken_for_emotions(labels) == taken


def test_all_seven_numbers_are_doubtful_where_that_is_asked():
    taken = taken_for_emotions(range(7), all_seven=True)
    assert taken == {str(number): name for number, name in enumerate(EMOTIONS)}
    assert taken_for_emotions(range(8), all_seven=True) == {}


@pytest.mark.parametrize(
    ("labels", "known", "places"),
    [
        ([3, 4], ["happy", "sad"], [0, 1]),
        (["sad", "happy", "calm"], range(7), [4, 3, -1]),
        ([0, 3, 9], range(7), [0, 3, -1]),
        ([0, 3], [3, 0, 9], [1, 0]),
        (["0", "3", "9"], [0.0, 3.0], [0, 1, -1]),
        ([3.0, 9.5], [9.5, 3], [1, 0]),
        (["a", "b"], ["b", "c"], [-1, 0]),
        ([True, False], [False, True], [1, 0]),
    ],
)
def test_classes_are_found_by_their_names_or_else_as_they_are_written(labels, known, places):
    assert match_classes(labels, known) == places


@given(st.lists(st.one_of(st.integers(0, 20), st.integers(0, 9).map(float)), unique=True))
def test_each_class_is_found_among_themselves(labels):
    assert match_classes(labels, labels) == list(range(len(labels)))
