"""Names that have room in a folder, and those that can be written."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet._io.names import cut, is_utf8, printable


@given(st.text(max_size=60), st.integers(0, 120))
def test_what_is_cut_has_room_and_begins_as_it_did(name, n_bytes):
    short = cut(name, n_bytes)
    assert len(os.fsencode(short)) <= n_bytes
    assert name.startswith(short)


@given(st.binary(max_size=30))
def test_bytes_that_are_no_signs_can_not_be_written(raw):
    assert is_utf8(raw.decode("utf-8", "surrogateescape")) == (
        raw.decode("utf-8", "ignore").encode() == raw
    )


@given(st.text())
def test_a_printable_name_is_one_line_without_commands_to_a_terminal(text):
    shown = printable(text)

    assert shown.splitlines() in ([], [shown])
    assert not any(sign in shown for sign in "\n\r\t\x1b\x9b\x7f\u202e")


@pytest.mark.parametrize("name", ["Zoë/日本 😀.jpg", "👩\u200d👧.png", "[bold]%s.jpg", "c:\\d"])
def test_a_name_of_signs_is_printed_as_it_is(name):
    assert printable(name) == name
