"""Checkpoints: a killed training ends with the bits of one that ran through."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from fernet import FERMLPClassifier
from fernet._io.checkpoint_files import read_checkpoint
from fernet.callbacks import Callback
from fernet.checkpoint import Checkpoint

RNG = np.random.default_rng(0)
Y = RNG.integers(3, size=150)
X = (RNG.integers(0, 60, (150, 36)) + 60 * Y[:, None]).astype(np.uint8)

SETTINGS = [
    {},
    {"early_stopping": True, "n_iter_no_change": 3, "ema_decay": 0.9},
    {"solver": "adam", "schedule": "cosine", "augmentation": "flip", "class_weight": "balanced"},
]


class KilledError(Exception):
    pass


class KillIn(Callback):
    """Stop in the middle of an epoch as an error would."""

    def __init__(self, step):
        self.step = step

    def on_step_end(self, trainer):
        if trainer.step == self.step:
            raise KilledError


def make(**kwargs):
    settings = {
        "hidden_layer_sizes": (8,),
        "dropout": 0.2,
        "learning_rate_init": 0.001,
        "learning_rate_decay": 0.9,
        "batch_size": 40,
        "max_iter": 6,
        "random_state": 3,
    }
    return FERMLPClassifier(**settings | kwargs)


class DivergeIn(Callback):
    """Have the step after this one overflow, in an epoch that has been well until then."""

    def __init__(self, step):
        self.step = step

    def on_step_end(self, trainer):
        if trainer.step == self.step:
            trainer.learning_rate_factor = 1e300


def assert_same(a, b):
    np.testing.assert_array_equal(a.network_.params, b.network_.params)
    for model in (a, b):
        model.history_.epochs["seconds"] = []
    assert a.history_ == b.history_
    assert a.best_validation_score_ == b.best_validation_score_


class InterruptIn(Callback):
    """Press Ctrl-C once in a hook, when so many epochs are done."""

    def __init__(self, hook, epoch):
        setattr(self, hook, self._press)
        self.epoch = epoch

    def _press(self, trainer):
        if trainer.epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.mark.parametrize("rarely", [{"seconds": 1000}, {"every": 100}])
@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_step_end", "on_epoch_end"])
def test_an_interrupted_training_goes_on_from_its_last_whole_epoch(
    tmp_path, hook, settings, rarely
):
    path = tmp_path / "run"
    callbacks = [InterruptIn(hook, 3)]
    with pytest.warns(UserWarning, match="interrupted"):
        make(**settings, callbacks=callbacks, checkpoint=Checkpoint(path, **rarely)).fit(X, Y)
    state = read_checkpoint(path)[1]
    assert state["epoch"] == len(state["history"]["epochs"]["epoch"]) == 3
    went_on = make(**settings, checkpoint=path).fit(X, Y)
    assert_same(went_on, make(**settings).fit(X, Y))


def test_an_interrupted_validation_leaves_the_epoch_before(tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    class InterruptValidation(Callback):
        def on_epoch_begin(self, trainer):
            if trainer.epoch == 3:
                trainer.evaluate = interrupt

    path, given = tmp_path / "run", {"X_val": X[:50], "y_val": Y[:50]}
    interrupted = make(callbacks=[InterruptValidation()], checkpoint=Checkpoint(path, seconds=1000))
    with pytest.warns(UserWarning, match="in epoch 4, after all its steps"):
        assert interrupted.fit(X, Y, **given).n_iter_ == 3
    assert read_checkpoint(path)[1]["epoch"] == 3
    assert_same(make(checkpoint=path).fit(X, Y, **given), make().fit(X, Y, **given))


def test_an_interrupt_never_puts_an_earlier_epoch_in_the_place_of_a_later(tmp_path):
    path = tmp_path / "run"
    callbacks = [InterruptIn("on_step_end", 4)]
    with pytest.warns(UserWarning, match="interrupted in epoch 5"):
        make(callbacks=callbacks, checkpoint=Checkpoint(path, every=2)).fit(X, Y)
    assert read_checkpoint(path)[1]["epoch"] == 4


def test_a_training_that_diverges_leaves_the_epoch_before(tmp_path):
    path = tmp_path / "training"
    steps_an_epoch = 4
    last_step = 3 * steps_an_epoch - 1
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="training diverged"):
        make(checkpoint=path, callbacks=DivergeIn(last_step)).fit(X, Y)

    _, state, _ = read_checkpoint(path)
    assert state["epoch"] == 2
    assert_same(make(checkpoint=path).fit(X, Y), make().fit(X, Y))


@pytest.mark.parametrize("settings", SETTINGS, ids=["sgd", "best epoch and mean", "adam"])
def test_a_training_that_died_goes_on_with_the_same_bits(tmp_path, settings):
    path = tmp_path / "run"
    with pytest.raises(KilledError):
        make(checkpoint=path, callbacks=KillIn(11), **settings).fit(X, Y)
    assert path.exists()
    resumed = make(checkpoint=path, **settings).fit(X, Y)
    assert_same(resumed, make(**settings).fit(X, Y))


def test_the_best_epoch_may_lie_before_the_kill(tmp_path):
    settings = {"early_stopping": True, "n_iter_no_change": 2, "learning_rate_init": 1e-9}
    with pytest.raises(KilledError):
        make(checkpoint=tmp_path / "run", callbacks=KillIn(7), **settings).fit(X, Y)
    resumed = make(checkpoint=tmp_path / "run", **settings).fit(X, Y)
    assert resumed.n_iter_ == 3
    assert_same(resumed, make(**settings).fit(X, Y))


SCRIPT = """
import os, sys
import numpy as np
from fernet import FERMLPClassifier
from fernet._io.checkpoint_files import read_checkpoint
from fernet.callbacks import Callback

