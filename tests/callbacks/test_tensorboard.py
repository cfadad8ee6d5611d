"""Figures for TensorBoard, read back as its own files are."""

from __future__ import annotations

import pickle
import sys

import pytest
from sklearn.base import clone

from fernet.callbacks import Callback, TensorBoardLogger
from fernet.checkpoint import Checkpoint

pytest.importorskip("tensorboardX", reason='tensorboardX is not installed: "[tensorboard]"')


def scalars(folder):
    """Return the scalars of a folder's files as {tag: {step: value}}."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import masked_crc32c

    found = {}
    for path in sorted(folder.iterdir()):
        raw, at = path.read_bytes(), 0
        while at < len(raw):
            size = int.from_bytes(raw[at : at + 8], "little")
            assert masked_crc32c(raw[at : at + 8]) == int.from_bytes(
                raw[at + 8 : at + 12], "little"
            )
            event = Event.FromString(raw[at + 12 : at + 12 + size])
            at += 16 + size
            if event.HasField("session_log"):
                for steps in found.values():
                    for step in [s for s in steps if s >= event.step]:
                        del steps[step]
            for value in event.summary.value:
                found.setdefault(value.tag, {})[event.step] = value.simple_value
    return found


def by_epoch(column):
    return dict(enumerate(map(pytest.approx, column), 1))


def test_it_has_the_history(fit, tmp_path):
    model = fit(TensorBoardLogger(tmp_path, "first"))
    epochs, found = model.history_.epochs, scalars(tmp_path / "first")
    assert found["loss/training"] == by_epoch(epochs["loss"])
    assert found["loss/validation"] == by_epoch(epochs["validation_loss"])
    assert found["accuracy/training"] == by_epoch(epochs["accuracy"])
    assert found["accuracy/validation"] == by_epoch(epochs["validation_accuracy"])
    assert found["training/learning_rate"] == by_epoch(epochs["learning_rate"])
    assert "score/validation" not in found


def test_figures_that_there_are_none_of_are_left_out(fit, tmp_path):
    fit(TensorBoardLogger(tmp_path, "first"), validation=False)
    assert set(scalars(tmp_path / "first")) == {
        "loss/training",
        "accuracy/training",
        "training/learning_rate",
        "training/seconds",
    }


def test_trainings_without_a_name_are_told_apart(fit, tmp_path):
    logger = TensorBoardLogger(tmp_path)
    for _ in range(2):
        fit(logger, max_iter=1)
    assert len(list(tmp_path.iterdir())) == 2


def test_figures_are_there_while_the_training_goes_on(fit, tmp_path):
    seen = []

    class Look(Callback):
        def on_epoch_end(self, trainer):
            seen.append(len(scalars(tmp_path / "a").get("loss/training", {})))

    fit([TensorBoardLogger(tmp_path, "a"), Look()], max_iter=3)
    assert seen[-1] >= 2


def test_a_training_that_goes_on_continues_its_curves(fit, tmp_path):
    class Killed(Callback):
        def on_epoch_end(self, trainer):
            if trainer.epoch == 3:
                raise RuntimeError("killed")

    checkpoint = Checkpoint(tmp_path / "checkpoint", every=2)
    with pytest.raises(RuntimeError, match="killed"):
        fit([TensorBoardLogger(tmp_path, "a"), Killed()], checkpoint=checkpoint)
    model = fit(TensorBoardLogger(tmp_path, "a"), checkpoint=checkpoint)
    assert scalars(tmp_path / "a")["loss/training"] == by_epoch(model.history_.epochs["loss"])


class NamedLogger(TensorBoardLogger):
    def __init__(self, name, folder):
        super().__init__(folder, name)


@pytest.mark.parametrize(
    "make", [TensorBoardLogger, lambda folder, name: NamedLogger(name, folder)]
)
def test_clones_have_folders_of_their_own(fit, tmp_path, make):
    model = fit(make(tmp_path, "a"), max_iter=1)
    fit(model.callbacks, estimator=clone(model))
    assert sorted(path.name[:2] for path in tmp_path.iterdir()) == ["a", "a-"]


def test_an_estimator_with_it_can_be_pickled_while_it_trains(fit, tmp_path):
    class Pickle(Callback):
        def on_epoch_end(self, trainer):
            pickle.dumps(trainer.callbacks[0])

    fit([TensorBoardLogger(tmp_path, "a"), Pickle()], max_iter=1)


def test_a_place_that_can_not_be_written_to_is_refused(fit, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        fit(TensorBoardLogger(tmp_path / "file"))


def test_a_training_outlives_its_log(fit, tmp_path, monkeypatch):
    import tensorboardX

    def fails(self, *args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tensorboardX.SummaryWriter, "add_scalar", fails)
    with pytest.warns(UserWarning, match="log of TensorBoardLogger ends here .*No space left"):
        model = fit(TensorBoardLogger(tmp_path))
    assert model.n_iter_ == 4


def test_without_tensorboardx_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match=r'pip install "fernet-emotion\[tensorboard\]"'):
        TensorBoardLogger(tmp_path)
