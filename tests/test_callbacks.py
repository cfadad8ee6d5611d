"""Callbacks that come with the library."""

from __future__ import annotations

import io
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
