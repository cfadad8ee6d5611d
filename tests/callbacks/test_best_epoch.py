"""The best epoch's model, in a file."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from safetensors.numpy import save_file

from fernet import FERCNNClassifier, load_model
from fernet._engine.network import Network
from fernet._io import model_files
from fernet._training.data_loader import DataLoader
from fernet._training.optimizers import SGD
from fernet._training.trainer import Trainer
from fernet.callbacks import BestEpochSaver, Callback
from fernet.layers import Flatten, Linear


@pytest.mark.parametrize("monitor", ["validation_loss", "validation_accuracy", "loss", "accuracy"])
@pytest.mark.parametrize("ema_decay", [None, 0.5])
def test_the_file_holds_the_epoch_with_the_best_figure(fit, tmp_path, features, monitor, ema_decay):
    path = tmp_path / "best.safetensors"
    # So high a rate that no figure only ever gets better.
    parameters = {"learning_rate_init": 2.0, "ema_decay": ema_decay, "momentum": 0.5}
    model = fit(BestEpochSaver(path, monitor), max_iter=6, **parameters)
    figures = model.history_.epochs[monitor]
    best = int(np.argmin(figures) if monitor.endswith("loss") else np.argmax(figures)) + 1
    saved = load_model(path)
    assert saved.n_iter_ == best
    same = fit(None, max_iter=best, **parameters)
    np.testing.assert_array_equal(saved.predict_proba(features[0]), same.predict_proba(features[0]))


def test_the_file_is_there_whatever_becomes_of_the_training(fit, tmp_path):
    class Lost(Callback):
        def on_epoch_end(self, trainer):
            if trainer.epoch == 2:
                raise RuntimeError("lost")

    path = tmp_path / "best.safetensors"
    with pytest.raises(RuntimeError, match="lost"):
        fit([BestEpochSaver(path, "loss"), Lost()])
    assert load_model(path).n_iter_ in (1, 2)


def test_partial_fit_saves_too(tmp_path, features):
    from fernet import FERMLPClassifier

    X, y = features
    path = tmp_path / "best.safetensors"
    model = FERMLPClassifier((4,), callbacks=BestEpochSaver(path, "loss"), random_state=0)
    model.partial_fit(X, y)
    np.testing.assert_array_equal(load_model(path).predict_proba(X), model.predict_proba(X))


def test_without_validation_data_there_is_no_best_by_them(fit, tmp_path):
    with pytest.raises(ValueError, match="BestEpochSaver watches 'validation_accuracy', but there"):
        fit(BestEpochSaver(tmp_path / "best"), validation=False)
    assert not (tmp_path / "best").exists()


def test_a_folder_that_is_missing_is_found_before_anything_is_learnt(fit, tmp_path):
    class Never(Callback):
        def on_epoch_begin(self, trainer):
            raise RuntimeError("learnt")

    with pytest.raises(FileNotFoundError, match="gone"):
        fit([BestEpochSaver(tmp_path / "gone" / "best", "loss"), Never()])
    with pytest.raises(FileNotFoundError, match="Expected the path of a file"):
        fit([BestEpochSaver("", "loss"), Never()])


def test_a_folder_that_goes_later_ends_no_training(fit, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()

    class Remove(Callback):
        def on_epoch_begin(self, trainer):
            if trainer.epoch == 1:
                shutil.rmtree(folder)

    with pytest.warns(UserWarning, match="model of epoch 2, the best so far, can't be saved in"):
        model = fit([Remove(), BestEpochSaver(folder / "best", "loss")], max_iter=2)
    assert model.n_iter_ == 2


def test_a_model_is_replaced_and_no_other_file(fit, tmp_path):
    path = tmp_path / "best.safetensors"
    path.touch()
    for _ in range(2):
        fit(BestEpochSaver(path, "loss"), max_iter=1)
    checkpoint = tmp_path / "run.checkpoint"
    fit(None, max_iter=1, checkpoint=checkpoint)

    data = tmp_path / "data.csv"
    data.write_text("emotion,pixels,Usage\n0,1 2 3,Training\n")
    array = tmp_path / "weights.safetensors"
    save_file({"a": np.zeros(3, np.float32)}, array, {"format": "pt"})
    for other in (data, array, checkpoint):
        before = other.read_bytes()
        with pytest.raises(ValueError, match=rf"{other.name}' is there and no model of fernet's"):
            fit(BestEpochSaver(other, "loss"), checkpoint=None)
        assert other.read_bytes() == before


def test_the_checkpoint_is_another_file(fit, tmp_path):
    path = tmp_path / "run.safetensors"
    (tmp_path / "link").symlink_to(path)
    says = "BestEpochSaver is to write '.*link', which Checkpoint writes; expected a file of its"
    with pytest.raises(ValueError, match=says):
        fit(BestEpochSaver(tmp_path / "link", "loss"), checkpoint=path)
    assert not path.exists()


def test_a_figure_that_is_none_is_refused():
    with pytest.raises(ValueError, match="monitor is 'seconds'"):
        BestEpochSaver("best", "seconds")


def test_a_bare_trainer_has_no_model_to_save(tmp_path):
    data = DataLoader(np.eye(4, dtype=np.float32), np.arange(4, dtype=np.int32))
    saver = BestEpochSaver(tmp_path / "best", "loss")
    trainer = Trainer(Network([Linear(4)], (4,)), SGD(), data, callbacks=[saver])
    with pytest.raises(ValueError, match="current_model is None"):
        trainer.train()


def test_a_model_that_no_file_can_hold_is_refused_before_the_training(tmp_path, features):
    class Own(Linear):
        kind = "own of a test"

    class Seen(Callback):
        epochs = 0

        def on_epoch_end(self, trainer):
            self.epochs += 1

    seen = Seen()
    X, y = features[0], np.arange(len(features[0])) % 2
    saver = BestEpochSaver(tmp_path / "best.safetensors", "loss")
    model = FERCNNClassifier([Flatten(), Own(2)], max_iter=2, callbacks=[seen, saver])
    with pytest.raises(ValueError, match="a layer is a Own"):
        model.fit(X.reshape(len(X), -1, 1), y)
    assert seen.epochs == 0
    assert not list(tmp_path.iterdir())


def test_an_interruption_while_it_saves_leaves_the_best_epoch_in_the_file(
    fit, tmp_path, features, monkeypatch
):
    path, checkpoint = tmp_path / "best.safetensors", tmp_path / "run.checkpoint"
    real, saved = model_files.save, []

    def interrupted(model, *args):
        saved.append(len(model.history_))
        if len(saved) == 2:
            raise KeyboardInterrupt
        real(model, *args)

    monkeypatch.setattr(model_files, "save", interrupted)
    with pytest.warns(UserWarning, match="interrupted after epoch"):
        fit(BestEpochSaver(path, "loss"), checkpoint=checkpoint)
    model = fit(BestEpochSaver(path, "loss"), checkpoint=checkpoint)
    losses = model.history_.epochs["loss"]
    assert saved[1] == saved[2]
    assert len(load_model(path).history_) == 1 + int(np.argmin(losses))
