"""Confusion matrices: written as tables, taken apart into labels, refused where they are none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fernet._io.text_columns import n_columns
from fernet.emotions import EMOTIONS
from fernet.metrics import (
    confusion_table,
    labels_from_confusion,
    per_emotion_report,
    per_emotion_report_from_confusion,
)

MATRIX = np.arange(49).reshape(7, 7)
MATRICES = st.integers(1, 6).flatmap(
    lambda n: hnp.arrays(
        st.sampled_from([np.int64, np.uint8, np.float32]), (n, n), elements=st.integers(0, 9)
    )
)


@given(MATRICES)
def test_labels_have_the_matrix_that_they_were_made_of(matrix):
    y_true, y_pred = labels_from_confusion(matrix)
    again = np.zeros(matrix.shape, int)
    np.add.at(again, (y_true, y_pred), 1)
    np.testing.assert_array_equal(again, matrix)
    assert (np.diff(y_true) >= 0).all()


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "float16"])
def test_a_small_dtype_overflows_in_no_sum(dtype):
    counts = np.array([[120, 100], [90, 110]])
    found = per_emotion_report_from_confusion(counts.astype(dtype))
    assert found == per_emotion_report_from_confusion(counts)


def test_labels_need_whole_counts():
    with pytest.raises(ValueError, match="not whole"):
        labels_from_confusion([[0.5, 0], [0, 1]])


def test_the_table_has_actual_rows_and_predicted_columns():
    lines = confusion_table(MATRIX).splitlines()

    assert lines[0].split() == [f"P{column}" for column in range(7)]
    assert [line.split()[:2] for line in lines[1:]] == [
        [f"A{row}", name] for row, name in enumerate(EMOTIONS)
    ]
    assert [[int(cell) for cell in line.split()[2:]] for line in lines[1:]] == MATRIX.tolist()
    assert len({len(line) for line in lines}) == 1


def test_the_table_has_the_labels_and_names_that_are_given():
    assert "A1  sad" in confusion_table(np.eye(2), labels=[3, 4])
    assert "A1  no" in confusion_table(np.eye(2), labels=[3, 4], target_names=["yes", "no"])
    with pytest.raises(ValueError, match="target_names has 3 names for 2 labels"):
        confusion_table(np.eye(2), target_names=["a", "b", "c"], labels=[0, 1])
    with pytest.raises(ValueError, match="labels has 3 entries for a matrix of 2 rows"):
        confusion_table(np.eye(2), labels=[0, 1, 2])


def test_names_of_wide_signs_leave_the_columns_in_line():
    lines = confusion_table(np.eye(3), target_names=["高兴", "ハッピー", "sad"]).splitlines()
    assert len({n_columns(line) for line in lines}) == 1


@pytest.mark.parametrize(
    ("matrix", "number"),
    [([[12345678, 0], [0, 1]], "12345678"), ([[0.1234567, 0], [0, 1]], "0.123457")],
)
def test_counts_are_written_in_full_and_weights_in_six_figures(matrix, number):
    assert f" {number} " in confusion_table(matrix)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 2]], r"square, but its shape is \(1, 2\)"),
        ([], "square"),
        ([[1, -1], [0, 0]], "negative"),
        ([[np.nan, 0], [0, 0]], "not finite"),
        ([["a", "b"], ["c", "d"]], "must hold numbers"),
        (np.ma.masked_equal([[1, 0], [2, 3]], 0), "matrix is a masked array with 1 masked entries"),
    ],
)
@pytest.mark.parametrize("function", [labels_from_confusion, confusion_table])
def test_what_is_no_confusion_matrix_is_refused(function, matrix, message):
    with pytest.raises(ValueError, match=message):
        function(matrix)


# -- tables that name their classes -----------------------------------------------------------

NAMES = ["happy", "neutral", "sad"]
COUNTS = np.array([[5, 1, 2], [0, 7, 3], [4, 0, 9]])
NAMED = pd.DataFrame(COUNTS, NAMES, NAMES)
TURNED = ["sad", "happy", "neutral"]


def test_a_data_frames_names_are_those_of_the_classes():
    expected = per_emotion_report_from_confusion(COUNTS, target_names=NAMES)
    assert per_emotion_report_from_confusion(NAMED) == expected
    assert confusion_table(NAMED) == confusion_table(COUNTS, target_names=NAMES)


def test_a_crosstab_is_the_report_of_its_labels():
    actual, predicted = np.repeat(NAMES, 4), np.resize(TURNED, 12)
    counts = pd.crosstab(actual, predicted)
    assert per_emotion_report_from_confusion(counts) == per_emotion_report(actual, predicted)


@pytest.mark.parametrize(
    "matrix", [NAMED[TURNED], NAMED.loc[TURNED], NAMED.loc[TURNED, TURNED], NAMED.astype("Int64")]
)
def test_rows_and_columns_are_found_by_name(matrix):
    report = per_emotion_report_from_confusion(matrix, target_names=NAMES)
    assert report == per_emotion_report_from_confusion(COUNTS, target_names=NAMES)
    assert per_emotion_report_from_confusion(matrix)["sad"] == report["sad"]
    assert confusion_table(matrix, target_names=NAMES) == confusion_table(NAMED)


def test_names_of_other_classes_are_the_users():
    names = ["gut", "neutral", "schlecht"]
    assert confusion_table(NAMED, target_names=names) == confusion_table(COUNTS, target_names=names)


def test_names_of_which_some_are_the_classes_in_other_places_are_refused():
    for order in (["sad", "neutral", "calm"], ["calm", "happy", "neutral"]):
        with pytest.raises(ValueError, match=r"matrix is of the classes .* in other places"):
            confusion_table(NAMED, target_names=order)
    with pytest.raises(ValueError, match="target_names has 2 names for 3 labels"):
        confusion_table(NAMED, target_names=["sad", "happy"])
    in_place = [NAMES[0], "autre", "autre chose"]
    assert in_place[0] in confusion_table(NAMED, target_names=in_place)


def test_columns_alone_name_both():
    columns = pd.DataFrame(COUNTS, columns=NAMES)
    assert confusion_table(columns) == confusion_table(NAMED)
    table = pytest.importorskip("pyarrow").table(columns)
    assert confusion_table(table) == confusion_table(NAMED)


def test_what_is_but_counted_has_the_names_of_numbers():
    counted = pd.DataFrame(COUNTS)
    assert confusion_table(counted) == confusion_table(COUNTS)


def test_rows_and_columns_of_different_classes_are_refused():
    other = NAMED.rename(columns={"sad": "fear"})
    with pytest.raises(ValueError, match=r"rows \['happy', .*\] and columns .*expected the same"):
        per_emotion_report_from_confusion(other)


def test_totals_are_no_class():
    totals = pd.crosstab(np.repeat(NAMES, 4), np.resize(TURNED, 12), margins=True)
    with pytest.raises(ValueError, match=r"^matrix ends with totals, 'All'; "):
        confusion_table(totals)
    assert confusion_table(totals.iloc[:-1, :-1])


def test_a_named_matrix_of_zeros_has_no_totals():
    empty = pd.DataFrame(np.zeros((3, 3), int), NAMES, NAMES)
    assert confusion_table(empty)
