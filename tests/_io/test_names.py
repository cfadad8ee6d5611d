"""Names that have room in a folder, and those that can be written."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet._io.names import cut, escaped, is_misread, is_utf8, printable


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


@pytest.mark.skipif(os.name != "posix", reason="names of any bytes")
@given(st.sets(st.binary(max_size=3) | st.text("\\xe9é\udce9", max_size=12).map(os.fsencode)))
def test_names_of_different_bytes_are_written_differently(names):
    texts = {escaped(os.fsdecode(name)) for name in names}
    assert len(texts) == len(names)
    assert all(map(is_utf8, texts))


@pytest.mark.skipif(os.name != "posix", reason="names of any bytes")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("café.png".encode(), "café.png"),
        (rb"a\b\xZZ.png", r"a\b\xZZ.png"),
        (b"caf\xe9.png", r"caf\xe9.png"),
        (rb"caf\xe9.png", r"caf\\xe9.png"),
    ],
)
def test_a_name_stays_as_it_is_unless_it_may_be_taken_for_another(name, text):
    assert escaped(os.fsdecode(name)) == text


@pytest.mark.parametrize("name", ["Zoë/日本 😀.jpg", "👩\u200d👧.png", "[bold]%s.jpg", "c:\\d"])
def test_a_name_of_signs_is_printed_as_it_is(name):
    assert printable(name) == name


@pytest.mark.parametrize("encoding", ["ascii", "iso8859-1", "gbk", "euc_jp"])
@pytest.mark.parametrize("name", ["glücklich.png", "表情"])
def test_names_in_utf8_are_misread_in_locales_of_another_encoding(monkeypatch, encoding, name):
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: encoding)
    read = name.encode().decode(encoding, "surrogateescape")

    assert is_misread(read)


@pytest.mark.parametrize(
    ("encoding", "name"), [("utf-8", "glücklich"), ("iso8859-1", "glücklich"), ("gbk", "高兴")]
)
def test_names_in_the_encoding_of_the_locale_are_read_as_they_are(monkeypatch, encoding, name):
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: encoding)

    assert not is_misread(name)
