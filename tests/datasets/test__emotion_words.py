"""Emotions in names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets._emotion_words import emotion_label, means_emotion, other_words
from fernet.emotions import EMOTIONS


@given(
    label=st.integers(0, 6),
    number=st.integers(0, 99),
    separator=st.sampled_from(["_", "-", " ", ". ", "__"]),
    change=st.sampled_from([str.upper, str.title, str.lower]),
)
def test_an_emotion_is_known_by_name_by_number_or_by_both(label, number, separator, change):
    name = change(EMOTIONS[label])
    assert emotion_label(name) == label
    assert emotion_label(str(label)) == label
    assert emotion_label(f"{label}.0") == label
    assert emotion_label(f"{number}{separator}{name}") == label


@pytest.mark.parametrize(
    "name", ["", "7", "-1", "anger", "happy2", "3happy", "happy_3", "0_", "1.5"]
)
def test_other_names_are_no_emotions(name):
    assert emotion_label(name) is None


@given(st.text(max_size=12))
def test_any_name_has_an_answer(name):
    assert emotion_label(name) in (*range(7), None)
    assert means_emotion(name) >= (emotion_label(name) is not None)


def test_another_word_is_offered_for_its_emotion():
    assert other_words(["Anger", "happy", "calm"]) == {"Anger": "angry"}
