"""Names that have room in a folder, and those that can be written."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from fernet._io.names import cut, is_utf8


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
