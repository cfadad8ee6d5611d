"""What an interrupted training is left as: whole epochs, and words that are true of its weights."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from fernet._engine.network import Network
from fernet._training.data_loader import DataLoader
from fernet._training.optimizers import SGD
from fernet._training.settings import Settings
from fernet._training.trainer import Trainer
from fernet.architectures import mlp
from fernet.callbacks import Callback

RNG = np.random.default_rng(0)
TARGET = RNG.integers(3, size=250).astype(np.int32)
X = (RNG.integers(0, 60, (250, 64)) + 60 * TARGET[:, None]).astype(np.uint8)


def make_trainer(*, validation=False, callbacks=(), **settings):
    network = Network(mlp((16, 8), 3), (64,))
    network.initialize(0)
    held_out = DataLoader(X, TARGET, indices=np.arange(200, 250)) if validation else None
    return Trainer(
        network,
        SGD(),
        DataLoader(X, TARGET, indices=np.arange(200)),
        held_out,
        settings=Settings(learning_rate=0.001, batch_size=40, **settings),
        callbacks=callbacks,
    )


def test_ctrl_c_ends_the_training_with_a_warning_and_usable_weights():
    class PressCtrlC(Callback):
        def on_step_end(self, trainer):
            if trainer.step == 7:
                os.kill(os.getpid(), signal.SIGINT)

    trainer = make_trainer(callbacks=[PressCtrlC()], n_epochs=3)
    with pytest.warns(UserWarning, match="interrupted in epoch 2"):
        trainer.train()
    assert trainer.epoch == 1
    trainer.finish()
    assert np.isfinite(trainer.network.params).all()


def interrupt(*_, **__):
    raise KeyboardInterrupt


class InterruptAt(Callback):
    def __init__(self, hook, epoch):
        setattr(self, hook, lambda trainer: interrupt() if trainer.epoch == epoch else None)


def test_an_epoch_whose_validation_was_interrupted_is_not_counted(monkeypatch):
    trainer = make_trainer(validation=True, n_epochs=3)
    trainer.train(n_epochs=1)
    monkeypatch.setattr(trainer.backend, "evaluate", interrupt)
    with pytest.warns(UserWarning, match="interrupted in epoch 2, after all its steps; .* so far"):
        trainer.train()
    assert (trainer.epoch, len(trainer.history)) == (1, 1)
    assert trainer.step == 2 * trainer.steps_per_epoch == len(trainer.history.iterations["loss"])


@pytest.mark.parametrize("method", ["add_epoch", "stop_early", "remember_best"])
@pytest.mark.parametrize("is_done", [False, True])
def test_an_epoch_is_noted_whole_where_an_interrupt_comes_amid_its_noting(
    monkeypatch, method, is_done
):
    def make():
        trainer = make_trainer(validation=True, n_epochs=9, patience=5)
        scores = iter([0.2, 0.4])
        trainer.scorer = lambda trainer: next(scores)
        return trainer

    through, trainer = make(), make()
    through.train(n_epochs=2)
    owner = {"add_epoch": trainer.history, "stop_early": trainer}.get(method, trainer._weights)
    real, calls = getattr(owner, method), []

    def interrupted_once(*args, **kwargs):
        calls.append(args)
        if len(calls) != 2 or is_done:
            real(*args, **kwargs)
        if len(calls) == 2:
            interrupt()

    monkeypatch.setattr(owner, method, interrupted_once)
    with pytest.warns(UserWarning, match="interrupted after epoch 2"):
        trainer.train()
    (arrays, meta), (wanted, wanted_meta) = trainer.snapshot(), through.snapshot()
    for name, array in wanted.items():
        np.testing.assert_array_equal(arrays[name], array)
    meta["history"]["epochs"]["seconds"] = wanted_meta["history"]["epochs"]["seconds"]
    assert meta == wanted_meta


@pytest.mark.parametrize(
    ("hook", "epoch", "where"),
    [
        ("on_epoch_begin", 0, "before epoch 1"),
        ("on_step_end", 1, "in epoch 2"),
        ("on_epoch_end", 3, "after epoch 3"),
    ],
)
def test_the_warning_says_where_the_training_was_and_points_to_who_called(hook, epoch, where):
    with pytest.warns(UserWarning, match=f"interrupted {where}; .* the weights so far") as caught:
        make_trainer(callbacks=[InterruptAt(hook, epoch)], n_epochs=3).train()
    assert caught[0].filename == __file__


def test_the_warning_names_the_best_epoch_where_its_weights_are_kept():
    scores = iter([0.2, 0.4, 0.3])
    trainer = make_trainer(
        validation=True, n_epochs=9, patience=5, callbacks=[InterruptAt("on_step_end", 3)]
    )
    trainer.scorer = lambda trainer: next(scores)
    with pytest.warns(UserWarning, match="in epoch 4; .* of epoch 2, the best so far"):
        trainer.train()


class Heard(Callback):
    def __init__(self):
        self.epochs = []

    def on_epoch_end(self, trainer):
        self.epochs.append(trainer.epoch)


@pytest.mark.parametrize("name", ["_end_epoch", "stop_early"])
def test_all_callbacks_are_told_of_an_epoch_that_counts_though_it_was_interrupted(
    monkeypatch, name
):
    heard = [Heard(), Heard()]
    trainer = make_trainer(callbacks=heard, n_epochs=5)
    real = getattr(trainer, name)

    def interrupted(*args):
        real(*args)
        if len(trainer.history) == 2:
            monkeypatch.setattr(trainer, name, real)
            interrupt()

    monkeypatch.setattr(trainer, name, interrupted)
    with pytest.warns(UserWarning, match="interrupted after epoch 2"):
        trainer.train()
    assert [callback.epochs for callback in heard] == [[1, 2], [1, 2]]


def test_callbacks_behind_interrupted_ones_are_told_of_the_epoch_too():
    heard = Heard()
    interrupting = [InterruptAt("on_epoch_end", 2) for _ in range(3)]
    trainer = make_trainer(callbacks=[*interrupting, heard], n_epochs=5)
    with pytest.warns(UserWarning, match="interrupted after epoch 2"):
        trainer.train()
    assert heard.epochs == [1, 2]
