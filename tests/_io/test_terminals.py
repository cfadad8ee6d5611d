"""What a stream of text leads to."""

from __future__ import annotations

import io

import pytest

from fernet._io.terminals import is_terminal


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("term", ["xterm-256color", "", None])
def test_a_terminal_is_one_whatever_its_kind(monkeypatch, term):
    if term is None:
        monkeypatch.delenv("TERM", raising=False)
    else:
        monkeypatch.setenv("TERM", term)

    assert is_terminal(Terminal())


@pytest.mark.parametrize("term", ["dumb", "DUMB", "unknown"])
def test_a_dumb_one_takes_lines_alone(monkeypatch, term):
    monkeypatch.setenv("TERM", term)

    assert not is_terminal(Terminal())


def test_what_is_none_is_none():
    closed = io.StringIO()
    closed.close()
    for stream in (io.StringIO(), closed, None, object()):
        assert not is_terminal(stream)
