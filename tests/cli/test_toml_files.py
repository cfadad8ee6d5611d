"""TOML files of a command: what is written is read again, and misspellings are pointed out."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.cli.errors import InputError
from fernet.cli.toml_files import did_you_mean, read_toml, toml_text

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
plain = st.booleans() | numbers | texts
values = st.recursive(
    plain,
    lambda part: st.lists(part, max_size=3) | st.dictionaries(texts, part, max_size=3),
    max_leaves=9,
)
tables = st.dictionaries(texts, values, max_size=5)


@given(tables)
def test_what_is_written_is_read_as_the_same(document):
    assert tomllib.loads(toml_text(document)) == document


def test_nothing_is_written_of_none_and_tuples_are_lists():
    assert tomllib.loads(toml_text({"a": None, "b": (1, (2, 3))})) == {"b": [1, [2, 3]]}


def test_keys_are_read_with_dashes_or_underscores(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text("soft-labels = true\nsample_weight = 'a'\n")

    assert read_toml(path, ["soft_labels", "sample_weight"]) == {
        "soft_labels": True,
        "sample_weight": "a",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seeds = 1", r"run\.toml: 'seeds' is unknown; did you mean seed\?"),
        ("colour = 1", r"run\.toml: 'colour' is unknown; expected one of model, seed"),
        ("seed = ", r"run\.toml: not TOML"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, text, message):
    path = tmp_path / "run.toml"
    path.write_text(text)

    with pytest.raises(InputError, match=message):
        read_toml(path, ["seed", "model"])


def test_a_byte_order_mark_as_windows_editors_write_is_passed_over(tmp_path):
    path = tmp_path / "run.toml"
    path.write_bytes(b"\xef\xbb\xbfseed = 3\n")
    assert read_toml(path, ["seed"]) == {"seed": 3}


def test_a_file_of_bytes_is_refused(tmp_path):
    path = tmp_path / "run.toml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InputError, match="not TOML"):
        read_toml(path, ["seed"])


def test_two_words_that_are_as_near_are_both_named():
    assert did_you_mean("beta_", ["beta_1", "beta_2", "seed"]) == "did you mean beta_1 or beta_2?"
    assert did_you_mean("droput", ["dropout", "seed", "dropout"]) == "did you mean dropout?"
