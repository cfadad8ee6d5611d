"""What the names of folders tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets._class_folders import (
    FolderNamesError,
    csv_within,
    data_within,
    doubtful,
    folder_of_folders,
    is_split,
    meanings,
    split_word,
)


@given(st.text(max_size=12))
def test_any_name_is_a_split_or_none(name):
    assert is_split(name) in (True, False)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["happy", "sad"], []),
        (["happy", "anger", "anger"], ["anger"]),
        (["0", "6"], []),
        (["0", "6", "7"], ["0", "6", "7"]),
        (["1", "2", "smile"], ["smile"]),
    ],
)
def test_one_number_too_many_makes_all_numbers_doubtful(names, expected):
    assert doubtful(names) == expected


def test_a_message_offers_what_words_seem_to_mean():
    error = FolderNamesError("x: no emotions", ["Anger", "joy", "8"])
    assert error.suggested == {"Anger": "angry", "joy": "happy", "8": "?"}
    assert str(error).startswith("x: no emotions; or say which folder is which emotion")
    assert isinstance(error, ValueError)


def test_folders_mean_what_one_says_and_else_their_names():
    assert meanings(["A", "b", "c"], {"a": "happy", "b": None}) == {
        "A": "happy",
        "b": None,
        "c": "c",
    }
    with pytest.raises(ValueError, match="but there are no such folders"):
        meanings(["a"], {"b": "happy"})
    with pytest.raises(ValueError, match="class_names has 'A' twice, upper or lower case"):
        meanings(["a"], {"a": "sad", "A": "happy"})


def test_accents_may_be_coded_either_way():
    parted, whole = "fro\u0308hlich", "fr\u00f6hlich"
    assert meanings([parted], {whole: "happy"}) == {parted: "happy"}
    assert meanings([whole], {parted: "happy"}) == {whole: "happy"}
    assert meanings([parted, whole, "A"], {"a": parted}) == dict.fromkeys(
        [parted, whole, "A"], whole
    )


def test_a_search_for_data_ends_though_folders_do_not(tmp_path):
    deep = tmp_path
    for _ in range(12):
        deep = deep / "a"
    (deep / "train" / "happy").mkdir(parents=True)
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    assert data_within(tmp_path) is None
    assert folder_of_folders(tmp_path) is not None


def test_the_nearest_data_are_found(tmp_path):
    (tmp_path / "b" / "deep" / "train" / "happy").mkdir(parents=True)
    (tmp_path / "c" / "happy").mkdir(parents=True)
    (tmp_path / "c" / "sad").mkdir()
    assert data_within(tmp_path) == tmp_path / "c"


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("train", "train"),
        ("Train_set", "train"),
        ("FER2013Test", "test"),
        ("fer2013_valid", "valid"),
        ("validation-data", "validation"),
        ("test images", "test"),
        ("Testset", "test"),
        ("fer2013", ""),
    ],
)
def test_what_tells_a_split_stands_among_other_words(name, word):
    assert split_word(name) == word
    assert is_split(name) == bool(word)


@pytest.mark.parametrize("name", ["happy", "sunset", "trainer", "contest", "images", "data"])
def test_other_words_are_no_splits(name):
    assert not is_split(name)


def test_names_that_tell_nothing_wrong_ask_for_nothing():
    assert str(FolderNamesError("faces: holds splits", [])) == "faces: holds splits"


@pytest.mark.parametrize("name", ["ckextended.csv", "faces.CSV", "faces.csv.gz"])
def test_a_table_in_a_folder_is_found(name, tmp_path):
    assert csv_within(tmp_path) is None
    (tmp_path / "._x.csv").touch()
    (tmp_path / "notes.txt").touch()
    assert csv_within(tmp_path) is None
    (tmp_path / name).touch()
    assert csv_within(tmp_path) == tmp_path / name
