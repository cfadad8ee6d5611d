"""Errors' messages on one line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fernet._io.errors import ModelFileError, one_line


@given(st.text())
def test_a_message_is_one_short_line_that_is_never_empty(text):
    line = one_line(ValueError(text))
    assert 0 < len(line) <= 300
    assert len(line.splitlines()) == 1
    assert line == " ".join(text.split()) or line.endswith("...") or line == "ValueError"


def test_callers_may_catch_it_as_a_value_error():
    assert issubclass(ModelFileError, ValueError)