class Die(Callback):
    def on_step_end(self, trainer):
        if trainer.step == 14:
            os.kill(os.getpid(), 9)

data = np.load(sys.argv[1])
FERMLPClassifier((8,), dropout=0.2, learning_rate_init=0.001, learning_rate_decay=0.9,
                 batch_size=40, max_iter=6, random_state=3, checkpoint=sys.argv[2],
                 callbacks=[Die()]).fit(data["X"], data["Y"])
"""


def test_a_killed_process_leaves_a_checkpoint_to_go_on_from(tmp_path):
    np.savez(tmp_path / "data.npz", X=X, Y=Y)
    path = tmp_path / "run"
    done = subprocess.run([sys.executable, "-c", SCRIPT, tmp_path / "data.npz", path], check=False)
    assert done.returncode == -9
    assert [p.name for p in tmp_path.iterdir() if "run" in p.name] == ["run"]
    assert_same(make(checkpoint=path).fit(X, Y), make().fit(X, Y))


def test_with_no_random_state_the_saved_seed_is_taken_up(tmp_path):
    path, settings = tmp_path / "run", {"random_state": None, "early_stopping": True}
    with pytest.raises(KilledError):
        make(checkpoint=path, callbacks=KillIn(11), **settings).fit(X, Y)
    seed = Checkpoint(path).saved_seed()
    resumed = make(checkpoint=path, **settings).fit(X, Y)
    again = make(checkpoint=path, **settings).fit(X, Y)
    assert resumed._fitted.seed == seed
    assert_same(resumed, again)


def test_a_callback_that_fails_at_the_end_takes_no_epoch_from_the_checkpoint(tmp_path):
    class Fails(KillIn):
        def on_train_end(self, trainer):
            raise RuntimeError("failed")

    with pytest.raises(RuntimeError, match="failed") as error:
        make(checkpoint=Checkpoint(tmp_path / "run", every=100), callbacks=Fails(11)).fit(X, Y)
    assert isinstance(error.value.__context__, KilledError)
    assert read_checkpoint(tmp_path / "run")[1]["epoch"] == 2


def test_a_finished_training_comes_back_without_training(tmp_path):
    first = make(checkpoint=tmp_path / "run").fit(X, Y)
    again = make(checkpoint=tmp_path / "run", callbacks=KillIn(1)).fit(X, Y)
    np.testing.assert_array_equal(first.network_.params, again.network_.params)


def test_a_finished_training_may_be_prolonged(tmp_path):
    make(checkpoint=tmp_path / "run", max_iter=3).fit(X, Y)
    assert_same(make(checkpoint=tmp_path / "run", max_iter=6).fit(X, Y), make().fit(X, Y))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"dropout": 0.3}, r"layers\[2\].rate was 0.2, now it is 0.3"),
        ({"hidden_layer_sizes": (8,) * 40}, r"number of layers was \d+, now it is \d+"),
        ({"learning_rate_init": 0.002}, "learning_rate was"),
        ({"solver": "adam"}, "solver was"),
        ({"augmentation": "robust"}, "augmentation was None, now it is {'flip': .{1,70}[.]{3}$"),
        ({"random_state": 4}, "initial weights was"),
    ],
)
def test_other_settings_are_refused_by_what_differs_alone(tmp_path, change, named):
    make(checkpoint=tmp_path / "run", max_iter=1).fit(X, Y)
    with pytest.raises(ValueError, match="is of another training") as error:
        make(checkpoint=tmp_path / "run", **change).fit(X, Y)
    told, cure = str(error.value).split(" is of another training: its ")[1].split("; ")
    assert re.match(named, told)
    assert cure == "remove the file or name another"


class StopAfter(Callback):
    """End the training once so many epochs are done."""

    def __init__(self, epochs):
        self.epochs = epochs

    def on_epoch_end(self, trainer):
        trainer.stop = trainer.epoch == self.epochs


def test_a_training_that_a_callback_has_stopped_is_done(tmp_path):
    for callbacks in (StopAfter(2), None):
        assert make(checkpoint=tmp_path / "run", callbacks=callbacks).fit(X, Y).n_iter_ == 2


@pytest.mark.parametrize("views", [{"average_flips": True}, {"average_views": [1.1]}])
def test_a_scorers_word_depends_on_the_views_that_are_averaged(tmp_path, views):
    settings = {"checkpoint": tmp_path / "run", "early_stopping": True, "max_iter": 1}
    make(**settings, monitor="macro_f1").fit(X, Y)
    with pytest.raises(ValueError, match="its monitor was macro_f1, now it is macro_f1, average"):
        make(**settings, **views, monitor="macro_f1").fit(X, Y)
    settings["checkpoint"] = tmp_path / "by accuracy"
    make(**settings).fit(X, Y)
    make(**settings, **views).fit(X, Y)


def test_a_folder_that_is_not_there_is_said_before_the_training(tmp_path):
    model = make(checkpoint=tmp_path / "gone" / "run", callbacks=KillIn(0))
    with pytest.raises(FileNotFoundError, match=r"folder of this file is not there: '.*gone/run'"):
        model.fit(X, Y)


def test_other_data_are_refused(tmp_path):
    make(checkpoint=tmp_path / "run", max_iter=1).fit(X, Y)
    other = X.copy()
    other[0, 0] ^= 1
    with pytest.raises(ValueError, match="training data"):
        make(checkpoint=tmp_path / "run").fit(other, Y)


SOFT = RNG.dirichlet(np.ones(3), 150)


def test_a_training_on_distributions_goes_on_with_the_same_bits(tmp_path):
    path, settings = tmp_path / "run", {"early_stopping": True, "n_iter_no_change": 6}
    with pytest.raises(KilledError):
        make(checkpoint=path, callbacks=KillIn(11), **settings).fit(X, Y, label_distribution=SOFT)
    resumed = make(checkpoint=path, **settings).fit(X, Y, label_distribution=SOFT)
    assert_same(resumed, make(**settings).fit(X, Y, label_distribution=SOFT))


@pytest.mark.parametrize("saved", [None, SOFT])
def test_other_distributions_are_refused(tmp_path, saved):
    make(checkpoint=tmp_path / "run", max_iter=1).fit(X, Y, label_distribution=saved)
    for other in (None, SOFT, SOFT[:, ::-1]):
        if other is not saved:
            with pytest.raises(ValueError, match="its distributions of the samples was"):
                make(checkpoint=tmp_path / "run").fit(X, Y, label_distribution=other)


def test_saves_come_every_few_epochs_and_at_the_end(tmp_path):
    epochs = []

    class Spy(Checkpoint):
        def save(self, trainer):
            epochs.append(trainer.epoch)

    make(checkpoint=Spy(tmp_path / "run", every=4)).fit(X, Y)
    assert epochs == [4, 6]


@pytest.mark.parametrize("content", [b"", b"not a checkpoint at all", b"\xff" * 64])
def test_a_damaged_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "run"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="run"):
        make(checkpoint=path).fit(X, Y)
    assert path.read_bytes() == content


def test_a_truncated_file_is_refused(tmp_path):
    path = tmp_path / "run"
    make(checkpoint=path, max_iter=1).fit(X, Y)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="cannot be read"):
        make(checkpoint=path).fit(X, Y)


@pytest.mark.parametrize("every", [0, 1.5])
def test_every_is_a_whole_number_of_one_or_more(every):
    with pytest.raises(ValueError, match=f"every is {every}"):
        Checkpoint("run", every=every)


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
def test_a_checkpoint_into_a_pipe_is_written_and_never_gone_on_with(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR)  # holds what is written, and the pipe open
    model = FERMLPClassifier((2,), max_iter=1, checkpoint=pipe, random_state=0)

    for _ in range(2):
        assert model.fit([[0.0], [1.0]] * 5, [0, 1] * 5).n_iter_ == 1
        assert b"fernet-checkpoint" in os.read(reader, 65536)
    os.close(reader)
    assert pipe.is_fifo()


def test_a_checkpoint_that_is_a_folder_is_refused_before_the_training(tmp_path):
    model = FERMLPClassifier((2,), max_iter=1, checkpoint=tmp_path, random_state=0)

    with pytest.raises(IsADirectoryError, match="is a folder"):
        model.fit([[0.0], [1.0]] * 5, [0, 1] * 5)


def test_a_checkpoint_among_the_callbacks_is_refused_as_none_goes_on_from_it(tmp_path):
    saver = Checkpoint(tmp_path / "run")
    for callbacks in (saver, [saver]):
        with pytest.raises(
            ValueError, match=r"callbacks holds Checkpoint.* expected it as checkpo"
        ):
            make(callbacks=callbacks).fit(X, Y)


def test_an_empty_path_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="checkpoint is ''; expected the path of a file"):
        make(checkpoint="").fit(X, Y)
    with pytest.raises(ValueError, match="expected the path of a file"):
        Checkpoint("")


@pytest.mark.parametrize("every", [1, 4])
def test_a_folder_that_is_missing_is_found_before_the_first_step(tmp_path, every):
    path = tmp_path / "missing" / "run"
    with pytest.raises(FileNotFoundError) as caught:
        make(checkpoint=Checkpoint(path, every), callbacks=KillIn(1)).fit(X, Y)
    assert caught.value.filename == str(path)


@contextmanager
def limited_files():
    """Give a function that limits how large a file may become, until the end of the block.

    The block ends before pytest writes how the test went: that may go to a large file too.
    """
    resource = pytest.importorskip("resource", reason="limits as POSIX has them")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield lambda n: resource.setrlimit(resource.RLIMIT_FSIZE, (n, before[1]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_found_before_the_first_step(tmp_path):
    with limited_files() as limit, pytest.raises(OSError, match="run") as caught:
        limit(1 << 10)
        make(checkpoint=tmp_path / "run", callbacks=KillIn(1)).fit(X, Y)
    assert caught.value.errno == errno.EFBIG
    assert list(tmp_path.iterdir()) == []


def test_when_the_disk_is_full_later_the_training_goes_on_in_memory(tmp_path):
    class Fill(Callback):
        def on_epoch_end(self, trainer):
            if trainer.epoch == 2:
                limit(1 << 10)

    refusal = "run' can't be written after epoch 2"
    with limited_files() as limit, pytest.warns(UserWarning, match=refusal) as caught:
        model = make(checkpoint=tmp_path / "run", callbacks=Fill()).fit(X, Y)
    assert len(caught) == 1
    assert_same(model, make().fit(X, Y))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert read_checkpoint(tmp_path / "run")[1]["epoch"] == 1


def test_seconds_between_saves_spare_all_but_the_first_and_the_last(tmp_path):
    epochs = []

    class Spy(Checkpoint):
        def save(self, trainer):
            super().save(trainer)
            epochs.append(trainer.epoch)

    make(checkpoint=Spy(tmp_path / "run", seconds=1e6)).fit(X, Y)
    assert epochs == [1, 6]
    for seconds in (-1, "3"):
        with pytest.raises(ValueError, match=f"seconds is {seconds!r}; expected 0 or more"):
            Checkpoint("run", seconds=seconds)


def test_a_finished_training_comes_back_from_where_nothing_can_be_written(tmp_path, monkeypatch):
    first = make(checkpoint=tmp_path / "run").fit(X, Y)

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("fernet.checkpoint.check_room", refuse)
    assert_same(first, make(checkpoint=tmp_path / "run").fit(X, Y))


def test_on_another_instruction_set_the_training_goes_on_and_says_so(tmp_path, other_isa):
    name, go_over = other_isa
    with pytest.raises(KilledError):
        make(checkpoint=tmp_path / "run", callbacks=KillIn(11)).fit(X, Y)
    go_over()
    with pytest.warns(UserWarning, match=f"instruction set .*, the training goes on with {name}"):
        model = make(checkpoint=tmp_path / "run").fit(X, Y)
    assert model.n_iter_ == 6
    # From here on it is a training of that set.
    make(checkpoint=tmp_path / "run", max_iter=7).fit(X, Y)
