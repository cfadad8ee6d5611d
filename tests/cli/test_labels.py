"""``--labels`` and ``--sample-weight``."""

from __future__ import annotations

from pathlib import Path

import pytest

from fernet.cli.errors import InputError
from fernet.cli.labels import parse_labels, read_weights


def test_a_file_that_is_there_is_one_of_votes(tmp_path):
    (tmp_path / "votes.csv").touch()

    assert parse_labels("votes.csv", tmp_path) == tmp_path / "votes.csv"


def test_a_list_says_which_folder_is_which_emotion():
    assert parse_labels("anger=angry, 1=surprise,contempt=", Path()) == {
        "anger": "angry",
        "1": "surprise",
        "contempt": None,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("votes.csv", "'votes.csv' is no list such as .* and no file of votes"),
        ("", "is no list"),
        ("=angry", "is no list"),
        ("1=?", "in the place of each question mark"),
        ("a=sad,b=happy,a=happy", "a is both sad and happy; expected each name once"),
        ("a=,a=happy", "a is both left out and happy"),
    ],
)
def test_what_is_neither_is_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        parse_labels(text, tmp_path)


def test_weights_are_read_a_line_each(tmp_path):
    path = tmp_path / "weights.txt"
    path.write_text("\ufeff1\n\n0.5\n0\n", encoding="utf-8")

    assert read_weights(path, 3).tolist() == [1.0, 0.5, 0.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n-1\n", r"weights\.txt, line 2: '-1'; expected a weight, 0 or more"),
        ("1\n\nmany\n", r"line 3: 'many'"),
        ("nan\ninf\n", "line 1: 'nan'"),
        ("1\n", r"weights\.txt: 1 weights for 2 images"),
    ],
)
def test_what_are_no_weights_is_told_with_the_line(tmp_path, text, message):
    path = tmp_path / "weights.txt"
    path.write_text(text)

    with pytest.raises(InputError, match=message):
        read_weights(path, 2)


def test_weights_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "weights.npy"
    path.write_bytes(b"\x93NUMPY\xff")

    with pytest.raises(InputError, match="not a text file"):
        read_weights(path, 2)
