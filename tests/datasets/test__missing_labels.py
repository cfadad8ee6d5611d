"""Rows of a data set that have no label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fernet.datasets._missing_labels import label_of, missing_among, with_missing, words_of

SOURCE = Path("faces.csv")
WRITTEN_FOR_NONE = ["", "-1", "-12", "-1.0", "nan", "NaN", "None", "<NA>", "NA", "null", "NULL"]


def labels_of(*words):
    return [label_of(word, f"{SOURCE}, line {line}", None) for line, word in enumerate(words, 1)]


@pytest.mark.parametrize("word", WRITTEN_FOR_NONE)
def test_what_is_written_where_a_value_is_missing_is_no_label(word):
    (label,) = labels_of(word)
    assert str(label) == "faces.csv, line 1: no label" + (f" ({word})" if word else "")
    assert label_of(word, "", {word: None}) == label_of(word, "", {word.lower(): "x"}) == word


@pytest.mark.parametrize("word", ["0", "-0", "1", "none", "-", "Nancy", "-1st", "-calm", "1-2"])
def test_other_words_are_labels(word):
    assert labels_of(word) == [word]


def test_labels_that_are_missing_are_numbered_apart():
    labels = labels_of("x", "-1", "y")
    assert words_of(labels) == ["x", "y"]
    assert with_missing(labels, np.array([4, 5])).tolist() == [4, -1, 5]


def test_only_rows_that_are_wanted_count():
    labels = labels_of("x", "-1", "")
    told = missing_among(labels, np.array([True, False, True]), SOURCE, "skip")
    assert told == ["faces.csv, line 3: no label"]
    assert missing_among(labels, np.array([True, False, False]), SOURCE, "raise") == []
    with pytest.raises(ValueError, match="none of 1 images has a label; say by class_names what"):
        missing_among(labels, np.array([False, True, False]), SOURCE, "skip")
    with pytest.raises(ValueError, match="none of 1 images has a label; expected two classes"):
        missing_among(labels, np.array([False, False, True]), SOURCE, "skip")
