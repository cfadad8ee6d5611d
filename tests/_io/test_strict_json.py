"""Strict JSON: what is written comes back, and nothing has two readings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet._io.strict_json import from_json, to_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(VALUES)
def test_what_is_written_comes_back(value):
    assert from_json(to_json(value)) == value
    assert from_json(to_json(value).encode()) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object, {1, 2}, b"bytes"], ids=str)
def test_only_text_and_finite_numbers_are_written(value):
    with pytest.raises(ValueError, match="expected only text and finite numbers"):
        to_json({"key": [value]})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":1,"a":2}', "a key occurs twice"),
        ('[{"a":1,"a":1}]', "a key occurs twice"),
        ("[NaN]", "NaN is not a number"),
        ("-Infinity", "-Infinity is not a number"),
        ("1e999", "Out of range"),
        ('"\\ud800"', "surrogates not allowed"),
        ("[" * 200000, "nested too deeply"),
        (b"\xff\xff", "decode"),
        ("", "Expecting value"),
        ("{} {}", "Extra data"),
        (3, "must be str"),
    ],
)
def test_what_has_two_readings_or_none_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        from_json(text)
