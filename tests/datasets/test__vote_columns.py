"""Columns of votes, and what they hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets._vote_columns import VoteColumns, find_vote_columns, read_votes

TABLE = Path("faces.csv")


def headers_of_votes(shown, first, besides=(), explained=()):
    found = find_vote_columns(TABLE, shown, first, besides, explained)
    return None if found is None else found.headers


@pytest.mark.parametrize(
    ("shown", "first", "votes"),
    [
        (["file", "happy", "sad"], ["a.png", "3", "1"], ["happy", "sad"]),
        (["file", "Anger", "contempt"], ["a.png", "0.7", ""], ["Anger", "contempt"]),
        (["", "n_happy", "n_sad", "subject"], ["0", "3", "nan", "12"], ["n_happy", "n_sad"]),
        (["file", "happy", "sad"], ["a.png", "3", "-1"], None),
        (["file", "happy", "sad"], ["a.png", "yes", "no"], None),
        (["file", "happy"], ["a.png", "3"], None),
        (["file", "valence", "arousal"], ["a.png", "0.3", "0.1"], None),
    ],
)
def test_two_columns_of_numbers_called_after_emotions_are_votes(shown, first, votes):
    assert headers_of_votes(shown, first) == votes


def test_columns_of_other_names_are_votes_where_the_user_names_them():
    shown, first = ["file", "Calm", "tense"], ["a.png", "2", "0"]
    assert headers_of_votes(shown, first) is None
    assert headers_of_votes(shown, first, explained=["calm", "tense"]) == ["Calm", "tense"]


def test_a_column_of_numbers_that_may_be_no_votes_is_not_guessed_about():
    shown, first = ["file", "happy", "sad", "age"], ["a.png", "3", "1", "30"]
    with pytest.raises(
        ValueError, match=r"^faces\.csv: .*'age' may be none: name it in class_names"
    ):
        find_vote_columns(TABLE, shown, first, (), ())
    assert headers_of_votes(shown, first, besides=[3]) == ["happy", "sad"]
    assert headers_of_votes(shown, first, explained=["age"]) == ["happy", "sad", "age"]


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 99)), min_size=1, max_size=5))
def test_what_is_written_is_read(written):
    rows = [(line, ["a.png", repr(some), str(other)]) for line, (some, other) in enumerate(written)]
    read = read_votes(TABLE, VoteColumns(["happy", "sad"], [1, 2]), rows)
    np.testing.assert_array_equal(read.votes, written)


@pytest.mark.parametrize("word", ["many", "-1", "inf", "1;2"])
def test_what_is_no_number_of_votes_is_named(word):
    rows = [(2, ["a.png", "1", ""]), (3, ["b.png", "0", word])]
    with pytest.raises(ValueError, match=rf"faces\.csv, line 3: '{word}' in the column 'sad'"):
        read_votes(TABLE, VoteColumns(["happy", "sad"], [1, 2]), rows)
