"""The per-emotion report: the report's own tables, and scikit-learn's figures for any labels."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix

from fernet._io.text_columns import n_columns
from fernet.emotions import EMOTIONS
from fernet.metrics import (
    labels_from_confusion,
    per_emotion_report,
    per_emotion_report_from_confusion,
)

# Table 6: the MLP on FER2013's PublicTest. Rows actual, columns predicted: the headings say so,
# though the text of section 5.5 says the opposite. Only this reading gives Table 5.
TABLE_6 = np.array(
    [
        [165, 1, 61, 86, 81, 17, 56],
        [8, 23, 4, 6, 8, 1, 6],
        [70, 5, 166, 59, 71, 41, 84],
        [70, 5, 46, 572, 69, 27, 106],
        [86, 5, 90, 106, 217, 30, 119],
        [32, 0, 43, 30, 19, 258, 33],
        [69, 3, 66, 96, 86, 31, 256],
    ]
)
# Accuracy, precision, recall, F1 in percent, as printed.
TABLE_5 = np.array(
    [
        [82.25, 33.0, 35.33, 34.12],
        [98.55, 54.76, 41.07, 46.94],
        [82.17, 34.87, 33.47, 34.16],
        [80.33, 59.89, 63.91, 61.84],
        [78.54, 39.38, 33.23, 36.05],
        [91.53, 63.70, 62.17, 62.93],
        [78.96, 38.78, 42.17, 40.41],
    ]
)
# Four cells of Table 5 were cut off after the second decimal where the others are rounded:
# (row, column): the rounded value.
TABLE_5_CUT_OFF = {(0, 3): 34.13, (3, 1): 59.90, (4, 0): 78.55, (6, 1): 38.79}
# Tables 7 and 8: the CNN.
TABLE_7 = np.array(
    [
        [230, 0, 54, 31, 69, 14, 68],
        [19, 20, 5, 3, 6, 0, 3],
        [72, 1, 159, 42, 95, 33, 94],
        [34, 0, 21, 720, 32, 21, 67],
        [105, 0, 59, 64, 271, 9, 145],
        [24, 0, 33, 24, 19, 291, 24],
        [67, 0, 45, 72, 110, 5, 308],
    ]
)
# Accuracy in percent; precision, recall and F1 under headings that say "(%)" but are fractions.
TABLE_8 = np.array(
    [
        [84.48, 0.42, 0.49, 0.45],
        [98.97, 0.95, 0.36, 0.52],
        [84.56, 0.42, 0.32, 0.36],
        [88.55, 0.75, 0.80, 0.78],
        [80.13, 0.45, 0.42, 0.43],
        [94.26, 0.78, 0.70, 0.74],
        [80.49, 0.43, 0.51, 0.47],
    ]
)
RATES = ("accuracy", "precision", "recall", "f1-score")


def rates_of(report):
    return np.array([[report[name][rate] for rate in RATES] for name in report.target_names])


def test_table_6_yields_table_5_once_its_cut_off_cells_are_rounded():
    expected = TABLE_5.copy()
    for cell, rounded in TABLE_5_CUT_OFF.items():
        expected[cell] = rounded

    percent = 100 * rates_of(per_emotion_report_from_confusion(TABLE_6))

    np.testing.assert_array_equal(np.round(percent, 2), expected)
    for cell in TABLE_5_CUT_OFF:
        assert np.floor(100 * percent[cell]) / 100 == TABLE_5[cell]


def test_table_6_yields_the_classification_rate_of_section_5_5():
    report = per_emotion_report_from_confusion(TABLE_6)

    assert round(100 * report["accuracy"], 2) == 46.17
    assert report["macro avg"]["support"] == 3589


def test_table_7_yields_table_8_with_its_fractions_read_as_fractions():
    rates = rates_of(per_emotion_report_from_confusion(TABLE_7))

    np.testing.assert_array_equal(np.round(100 * rates[:, 0], 2), TABLE_8[:, 0])
    np.testing.assert_array_equal(np.round(rates[:, 1:], 2), TABLE_8[:, 1:])


def test_table_7_has_lost_one_angry_face_of_the_3589():
    difference = TABLE_6.sum(axis=1) - TABLE_7.sum(axis=1)

    np.testing.assert_array_equal(difference, [1, 0, 0, 0, 0, 0, 0])


def test_the_transpose_of_table_6_does_not_yield_table_5():
    rates = 100 * rates_of(per_emotion_report_from_confusion(TABLE_6.T))

    assert np.abs(rates - TABLE_5).max() > 5


# scikit-learn's confusion_matrix warns where a single class occurs; fernet's report does not.
one_class_warns = pytest.mark.filterwarnings("ignore:A single label was found:UserWarning")
labelled_pairs = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.int64, n, elements=st.integers(0, 6)),
        hnp.arrays(np.int64, n, elements=st.integers(0, 6)),
    )
)


@one_class_warns
@given(labelled_pairs, st.booleans())
def test_every_figure_is_scikit_learns(pair, as_strings):
    y_true, y_pred = pair
    names = None
    if as_strings:
        y_true, y_pred = np.array(EMOTIONS)[y_true], np.array(EMOTIONS)[y_pred]
    else:
        names = [EMOTIONS[label] for label in np.union1d(y_true, y_pred)]

    report = per_emotion_report(y_true, y_pred)

    # scikit-learn leaves "accuracy" out, and writes "micro avg" instead, only for chosen labels.
    theirs = classification_report(
        y_true, y_pred, target_names=names, output_dict=True, zero_division=0
    )
    assert set(report) == set(theirs)
    assert report["accuracy"] == pytest.approx(theirs["accuracy"], abs=1e-12)
    for name in set(theirs) - {"accuracy"}:
        shared = {key: report[name][key] for key in theirs[name]}
        assert shared == pytest.approx(theirs[name], abs=1e-12)
    for label, name in zip(report.labels, report.target_names, strict=True):
        one_against_rest = accuracy_score(y_true == label, y_pred == label)
        assert report[name]["accuracy"] == pytest.approx(one_against_rest, abs=1e-12)
    np.testing.assert_array_equal(report.confusion_matrix, confusion_matrix(y_true, y_pred))


@given(labelled_pairs, st.data())
def test_weights_count_samples_as_scikit_learns_do(pair, data):
    y_true, y_pred = pair
    weight = data.draw(hnp.arrays(np.float64, len(y_true), elements=st.floats(0.125, 8)))

    report = per_emotion_report(y_true, y_pred, sample_weight=weight)

    theirs = classification_report(
        y_true,
        y_pred,
        target_names=report.target_names,
        sample_weight=weight,
        output_dict=True,
        zero_division=0,
    )
    assert report["weighted avg"]["f1-score"] == pytest.approx(theirs["weighted avg"]["f1-score"])
    assert report["accuracy"] == pytest.approx(theirs["accuracy"])


@given(labelled_pairs)
def test_labels_and_their_confusion_matrix_give_the_same_report(pair):
    report = per_emotion_report(*pair)

    again = per_emotion_report(*labels_from_confusion(report.confusion_matrix))
    direct = per_emotion_report_from_confusion(report.confusion_matrix, labels=report.labels)

    assert direct == report
    assert list(again.values()) == list(report.values())


@given(labelled_pairs, st.permutations(range(7)))
def test_the_order_of_labels_orders_rows_and_changes_no_figure(pair, order):
    y_true, y_pred = pair
    sorted_report = per_emotion_report(y_true, y_pred, labels=range(7))

    report = per_emotion_report(y_true, y_pred, labels=order)

    assert report.target_names == [EMOTIONS[label] for label in order]
    for name in EMOTIONS:
        assert report[name] == sorted_report[name]
    assert report["accuracy"] == sorted_report["accuracy"]


@pytest.mark.parametrize("label", [3, "happy"])
def test_a_single_class_makes_a_report_without_a_warning(label):
    assert per_emotion_report([label], [label])["happy"]["f1-score"] == 1.0


def test_samples_of_classes_that_are_not_shown_still_count():
    y_true, y_pred = [0, 0, 1, 2, 2], [0, 1, 1, 0, 2]

    report = per_emotion_report(y_true, y_pred, labels=[0])

    assert report["angry"] == per_emotion_report(y_true, y_pred)["angry"]
    assert report["accuracy"] == 3 / 5
    np.testing.assert_array_equal(report.confusion_matrix, [[1]])


def test_the_accuracys_interval_counts_all_samples_and_narrows_with_them():
    true, pred = [0, 0, 1, 1, 2] * 10, [0, 0, 1, 0, 0] * 10
    low, high = per_emotion_report(true, pred).accuracy_interval
    assert low == pytest.approx(binomtest(30, 50).proportion_ci(method="wilson").low)

    assert per_emotion_report(true, pred, labels=[0]).accuracy_interval == (low, high)
    assert per_emotion_report(true, pred, sample_weight=[2] * 50).accuracy_interval[0] > low
    narrower = per_emotion_report(true * 4, pred * 4).accuracy_interval
    assert low < narrower[0] < 0.6 < narrower[1] < high


def test_numbers_of_emotions_are_compared_with_their_names():
    words, numbers = ["happy", "sad", "happy", "neutral"], [3, 4, 4, 6]
    for report in (per_emotion_report(words, numbers), per_emotion_report(numbers, words)):
        assert report["accuracy"] == 3 / 4
        assert report.target_names == ["happy", "neutral", "sad"]


def test_an_emotion_nobody_shows_or_predicts_has_rates_of_zero():
    report = per_emotion_report([0, 1], [0, 1], labels=range(3))

    expected = {"accuracy": 1.0, "precision": 0.0, "recall": 0.0, "f1-score": 0.0, "support": 0}
    assert report["fear"] == expected


def test_the_text_has_no_recall_of_emotions_nobody_shows_nor_a_mean_with_them():
    true, pred = ["happy", "happy", "sad"], ["happy", "fear", "sad"]
    report = per_emotion_report(true, pred, labels=["happy", "sad", "fear", "calm"])

    assert report.absent == ["fear", "calm"]
    lines = {line[:15].strip(): line[15:].split() for line in str(report).splitlines()}
    assert lines["fear"] == ["66.67", "0.00", "-", "-", "0"]
    assert lines["calm"] == ["100.00", "-", "-", "-", "0"]
    assert lines["macro mean of 2"] == ["83.33", "100.00", "75.00", "83.33", "3"]
    assert "not in the macro mean, as no face shows them: fear, calm" in str(report)
    assert report["macro avg"]["recall"] == pytest.approx(0.375)
    assert report.mean_of_present["recall"] == pytest.approx(0.75)


@given(labelled_pairs)
def test_where_all_emotions_are_shown_the_mean_is_scikit_learns(pair):
    true, pred = pair
    report = per_emotion_report(true, pred, labels=np.unique(true))
    assert report.mean_of_present == pytest.approx(report["macro avg"])
    assert report.remark_on_absent() == ""
    assert [name for name, _ in report.shown_rows()][-2] == "macro mean"


def test_names_for_all_classes_show_the_classes_that_do_not_occur():
    report = per_emotion_report([0, 3], [0, 3], target_names=EMOTIONS)

    assert report.target_names == list(EMOTIONS)
    assert report["disgust"]["support"] == 0


@pytest.mark.parametrize(
    ("labels", "names"),
    [([0, 7], ["0", "7"]), (["b", "a"], ["a", "b"]), ([2, 6], ["fear", "neutral"])],
)
def test_labels_other_than_fer2013s_name_themselves(labels, names):
    assert per_emotion_report(labels, labels).target_names == names


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([], []), {}, "y_true is empty"),
        (([0, 1], [0]), {}, "y_true has 2 labels but y_pred has 1"),
        (([[0], [1]], [0, 1]), {}, r"y_true must have one dimension, but its shape is \(2, 1\)"),
        (([0, 1], [0, 1]), {"labels": [5]}, r"labels: none of \[5\] occurs in y_true"),
        (([0, 1], [0, 1]), {"labels": [1, 1]}, "labels must be a list of different labels"),
        (([0, 1], [0, 1]), {"target_names": ["a"]}, "target_names has 1 names for 2 labels"),
        (([0, 1], [0, 1]), {"target_names": ["a", "a"]}, "'a' is used twice"),
        (([0, 1], [0, 1]), {"target_names": ["a", "macro avg"]}, "'macro avg' is used twice or"),
        (([0, 1], [0, 1]), {"sample_weight": [1.0]}, r"sample_weight has shape \(1,\); expected"),
        (([0, 1], [0, 1]), {"sample_weight": [2.0, -1.0]}, "sample_weight holds a negative"),
        (([0, 1], [0, 1]), {"sample_weight": [2.0, np.nan]}, "sample_weight contains NaN"),
        (([2.5, 0, 1], [0, 1, 1]), {}, "^y_true holds 2.5; expected labels, whole numbers or"),
        (([0, 1], [0, np.inf]), {}, "^y_pred holds inf; expected labels, whole numbers or words"),
        (
            (["a", "b"], [0, 1]),
            {},
            "y_true holds 'a' and y_pred 0; expected labels of one kind, words or numbers",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_name(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        per_emotion_report(*arguments, **options)


@pytest.mark.parametrize("missing", [None, float("nan")])
@pytest.mark.parametrize("others", [["happy", "sad"], [3, 4]])
@pytest.mark.parametrize("make", [list, lambda labels: np.array(labels, dtype=object)])
def test_a_missing_label_is_no_emotion_of_its_own(missing, others, make):
    whole, with_gap = make([*others, others[0]]), make([*others, missing])
    with pytest.raises(ValueError, match=r"y_true\[2\] is (None|nan); expected a label"):
        per_emotion_report(with_gap, whole)
    with pytest.raises(ValueError, match=r"y_pred\[2\] is (None|nan); expected a label"):
        per_emotion_report(whole, with_gap)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 2]], r"square, but its shape is \(1, 2\)"),
        ([], "square"),
        ([[1, -1], [0, 0]], "negative"),
        ([[np.nan, 0], [0, 0]], "not finite"),
        ([["a", "b"], ["c", "d"]], "must hold numbers"),
    ],
)
def test_what_is_no_confusion_matrix_is_refused(matrix, message):
    with pytest.raises(ValueError, match=message):
        per_emotion_report_from_confusion(matrix)


def test_names_must_fit_the_matrix():
    with pytest.raises(ValueError, match="target_names has 3 names for 2 labels"):
        per_emotion_report_from_confusion(np.eye(2), target_names=["a", "b", "c"], labels=[0, 1])
    with pytest.raises(ValueError, match="labels has 3 entries for a matrix of 2 rows"):
        per_emotion_report_from_confusion(np.eye(2), labels=[0, 1, 2])


def test_the_text_shows_every_figure_of_table_5():
    text = str(per_emotion_report_from_confusion(TABLE_6))

    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert rows["disgust"] == ["98.55", "54.76", "41.07", "46.94", "56"]
    assert list(rows)[1:8] == list(EMOTIONS)
    assert "accuracy over all classes: 46.17 %" in text
    assert len({len(line) for line in text.splitlines()[:8]}) == 1


def test_the_text_takes_the_digits_asked_for():
    report = per_emotion_report_from_confusion(TABLE_6)

    assert "46.2 %" in report.to_text(digits=1)
    assert "46.1688 %" in report.to_text(digits=4)


def test_names_of_wide_signs_leave_the_columns_in_line():
    report = per_emotion_report([0, 1, 2], [0, 1, 2], target_names=["高兴", "ハッピー", "sad"])
    head, *rows = (line for line in report.to_text().splitlines() if "accuracy over" not in line)
    assert {n_columns(row) for row in rows if row} == {n_columns(head)}


def test_large_counts_are_written_in_full():
    assert "12345679" in str(per_emotion_report_from_confusion([[12345678, 0], [0, 1]]))


def test_the_report_goes_through_json_pickle_and_copy():
    report = per_emotion_report_from_confusion(TABLE_6)

    assert json.loads(json.dumps(report.to_dict())) == report
    for twin in (pickle.loads(pickle.dumps(report)), copy.deepcopy(report)):
        assert twin == report
        assert twin.labels == report.labels
        assert str(twin) == str(report)


def test_changing_the_plain_dict_leaves_the_report_alone():
    report = per_emotion_report([0, 1], [0, 1])

    report.to_dict()["angry"]["recall"] = 9

    assert report["angry"]["recall"] == 1.0


@pytest.mark.parametrize(
    "write",
    [
        lambda y: [float(label) for label in y],
        lambda y: [str(label) for label in y],
        lambda y: np.array(y, dtype=object),
        lambda y: pd.Series(y, dtype="Int64"),
    ],
    ids=["float", "text", "object", "Int64"],
)
def test_the_same_emotions_written_otherwise_are_the_same(write):
    true, pred = [0, 3, 6, 6], [0, 6, 6, 3]
    expected = per_emotion_report(true, pred)
    assert list(expected)[:3] == ["angry", "happy", "neutral"]
    for report in (
        per_emotion_report(write(true), write(pred)),
        per_emotion_report(true, write(pred)),
        per_emotion_report(write(true), pred),
        per_emotion_report(write(true), write(pred), labels=[0, 3, 6]),
        per_emotion_report(true, pred, labels=write([0, 3, 6])),
    ):
        assert report == expected


def test_numbers_that_need_not_be_fer2013s_are_told():
    labels = [0, 1, 2]
    told = "0, 1, 2 are called as FER2013 does; target_names calls them otherwise"
    assert str(per_emotion_report(labels, labels)).splitlines()[-1] == told
    named = per_emotion_report(labels, labels, target_names=["calm", "tense", "odd"])
    whole = per_emotion_report(range(7), range(7))
    words = per_emotion_report(["angry", "sad"], ["angry", "sad"])
    assert all(report.note == "" for report in (named, whole, words))
    assert str(whole).endswith("%")


@pytest.mark.parametrize("names", [{"fear", "joy"}, {0: "fear", 1: "joy"}, {"fear": 0, "joy": 1}])
def test_what_has_no_order_of_its_own_names_no_classes(names):
    with pytest.raises(ValueError, match=r"^target_names is a (set|dict); expected a list"):
        per_emotion_report([0, 1], [0, 1], target_names=names)


def test_names_that_are_other_labels_words_are_refused():
    words = ["happy", "neutral", "sad", "surprise", "angry", "disgust", "fear"]
    with pytest.raises(ValueError, match="target_names calls 'neutral' 'sad', which is another la"):
        per_emotion_report(words, words, target_names=EMOTIONS)
    with pytest.raises(ValueError, match="target_names calls 'happy' 'sad', which is another labe"):
        per_emotion_report_from_confusion(
            np.eye(2, dtype=int), labels=["happy", "sad"], target_names=["sad", "happy"]
        )
    named = per_emotion_report(
        ["happy", "sad"], ["happy", "sad"], target_names=["happy", "unhappy"]
    )
    assert set(named) >= {"happy", "unhappy"}


def test_numbers_in_text_are_the_same_however_they_are_written():
    assert per_emotion_report(["6.0", "3.0", "3.0"], ["6", "3", "3"])["accuracy"] == 1
    assert per_emotion_report(["06", "3"], ["6", "3"])["accuracy"] == 1
