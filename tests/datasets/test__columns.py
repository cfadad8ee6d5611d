"""Which columns of a table are pictures, labels and splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from fernet.datasets._columns import ColumnError, Heads, find_columns

SOURCE = Path("labels.csv")


def found(names, pictures=(), image=None, label=None):
    return find_columns(Heads(SOURCE, names, True, "its columns"), pictures, image, label)


@pytest.mark.parametrize(
    ("names", "pictures", "columns"),
    [
        (["image", "label"], [], (0, 1, None, None)),
        (["Emotion Label", "Image-Path"], [], (1, 0, None, None)),
        (["id", "face", "mood"], [1], (1, 2, None, None)),
        (["split", "pth", "expression", "valence"], [1], (1, 2, 0, None)),
        (["image", "crop", "label"], [1], (1, 2, None, None)),
        (["subject", "image", "mood"], [1], (1, 2, None, 0)),
        (["image", "Person_ID", "split", "label"], [0], (0, 3, 2, 1)),
        (["image", "person"], [0], (0, 1, None, None)),
    ],
)
def test_names_and_values_tell_the_columns(names, pictures, columns):
    assert found(names, pictures) == columns


def test_what_the_user_says_counts_more():
    assert found(["image", "label", "mood"], [0], label="mood") == (0, 2, None, None)
    assert found(["image", "label", "split"], [0], image=1, label="Split") == (1, 2, None, None)


@pytest.mark.parametrize(
    ("names", "pictures", "fault"),
    [
        (["a", "b"], [], r"a column of the image .* 'a', 'b'; call one 'image' there"),
        (["a", "b", "label"], [0, 1], "which column is the image"),
        (["image", "a", "b"], [0], "which column is the label"),
        (["image", "label", "emotion"], [0], "which column is the label"),
        (["image", "id"], [0], "a column of the label"),
    ],
)
def test_columns_that_are_not_to_be_told_are_asked_for(names, pictures, fault):
    with pytest.raises(ColumnError, match=fault) as caught:
        found(names, pictures)
    assert str(caught.value).startswith(caught.value.fault)
    assert str(caught.value).endswith("_column")


def test_first_values_are_no_names():
    heads = Heads(SOURCE, ["a.png", "label"], False, "its first line")
    assert find_columns(heads, [0], None, None) == (0, 1, None, None)
    with pytest.raises(ValueError, match=r"label_column='label', but its first line has 'a\.png'"):
        find_columns(heads, [0], None, "label")
