"""Words that tell training from test."""

from __future__ import annotations

import pytest

from fernet.datasets._splits import UnknownSplitError, split_in, usages


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("train/happy/1.png", "train"),
        (r"faces\Test\1.png", "Test"),
        ("train_00001_aligned.jpg", "train"),
        ("validation-00000-of-00001.parquet", "validation"),
        ("test.parquet", "test"),
        ("trains/1.png", ""),
        ("/home/me/training/fer/test/3.png", "test"),
        ("D:\\valid\\train\\test_1.png", "train"),
        ("contest_1.png", ""),
        ("", ""),
    ],
)
def test_a_files_folders_and_first_word_tell_its_split(name, word):
    assert split_in(name) == word


def test_words_count_before_names_of_files_and_names_only_if_all_tell():
    files = ["train_1.png", "test_1.png"]
    assert usages(["test", "train"], files) == ["PublicTest", "Training"]
    assert usages(["studio", "street"], files) == ["Training", "PublicTest"]
    assert usages(None, [*files, "1.png"]) == ["unspecified"] * 3


def test_test_is_the_last_of_two_or_three():
    assert usages(["train", "test"], ["", ""]) == ["Training", "PublicTest"]
    assert usages(["train", "val", "test"], [""] * 3) == ["Training", "PublicTest", "PrivateTest"]


def test_a_word_that_is_for_no_split_is_told_with_its_place():
    with pytest.raises(UnknownSplitError, match="'tset'") as caught:
        usages(["train", "test", "tset", "tset"], [""] * 4)
    assert caught.value.place == 2
