"""What votes in a table's columns come to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fernet.datasets import EMOTIONS
from fernet.datasets._counted_votes import count_votes
from fernet.datasets._vote_columns import TableVotes

TABLE = Path("faces.csv")
COUNTS = arrays(np.float64, st.tuples(st.integers(1, 6), st.just(3)), elements=st.integers(0, 4))
HEADERS = ["calm", "tense", "other"]


def counted(votes, class_names=None, headers=HEADERS):
    given_votes = TableVotes(headers, np.array(votes, np.float64))
    return count_votes(TABLE, given_votes, class_names)


@given(COUNTS)
def test_a_class_has_more_votes_than_any_other_and_else_there_is_none(votes):
    votes = np.vstack([votes, [1, 0, 0]])
    found = counted(votes)
    for row, label in zip(found.votes, found.target, strict=True):
        most = [name for name, count in zip(found.names, row, strict=True) if count == row.max()]
        assert (label < 0) == (len(most) > 1)
        assert label < 0 or most == [found.names[label]]


@given(COUNTS)
def test_shares_are_of_the_votes_for_labels_that_images_have(votes):
    found = counted(np.vstack([votes, [1, 0, 0]]))
    decided = np.flatnonzero(found.target >= 0)
    shares = found.shares(decided)
    np.testing.assert_array_equal(found.labels, np.unique(found.target[decided]))
    assert (shares.dtype, shares.shape) == (np.float32, (len(decided), len(found.labels)))
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert (found.labels[shares.argmax(axis=1)] == found.target[decided]).all()


@given(COUNTS)
def test_some_images_have_shares_of_the_same_labels_as_all(votes):
    found = counted(np.vstack([votes, [1, 0, 0]]))
    decided = np.flatnonzero(found.target >= 0)
    of_all = found.shares(decided)
    for place, row in enumerate(decided):
        np.testing.assert_array_equal(found.shares(np.array([row])), of_all[place : place + 1])


def test_votes_for_what_is_no_images_label_are_told_of():
    found = counted([[6, 0, 4], [0, 9, 1], [9, 9, 2], [0, 0, 0]])
    assert found.labels.tolist() == [0, 2]
    told = found.uncounted(np.array([0, 1]))
    assert (told.names, told.part) == (["other"], 0.25)
    assert told.remark() == (
        "votes for other, 25 % of all, left out of the shares: no image has such a label"
    )
    assert not found.uncounted(np.array([], int)).remark()
    assert not counted([[6, 3, 0], [0, 9, 0]]).uncounted(np.array([0, 1])).remark()


def test_votes_are_kept_as_they_are_written_in_the_order_of_the_classes():
    found = counted([[1, 2, 0.5]])
    assert (found.names, found.votes.tolist()) == (["calm", "other", "tense"], [[1, 0.5, 2]])


def test_votes_for_what_means_the_same_are_added_up():
    found = counted([[2, 2, 3]], {"tense": "calm", "other": "odd"})
    assert (found.names, found.votes.tolist(), found.target.tolist()) == (
        ["calm", "odd"],
        [[4, 3]],
        [0],
    )


def test_votes_for_what_is_left_out_do_not_count():
    found = counted([[1, 0, 9], [0, 0, 9]], {"other": None})
    assert found.target.tolist() == [0, -1]
    assert found.shares(np.array([0])).tolist() == [[1]]


def test_columns_of_emotions_have_their_numbers():
    found = counted([[3, 1, 0]], headers=["sad", "Happy", "2_fear"])
    assert found.names == list(EMOTIONS)
    assert found.target.tolist() == [EMOTIONS.index("sad")]


def test_what_is_left_out_is_counted_by_its_reason():
    found = counted([[2, 1, 0], [1, 1, 0], [0, 0, 0], [3, 3, 3]])
    everything = np.ones(4, bool)
    assert found.left_out(everything) == (
        "3 images left out for their votes: 2 with a tie, 1 without a vote"
    )
    assert found.left_out(np.array([True, False, True, False])) == (
        "1 images left out for their votes: 1 without a vote"
    )
    assert not found.left_out(found.target >= 0)


def test_votes_that_decide_nothing_are_refused():
    with pytest.raises(ValueError, match=r"faces.csv: none of 2 images has a class with the most"):
        counted([[1, 1, 0], [0, 0, 0]])
