"""Callbacks that come with the library."""

from __future__ import annotations

import io
import re
import sys

import numpy as np
import pytest

from fernet._engine.network import Network
from fernet._training.data_loader import DataLoader
from fernet._training.optimizers import SGD
from fernet._training.settings import Settings
from fernet._training.trainer import Trainer
from fernet.architectures import mlp
from fernet.callbacks import Callback, ProgressBar
from fernet.datasets import make_faces
from fernet.estimators import FERMLPClassifier


def train_with(callback, *, validation=True, n_epochs=2):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 4), dtype=np.float32)
    batches = DataLoader(x, (x[:, 0] > 0).astype(np.int32))
    network = Network(mlp((8,), 2), (4,))
    network.initialize(0)
    Trainer(
        network,
        SGD(),
        batches,
        batches if validation else None,
        settings=Settings(batch_size=20, n_epochs=n_epochs),
        callbacks=[callback],
    ).train()


class CountingBar(ProgressBar):
    """Notes the epochs that it was told of to the end."""

    def __init__(self, verbose=1):
        super().__init__(verbose)
        self.epochs = []

    def on_epoch_end(self, trainer):
        super().on_epoch_end(trainer)
        self.epochs.append(trainer.epoch)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_base_callback_does_nothing():
    train_with(Callback())


def test_away_from_a_terminal_each_epoch_is_a_plain_line(capsys):
    train_with(ProgressBar())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    for number, line in enumerate(lines, start=1):
        assert line.startswith(f"epoch {number}/2  loss ")
        for word in ("accuracy", "validation", "images/s"):
            assert word in line
        assert "\x1b" not in line


def test_without_validation_data_the_line_does_not_mention_them(capsys):
    train_with(ProgressBar(), validation=False)
    assert "validation" not in capsys.readouterr().out


@pytest.mark.parametrize(("verbose", "n_lines"), [(1, 0), (2, 2)])
def test_on_a_terminal_a_bar_shows_loss_accuracies_and_speed(monkeypatch, verbose, n_lines):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "200")
    train_with(ProgressBar(verbose))
    text = terminal.getvalue()
    assert "loss" in text
    assert "images/s" in text
    assert "6/6" in text
    assert text.count("epoch ") == n_lines


def test_one_progress_bar_serves_several_trainings(capsys):
    bar = ProgressBar()
    train_with(bar)
    train_with(bar)
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_a_training_that_goes_on_counts_its_own_epochs(capsys):
    X, y = make_faces(60, random_state=0, return_X_y=True)
    model = FERMLPClassifier((8,), max_iter=3, random_state=0).fit(X, y)
    model.set_params(warm_start=True, max_iter=2, verbose=1).fit(X, y)

    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    assert model.n_iter_ == 5


def frames(text):
    """What a bar's line was, each time that it was drawn."""
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    return [line.rstrip() for line in re.split(r"[\r\n]+", plain) if "epochs" in line]


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 140, 200])
def test_the_bar_shows_epochs_and_time_left_at_any_width(monkeypatch, columns):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    train_with(ProgressBar(), n_epochs=12)

    drawn = frames(terminal.getvalue())
    assert max(map(len, drawn)) <= columns
    for line in drawn:
        assert re.match(r"epochs \d+/12 \S* *\d+/36 (-:--:--|0:00:0\d)", line), line
        assert "\u2026" not in line
    last = drawn[-1]
    assert last.startswith("epochs 12/12 ")
    shown = [word for word in ("loss", "validation", "accuracy", "images/s") if word in last]
    assert len(shown) == {40: 0, 60: 1, 80: 2, 100: 3, 140: 4, 200: 4}[columns]
    assert re.search(r"loss \d\.\d{4}( |$)", last) or columns == 40


def test_a_dumb_terminal_gets_lines(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "dumb")
    train_with(ProgressBar())

    lines = terminal.getvalue().splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    assert "\x1b" not in terminal.getvalue()


def test_a_training_outlives_who_reads_its_lines(monkeypatch):
    class Left(io.StringIO):
        n_writes = 0

        def write(self, text):
            self.n_writes += 1
            raise BrokenPipeError(32, "Broken pipe")

    stream = Left()
    monkeypatch.setattr(sys, "stdout", stream)
    bar = CountingBar()
    train_with(bar, n_epochs=3)

    assert bar.epochs == [1, 2, 3]
    assert stream.n_writes == 1


def test_what_can_write_and_no_more_gets_the_lines(monkeypatch):
    class Widget:
        text = ""

        def write(self, text):
            self.text += text

    widget = Widget()
    monkeypatch.setattr(sys, "stdout", widget)
    train_with(ProgressBar(), n_epochs=2)
    assert [line[:9] for line in widget.text.splitlines()] == ["epoch 1/2", "epoch 2/2"]


def test_a_training_outlives_a_stream_that_is_closed(monkeypatch):
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr(sys, "stdout", stream)
    bar = CountingBar()
    train_with(bar, n_epochs=2)
    assert bar.epochs == [1, 2]


@pytest.mark.parametrize("verbose", [1, 2])
def test_a_training_outlives_its_terminal(monkeypatch, verbose):
    class Lost(Terminal):
        n_writes = 0

        def write(self, text):
            self.n_writes += 1
            if self.n_writes > 1:
                raise OSError(5, "Input/output error")
            return super().write(text)

    terminal = Lost()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    bar = CountingBar(verbose)
    train_with(bar, n_epochs=3)

    assert bar.epochs == [1, 2, 3]
    assert terminal.n_writes > 1
