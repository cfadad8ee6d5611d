"""What a stream of text leads to."""

from __future__ import annotations

import io
import os
import shutil

import pytest

from fernet._io.terminals import Forgiving, console_on, is_terminal


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


@pytest.mark.parametrize(("columns", "width"), [("0", 80), ("60", 60)])
def test_the_environment_may_say_how_wide_a_screen_is_but_not_that_it_is_nothing(
    monkeypatch, columns, width
):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((80, 24)))

    assert console_on(Terminal()).width == width


def test_a_screen_that_is_gone_takes_no_text_and_raises_nothing():
    class Gone(Terminal):
        def write(self, text):
            raise OSError(5, "Input/output error")

        def flush(self):
            raise OSError(5, "Input/output error")

    screen = Forgiving(Gone())

    assert screen.write("epoch 3") == 7
    screen.flush()
    assert screen.isatty()


def test_a_screen_that_is_there_gets_everything():
    terminal = Terminal()
    screen = Forgiving(terminal)
    print("epoch", 3, file=screen)
    assert terminal.getvalue() == "epoch 3\n"
    assert screen.encoding == "utf-8"
