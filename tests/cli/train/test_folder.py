"""A training that ends early goes on from its folder, by the same command, to the same model."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from fernet import load_model, save_model
from fernet.callbacks import Callback
from fernet.cli.errors import BAD_INPUT, FAILURE
from fernet.cli.train import single
from fernet.cli.train.folder import only_writer

posix = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@pytest.fixture
def under_way(tmp_path, fer_csv):
    """A function that starts a training as a program of its own, and returns it under way.

    It stands still after some ten epochs, when its log is a pipe that is full: else it might be
    done before anyone has sent it a signal.
    """
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):
        while os.write(writer, bytes(4096)):
            pass
    os.read(reader, 4096)

    def start(*options):
        command = [sys.executable, "-m", "fernet.cli", "train", "--data", str(fer_csv)]
        command += ["--out", "out", "--log", "pipe", "--patience", "0", "--hidden", "8"]
        with open(tmp_path / "log", "w") as log:
            process = subprocess.Popen(
                [*command, *map(str, options)], cwd=tmp_path, stderr=log, stdout=log
            )
        started.append(process)
        deadline = time.monotonic() + 60
        while "epoch 3/" not in (tmp_path / "log").read_text():
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return process

    started = []
    yield start
    for process in started:
        process.kill()
        process.wait()
    os.close(reader)
    os.close(writer)


@posix
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_saves_what_was_learnt_and_tells_of_itself(tmp_path, under_way, name, code):
    process = under_way("--epochs", 100000)
    process.send_signal(getattr(signal, name))
    assert process.wait(60) == code

    output = (tmp_path / "log").read_text()
    assert "Traceback" not in output
    assert "To go on from out/training.checkpoint: the same command." in output
    assert load_model(tmp_path / "out/model.safetensors").n_iter_ >= 3
    assert json.loads((tmp_path / "out/report.json").read_text())["interrupted"] is True


@posix
def test_an_interrupted_training_gives_way_to_another_command_with_force_alone(
    run, fer_csv, tmp_path, under_way
):
    process = under_way("--epochs", 200)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    options = ["--data", fer_csv, "--patience", 0, "--hidden", 8, "--epochs", 200]
    other = [*options, "--average-flips"]
    refused = run("train", "--out", "out", *other)
    assert refused.exit_code == 2
    assert "out/model.safetensors exists; choose another --out, or --force" in refused.stderr
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert run("train", "--out", "out", *other, "--force").exit_code == 0


@posix
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_the_same_command_goes_on_to_the_model_of_one_that_ran_through(
    run, fer_csv, tmp_path, under_way, name
):
    epochs = 200
    process = under_way("--epochs", epochs)
    process.send_signal(getattr(signal, name))
    process.wait(60)
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert "training.checkpoint" in left
    assert ("model.safetensors" in left) == (name == "SIGTERM")

    options = ["--data", fer_csv, "--patience", 0, "--hidden", 8, "--epochs", epochs]
    again = run("train", "--out", "out", *options)
    assert again.exit_code == 0, again.output
    assert "Going on from out/training.checkpoint" in again.stderr
    assert f"epoch 1/{epochs}" not in again.stderr
    assert not [path for path in (tmp_path / "out").iterdir() if "checkpoint" in path.name]

    run("train", "--out", "through", "--quiet", *options)
    went_on, through = (load_model(f"{out}/model.safetensors") for out in ("out", "through"))
    np.testing.assert_array_equal(went_on.network_.values, through.network_.values)
    assert went_on.history_.epochs["loss"] == through.history_.epochs["loss"]
    assert run("train", "--out", "out", *options).exit_code == BAD_INPUT


@posix
def test_two_trainings_at_once_do_not_share_a_folder(run, fer_csv, tmp_path, under_way):
    process = under_way("--epochs", 100000)
    try:
        second = run("train", "--data", fer_csv, "--out", "out", "--force")
    finally:
        process.kill()
        process.wait(60)
    assert second.exit_code == BAD_INPUT
    assert "out/training.checkpoint: another process is writing it" in second.stderr


@posix
def test_nor_do_they_with_checkpoints_of_their_own(run, fer_csv, tmp_path, under_way):
    process = under_way("--epochs", 100000, "--checkpoint", "first")
    try:
        second = run("train", "--data", fer_csv, "--out", "out", "--checkpoint", "second")
    finally:
        process.kill()
        process.wait(60)
    assert second.exit_code == BAD_INPUT
    assert "out/training.checkpoint: another process is writing it" in second.stderr


@pytest.mark.parametrize("option", ["--from", "--teacher"])
@pytest.mark.parametrize("name", ["a", "a/model.safetensors", "./a/../a"])
def test_a_model_is_not_written_over_by_what_comes_of_it(run, fer_csv, tiny, option, name):
    assert run("train", "--data", fer_csv, "--out", "a", *tiny).exit_code == 0
    before = Path("a/model.safetensors").read_bytes()
    rest = ["--epochs", 1] if option == "--from" else tiny
    refused = run("train", "--data", fer_csv, option, name, "--out", "a", "--force", *rest)
    assert refused.exit_code == BAD_INPUT
    assert f"--out a: {option} {Path(name)} would be written over" in refused.stderr
    assert Path("a/model.safetensors").read_bytes() == before


def test_an_interrupted_training_gives_way_to_no_other(run, fer_csv, interrupt_after):
    command = ["train", "--data", fer_csv, "--out", "out", "--hidden", 8, "--epochs", 5]
    interrupt_after(3)
    assert run(*command, "--checkpoint", "kept").exit_code == 130
    interrupt_after(99)
    other = run(*command, "--learning-rate", 0.5)
    assert other.exit_code == BAD_INPUT
    assert "out/model.safetensors exists; choose another --out, or --force" in other.stderr
    assert load_model("out").n_iter_ == 3
    assert run(*command, "--checkpoint", "kept").exit_code == 0
    assert load_model("out").n_iter_ == 5


NAMES = ["model.safetensors", "report.json", "config.toml", "learning_curve.png"]


@pytest.mark.parametrize("option", ["--log", "--checkpoint"])
@pytest.mark.parametrize("name", NAMES)
def test_what_a_training_leaves_is_no_place_for_another_file(run, fer_csv, tiny, option, name):
    refused = run("train", "--data", fer_csv, "--out", "out", *tiny, option, f"out/{name}")
    assert refused.exit_code == BAD_INPUT
    assert f"{option} out/{name}: the training leaves another file there" in refused.stderr
    assert not os.path.exists("out")


def test_a_log_takes_no_place_of_a_checkpoint_and_no_line_of_the_data(run, fer_csv, tiny):
    command = ["train", "--data", fer_csv, "--out", "out", *tiny]
    refused = run(*command, "--log", "out/training.checkpoint")
    assert refused.exit_code == BAD_INPUT
    assert "the training keeps its checkpoint there" in refused.stderr
    before = Path(fer_csv).read_bytes()
    refused = run(*command, "--log", fer_csv)
    assert refused.exit_code != 0
    assert "is no log: it has other lines than of JSON" in refused.stderr
    assert Path(fer_csv).read_bytes() == before
    assert not os.path.exists("out")


def test_a_checkpoint_of_another_training_is_refused_by_what_differs(run, fer_csv, tiny):
    options = ["--data", fer_csv, *tiny, "--checkpoint", "kept"]
    assert run("train", "--out", "a", *options).exit_code == 0
    assert os.path.exists("kept")
    refused = run("train", "--out", "b", *options, "--learning-rate", 0.5)
    assert refused.exit_code == BAD_INPUT
    assert "its learning_rate was 0.01, now it is 0.5" in refused.stderr
    assert not os.path.exists("b")


def test_a_named_checkpoint_is_gone_on_from_with_more_epochs(run, fer_csv, tiny):
    options = ["--data", fer_csv, *tiny]
    run("train", "--out", "a", *options, "--checkpoint", "kept")
    longer = run("train", "--out", "a", *options, "--checkpoint", "kept", "--epochs", 4, "--force")
    assert longer.exit_code == 0, longer.output
    run("train", "--out", "b", *options, "--epochs", 4)
    a, b = (load_model(f"{out}/model.safetensors").network_.values for out in "ab")
    np.testing.assert_array_equal(a, b)


def test_the_folders_own_checkpoint_may_be_named_by_another_path(run, fer_csv, tiny, tmp_path):
    place = tmp_path / "out" / "training.checkpoint"
    result = run("train", "--data", fer_csv, "--out", "out", *tiny, "--checkpoint", place)
    assert result.exit_code == 0, result.output


def test_a_checkpoint_that_can_not_be_written_is_told_before_the_training(run, fer_csv, tiny):
    result = run("train", "--data", fer_csv, "--out", "out", *tiny, "--checkpoint", "no/where")
    assert result.exit_code == BAD_INPUT
    assert "no/where: no such file or directory" in result.stderr
    assert not os.path.exists("out")


@pytest.fixture
def full_disk(monkeypatch, tmp_path):
    """A disk without room for a checkpoint or a model; there is some for temporary files."""

    def full(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(path))

    def save(model, path, **about):
        if path.parent.name == "out":
            full(path)
        save_model(model, path, **about)

    monkeypatch.setattr("fernet.checkpoint.write_checkpoint", lambda path, *_: full(path))
    monkeypatch.setattr("fernet.estimators.saving.save_model", save)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


@pytest.mark.usefixtures("full_disk")
def test_a_disk_that_fills_up_is_told_at_once_and_takes_no_model_with_it(run, fer_csv, tmp_path):
    options = ["--hidden", 8, "--epochs", 3, "--patience", 0]
    result = run("train", "--data", fer_csv, "--out", "out", *options)

    assert result.exit_code == FAILURE
    note, end = (result.stderr.index(word) for word in ("Note: checkpoint", "epoch 2/3"))
    assert note < end
    (folder,) = (tmp_path / "temporary").iterdir()
    assert f"model.safetensors: no space left on device; the model is in {folder}" in result.stderr
    assert load_model(folder).n_iter_ == 3
    assert not (tmp_path / "out").exists()


class InterruptIn(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_step_end(self, trainer):
        if trainer.epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.fixture
def interrupt_after(monkeypatch):
    """A function after which trainings are interrupted in the step after so many epochs."""
    make = single.make_estimator

    def interrupt(epoch):
        def made(*args, **kwargs):
            return make(*args, **kwargs).set_params(callbacks=InterruptIn(epoch))

        monkeypatch.setattr(single, "make_estimator", made)

    return interrupt


def test_an_interrupted_training_goes_on_from_its_last_whole_epoch(run, fer_csv, interrupt_after):
    command = ["train", "--data", fer_csv, "--out", "out", "--hidden", 8, "--epochs", 5]
    interrupt_after(3)
    stopped = run(*command)
    assert stopped.exit_code == 130, stopped.output
    assert "To go on from out/training.checkpoint: the same command." in stopped.stderr
    interrupt_after(99)
    on = run(*command)
    assert on.exit_code == 0, on.output
    assert "epoch 4/5" in on.stderr
    assert "epoch 3/5" not in on.stderr


def test_a_model_is_not_replaced_by_one_of_fewer_epochs(run, fer_csv, interrupt_after):
    command = ["train", "--data", fer_csv, "--out", "out", "--hidden", 8, "--epochs", 5]
    interrupt_after(3)
    run(*command)
    os.unlink("out/training.checkpoint")
    interrupt_after(2)
    again = run(*command)
    assert again.exit_code == 130, again.output
    assert "out/model.safetensors stays as it is: it has seen 3 epochs" in again.stderr
    assert load_model("out").n_iter_ == 3


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="devices as POSIX has them")
def test_a_checkpoint_into_nothing_is_none_and_may_be_many_trainings(run, fer_csv, tiny):
    before = set(os.listdir("/dev"))
    with only_writer(Path("/dev/null")):
        result = run("train", "--data", fer_csv, "--out", "out", *tiny, "--checkpoint", "/dev/null")
    assert result.exit_code == 0, result.output
    assert set(os.listdir("/dev")) == before
    assert load_model("out").n_iter_ == 2


def test_an_empty_path_for_the_checkpoint_is_told_before_the_training(run, fer_csv, tiny):
    result = run("train", "--data", fer_csv, "--out", "out", *tiny, "--checkpoint", "")
    assert result.exit_code == BAD_INPUT
    assert "'--checkpoint': it is empty; expected a path" in result.stderr
    assert os.listdir() == []


@pytest.mark.parametrize("path", ["folder", "folder/"])
def test_a_checkpoint_that_is_a_folder_is_told_before_the_training(run, fer_csv, tiny, path):
    os.mkdir("folder")
    result = run("train", "--data", fer_csv, "--out", "out", *tiny, "--checkpoint", path)
    assert result.exit_code == BAD_INPUT
    assert "is a folder, expected a file to write" in result.stderr
    assert os.listdir() == ["folder"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a full device as Linux has it")
def test_a_training_whose_log_has_that_word_in_its_path_is_not_taken_for_interrupted(
    run, fer_csv, tiny, tmp_path
):
    place = tmp_path / "interrupted"
    place.mkdir()
    (place / "log.jsonl").symlink_to("/dev/full")
    command = ["train", "--data", fer_csv, "--out", "out", *tiny, "--log", place / "log.jsonl"]
    result = run(*command)
    assert result.exit_code == 0, result.output
    assert json.loads(Path("out/report.json").read_text())["interrupted"] is False


def test_a_log_without_a_folder_is_told_before_the_data_are_read(run, tiny):
    result = run("train", "--data", "no/data.csv", "--out", "out", *tiny, "--log", "no/log.jsonl")
    assert result.exit_code == BAD_INPUT
    assert "--log no/log.jsonl: no is no folder" in result.stderr
    assert not os.path.exists("out")
