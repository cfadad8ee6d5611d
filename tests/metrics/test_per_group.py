"""Accuracy by groups of faces, and what is expected of their emotions."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, recall_score

from fernet.metrics import GroupAccuracy, GroupReport, per_group_report

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from(["a", "b", ""])), min_size=1
)


@given(ROWS)
def test_each_group_has_its_own_accuracy(rows):
    true, pred, groups = map(np.array, zip(*rows, strict=True))

    report = per_group_report(true, pred, groups)

    assert sorted(row.group for row in report.groups) == sorted(set(groups.tolist()))
    for row in report.groups:
        own = groups == row.group
        assert row.n_samples == own.sum()
        assert row.accuracy == pytest.approx(accuracy_score(true[own], pred[own]))
    assert report.accuracy == pytest.approx(accuracy_score(true, pred))


@given(ROWS)
def test_expected_is_the_mean_recall_of_its_faces_emotions(rows):
    true, pred, groups = map(np.array, zip(*rows, strict=True))
    labels = np.unique(true)
    recall = dict(zip(labels, recall_score(true, pred, labels=labels, average=None), strict=True))

    report = per_group_report(true, pred, groups)

    for row in report.groups:
        of_group = [recall[label] for label in true[groups == row.group]]
        assert row.expected == pytest.approx(np.mean(of_group))


def test_other_emotions_alone_leave_no_group_behind():
    true = np.repeat(["happy", "sad", "happy", "sad"], [900, 100, 100, 900])
    pred = true.copy()
    pred[np.flatnonzero(true == "sad")[::2]] = "happy"

    report = per_group_report(true, pred, np.repeat(["young", "old"], 1000))

    old, young = report.groups
    assert young.accuracy - old.accuracy > 0.3
    assert old.expected == pytest.approx(old.accuracy)
    assert report.behind == []


def test_a_group_whose_faces_are_known_worse_is_behind():
    true = np.tile(["happy", "sad"], 400)
    pred = true.copy()
    pred[:400:3] = "surprise"

    report = per_group_report(true, pred, np.repeat(["women", "men"], 400))

    assert [row.group for row in report.behind] == ["women"]
    assert "below what is expected  women" in report.to_text()


def test_of_many_groups_by_chance_alone_hardly_any_is_behind():
    rng = np.random.default_rng(0)
    groups = np.arange(20_000) % 100
    named = [
        per_group_report(np.zeros(20_000, int), (rng.random(20_000) > 0.6).astype(int), groups)
        for _ in range(40)
    ]
    assert sum(len(report.behind) > 0 for report in named) <= 4


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["20-39", "4-19", "100+", "40-69"], ["4-19", "20-39", "40-69", "100+"]),
        ([10, 9, 1], ["1", "9", "10"]),
        ([True, False], ["False", "True"]),
        (["S2", "S10", "actor", "s1"], ["S2", "S10", "actor", "s1"]),
        (["9" * 5000, "1"], ["1", "9" * 5000]),
    ],
)
def test_groups_are_in_order_and_numbers_within_names_by_size(names, order):
    report = per_group_report([0] * len(names), [0] * len(names), names)
    assert [row.group for row in report.groups] == order


def test_many_groups_tell_what_others_would_have():
    one = [GroupAccuracy(f"S{number}", 10, 5 + number % 3, 0.6) for number in range(9)]
    assert "on other such groups" not in GroupReport(one).to_text()

    low, high = GroupReport(one * 2).interval
    assert low < GroupReport(one).accuracy < high
    told = f"on other such groups    {100 * low:.1f} to {100 * high:.1f} % (95 % interval)"
    assert told in GroupReport(one * 2).to_text()


def test_faces_of_no_group_count_as_one_in_the_interval():
    named = [GroupAccuracy(name, 10, n, 0.6) for name, n in (("a", 4), ("b", 6), ("c", 8))]
    nobody, other = GroupAccuracy("", 10, 2, 0.6), GroupAccuracy("d", 10, 2, 0.6)
    report = GroupReport([*named, nobody])
    assert report.interval == GroupReport([*named, other]).interval != GroupReport(named).interval
    assert report.interval[0] < report.accuracy < report.interval[1]
    assert report.n_groups == 3


def test_one_group_tells_nothing_of_others():
    report = per_group_report([0, 1], [0, 0], ["all", "all"])
    assert report.interval == (0, 1)
    assert report.behind == []


def test_all_of_it_is_there_as_json_and_as_a_frame():
    report = per_group_report(["a", "b", "a"], ["a", "a", "a"], [2, 10, 10])

    assert json.loads(json.dumps(report.to_dict())) == report.to_dict()
    assert report.to_dict()["groups"] == report.to_records()
    frame = report.to_frame()
    assert frame["group"].tolist() == ["2", "10"]
    assert frame["accuracy"].tolist() == [1, 0.5]
    assert (frame["low"] <= frame["accuracy"]).all()
    assert (frame["accuracy"] <= frame["high"]).all()
    assert pickle.loads(pickle.dumps(report)) == report


def test_faces_of_no_group_have_a_row_and_count_as_no_group():
    ages = pd.Series([30, None, 30, 7, None])
    report = per_group_report([0, 1, 0, 1, 1], [0, 0, 0, 0, 1], ages)

    assert [(row.group, row.n_samples) for row in report.groups] == [("7", 1), ("30", 2), ("", 2)]
    assert report.accuracy == 3 / 5
    assert report.mean_accuracy == 0.5
    assert "mean of 2 groups" in report.to_text()
    as_text = per_group_report([0, 1, 0, 1, 1], [0, 0, 0, 0, 1], ["30", "", "30", "7", ""])
    assert as_text == report
    listed = per_group_report([0, 1, 0, 1, 1], [0, 0, 0, 0, 1], ["30", np.nan, "30", "7", np.nan])
    assert listed == report
    alone = per_group_report([0, 1], [0, 0], [None, float("nan")])
    assert (alone.mean_accuracy, alone.behind) == (0.5, [])


def test_numbers_of_emotions_and_their_names_are_the_same():
    words, numbers = ["happy", "sad", "calm"], [3, 4, 6]
    rows = per_group_report(words, numbers, ["a", "b", "b"]).groups
    assert [row.n_right for row in rows] == [1, 1]


def test_a_frames_column_is_groups():
    column = pd.Series(["f", "m", "f"], dtype="category")
    assert [row.n_samples for row in per_group_report([1, 1, 1], [1, 1, 1], column).groups] == [
        2,
        1,
    ]


@pytest.mark.parametrize(
    ("pred", "groups", "message"),
    [
        ([0, 1], ["a", "b", "c"], "y_true has 3 labels but y_pred has 2"),
        ([0, 1, 1], ["a", "b"], "groups has 2 entries for 3 labels"),
        (["x", "y", "x"], ["a", "b", "c"], "y_true holds 0 and y_pred 'x'; expected labels of one"),
        ([0, 1, 1], [["a"], ["b"], ["c"]], "groups must have one dimension"),
    ],
)
def test_what_does_not_fit_is_told(pred, groups, message):
    with pytest.raises(ValueError, match=message):
        per_group_report([0, 1, 1], pred, groups)


def test_a_report_has_a_group():
    with pytest.raises(ValueError, match="groups is empty"):
        GroupReport([])
