"""What all callbacks have."""

from __future__ import annotations

import pytest

from fernet import FERMLPClassifier
from fernet.callbacks import Callback, JSONLinesLogger, ProgressBar, StopOnTime
from fernet.checkpoint import Checkpoint


class Silent(Callback):
    """Keeps nothing of its arguments, nor takes any by name."""

    def __init__(self, *others, **named):
        self._others = others


@pytest.mark.parametrize(
    ("callback", "shown"),
    [
        (ProgressBar(), "ProgressBar()"),
        (ProgressBar(2), "ProgressBar(verbose=2)"),
        (StopOnTime(3.5), "StopOnTime(seconds=3.5)"),
        (JSONLinesLogger("runs.jsonl", run="a"), "JSONLinesLogger(path='runs.jsonl', run='a')"),
        (Checkpoint("run", 2), "Checkpoint(path='run', every=2)"),
        (Callback(), "Callback()"),
        (Silent(1, a=2), "Silent()"),
    ],
    ids=str,
)
def test_a_callback_shows_what_it_was_given(callback, shown):
    assert repr(callback) == shown
    assert shown in repr(FERMLPClassifier(callbacks=[callback]))


class Tracked(Callback):
    """Keeps where its records go."""

    def __init__(self, address):
        self.address = address


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:secret@host:5000/a", "https://***@host:5000/a"),
        ("https://token@host", "https://***@host"),
        ("https://host/users/me@example.org", "https://host/users/me@example.org"),
        ("me@example.org", "me@example.org"),
    ],
)
def test_an_addresss_password_is_not_shown(address, shown):
    assert repr(Tracked(address)) == f"Tracked(address={shown!r})"
    assert repr(FERMLPClassifier(callbacks=[Tracked(address)])).count(shown) == 1
