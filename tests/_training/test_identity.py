"""What belongs to a training's identity: all that its bits depend on."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet._training.identity import difference
from fernet.callbacks import Callback
from fernet.layers import Flatten, Linear, ReLU
from fernet.schedules import ConstantSchedule, Schedule

RNG = np.random.default_rng(0)
Y = np.arange(60) % 3
X = (RNG.integers(0, 60, (60, 8, 8)) + 60 * Y[:, None, None]).astype(np.uint8)
X_VAL, Y_VAL = X[::4] // 2, Y[::4]

ADAM, SGD = {"solver": "adam"}, {"solver": "sgd"}
VGG, COMPACT = {"architecture": "vgg"}, {"architecture": "compact"}
STOPPING = {"early_stopping": True, "n_iter_no_change": 2}

# Each parameter that changes the bits of a training: settings to begin with, and another value.
CHANGES = {
    "dropout": ({}, 0.3),
    "weight_decay": ({}, 0.1),
    "solver": (SGD, "adam"),
    "learning_rate_init": ({}, 0.002),
    "learning_rate_decay": ({}, 0.5),
    "schedule": ({}, "cosine"),
    "momentum": (SGD, 0.5),
    "nesterov": (SGD, True),
    "beta_1": (ADAM, 0.5),
    "beta_2": (ADAM, 0.5),
    "epsilon": (ADAM, 0.1),
    "batch_size": ({}, 7),
    "max_iter": ({"schedule": "cosine"}, 5),
    "early_stopping": ({}, True),
    "validation_fraction": (STOPPING, 0.4),
    "n_iter_no_change": (STOPPING | {"learning_rate_init": 1e-9, "max_iter": 6}, 1),
    "monitor": (STOPPING | {"learning_rate_init": 1.0, "max_iter": 8}, "loss"),
    "label_smoothing": ({}, 0.2),
    "clip_norm": ({}, 0.01),
    "ema_decay": ({}, 0.5),
    "augmentation": ({}, "flip"),
    "scaling": ({}, "per_pixel"),
    "scaled_std": ({}, 3.0),
    "shuffle": ({}, False),
    "freeze": ({"warm_start": True}, "backbone"),
    "warm_start": ({}, True),
    "backend": ({}, "tensorflow"),
    "class_weight": ({}, {0: 3.0}),
    "random_state": ({}, 1),
    "hidden_layer_sizes": ({}, (5,)),
    "architecture": (VGG, [Flatten(), Linear(4), ReLU(), Linear(3)]),
    "filters": (VGG, [(3, 1)]),
    "batch_norm": (VGG, True),
    "width": (COMPACT, 4),
    "conv_algorithm": (VGG | {"conv_algorithm": "direct"}, "winograd"),
}

# Each parameter that may differ, and why; another value where one can be tried.
HARMLESS = {
    "average_flips": ("predictions alone depend on it", True),
    "average_views": ("predictions alone depend on it", "zooms"),
    "verbose": ("it is shown, not computed", 2),
    "callbacks": ("a user's code: what it changes nobody can tell", [Callback()]),
    "checkpoint": ("it is the file itself", None),
    "strategy": ("of TensorFlow, whose dropout does not resume to the same bits anyway", None),
}

CLASSES = [FERMLPClassifier, FERCNNClassifier]


def make(cls, **settings):
    base = {"hidden_layer_sizes": (4,), "max_iter": 3, "batch_size": 20, "random_state": 0}
    if cls is FERCNNClassifier:
        base |= {"filters": [(2, 1)], "width": 2, "dropout": 0.0}
    return cls(**base | settings)


def fit(model, checkpoint=None):
    """Return weights and losses of a fit, of a second one if it is to go on from a first."""
    if model.warm_start:
        freeze = model.freeze
        model.set_params(freeze=None).fit(X, Y).set_params(freeze=freeze)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "class_weight names")
        model.set_params(checkpoint=checkpoint).fit(X, Y)
    return np.concatenate([model.network_.values, model.history_.epochs["loss"]])


@pytest.mark.parametrize("cls", CLASSES)
def test_each_parameter_is_known_to_change_bits_or_to_be_harmless(cls):
    known = [*CHANGES, *HARMLESS]
    assert len(set(known)) == len(known)
    assert set(cls().get_params()) <= set(known)


CASES = [
    pytest.param(cls, name, id=f"{cls.__name__}-{name}")
    for cls in CLASSES
    for name in CHANGES
    if name in cls().get_params()
]


@pytest.mark.parametrize(("cls", "name"), CASES)
def test_a_parameter_that_changes_bits_is_refused(cls, name, tmp_path):
    if name == "backend":
        pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    begin, other = CHANGES[name]
    first = fit(make(cls, **begin), tmp_path / "run")
    changed = begin | {name: other}
    second = fit(make(cls, **changed))
    assert first.shape != second.shape or not np.array_equal(first, second)
    with pytest.raises(ValueError, match=r"is of another training|can't be gone on from"):
        fit(make(cls, **changed), tmp_path / "run")


@pytest.mark.parametrize("name", [name for name, (_, other) in HARMLESS.items() if other])
def test_a_harmless_parameter_goes_on_to_the_same_bits(name, tmp_path, capfd):
    changed = {name: HARMLESS[name][1]}
    fit(make(FERMLPClassifier, max_iter=1), tmp_path / "run")
    went_on = fit(make(FERMLPClassifier, **changed), tmp_path / "run")
    np.testing.assert_array_equal(went_on, fit(make(FERMLPClassifier)))
    np.testing.assert_array_equal(went_on, fit(make(FERMLPClassifier, **changed)))


VALIDATION = {"none": {}, "one": {"X_val": X_VAL, "y_val": Y_VAL}}
VALIDATION["other images"] = {"X_val": X_VAL + 1, "y_val": Y_VAL}
VALIDATION["other labels"] = {"X_val": X_VAL, "y_val": Y_VAL[::-1]}


@pytest.mark.parametrize("after", [name for name in VALIDATION if name != "one"])
@pytest.mark.parametrize("stopping", [False, True])
def test_other_validation_data_are_refused(tmp_path, stopping, after):
    model = make(FERMLPClassifier, early_stopping=stopping, checkpoint=tmp_path / "run")
    model.fit(X, Y, **VALIDATION["one"])
    with pytest.raises(ValueError, match="is of another training"):
        model.fit(X, Y, **VALIDATION[after])


def test_other_weights_of_samples_are_refused(tmp_path):
    model = make(FERMLPClassifier, checkpoint=tmp_path / "run")
    model.fit(X, Y, sample_weight=np.arange(60) + 1)
    with pytest.raises(ValueError, match="its weights of the samples was"):
        model.fit(X, Y, sample_weight=np.arange(60) + 2)


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_a_longer_plan_is_refused_where_the_schedule_follows_it(tmp_path, schedule):
    fit(make(FERMLPClassifier, schedule=schedule), tmp_path / "run")
    with pytest.raises(ValueError, match="its planned epochs was 3, now it is 6"):
        fit(make(FERMLPClassifier, schedule=schedule, max_iter=6), tmp_path / "run")


class Steps(Schedule):
    """A schedule of a user's own."""

    def __init__(self, epochs):
        self.epochs = epochs

    def factor(self, epoch, n_epochs):
        return 0.1 ** sum(epoch >= step for step in self.epochs)


def test_arguments_of_ones_own_schedule_are_told_apart_by_their_values(tmp_path):
    def with_steps(*epochs):
        return make(FERMLPClassifier, schedule=Steps(np.array(epochs)))

    fit(with_steps(1, 2), tmp_path / "run")
    fit(with_steps(1, 2), tmp_path / "run")
    with pytest.raises(ValueError, match=r"schedule.epochs was \[1, 2\], now it is \[1, 3\]"):
        fit(with_steps(1, 3), tmp_path / "run")


def test_one_that_can_not_be_told_apart_is_refused(tmp_path):
    with pytest.raises(TypeError, match="the schedule has an argument of type set"):
        fit(make(FERMLPClassifier, schedule=Steps({1, 2})), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("schedule", ["constant", "exponential"])
def test_without_a_plan_a_training_is_prolonged_to_the_same_bits(tmp_path, schedule):
    fit(make(FERMLPClassifier, schedule=schedule, learning_rate_decay=0.8), tmp_path / "run")
    longer = {"schedule": schedule, "learning_rate_decay": 0.8, "max_iter": 6}
    went_on = fit(make(FERMLPClassifier, **longer), tmp_path / "run")
    np.testing.assert_array_equal(went_on, fit(make(FERMLPClassifier, **longer)))


def contents_and_times(path):
    """What a file holds, and what tells it from another that was written in its place."""
    found = os.stat(path)
    return path.read_bytes(), found.st_ino, found.st_mtime_ns


def test_a_shorter_training_than_the_saved_one_is_refused(tmp_path):
    fit(make(FERMLPClassifier, max_iter=4), tmp_path / "run")
    before = contents_and_times(tmp_path / "run")
    with pytest.raises(ValueError, match=r"done 4 epochs; expected at most the 2 of max_iter"):
        fit(make(FERMLPClassifier, max_iter=2), tmp_path / "run")
    assert contents_and_times(tmp_path / "run") == before


def test_numbers_of_numpy_are_numbers(tmp_path):
    numbers = {"batch_size": np.int64(20), "learning_rate_init": np.float32(0.5)}
    stopping = {"early_stopping": True, "n_iter_no_change": np.int32(2)}
    model = make(FERMLPClassifier, **numbers, **stopping)
    np.testing.assert_array_equal(fit(model, tmp_path / "run"), fit(model, tmp_path / "run"))


@pytest.mark.parametrize(
    ("saved", "own", "told"),
    [
        (1, 2, "x was 1, now it is 2"),
        ({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}, "x.b.c was 2, now it is 3"),
        ({"a": None}, {}, "x.a was None, now it is not there"),
        ([{"a": 1}, {"a": 1}], [{"a": 1}, {"b": 1}], "x[1].a was 1, now it is not there"),
        ([[1]], [], "x was [[1]], now it is []"),
        ([[1, 2], [3]], [[1, 2]], "number of x was 2, now it is 1"),
        ([[1, 2], [3]], [[1, 2], [4]], "x[1] was [3], now it is [4]"),
        (list(range(99)), None, f"x was {str(list(range(99)))[:77]}..., now it is None"),
    ],
    ids=str,
)
def test_of_what_differs_no_more_is_told(saved, own, told):
    assert difference("x", saved, own) == told


def own_layers(factor):
    class Scaled(Linear):
        kind = "scaled in a test of checkpoints"

        def forward(self, ctx, pass_ctx):
            super().forward(ctx, pass_ctx)
            ctx.y *= factor

    return {"architecture": [Flatten(), Scaled(4), Linear(2)]}


def own_schedule(factor):
    class Held(ConstantSchedule):
        def factor(self, epoch, n_epochs):
            return factor

    return {"schedule": Held()}


@pytest.mark.parametrize("own", [own_layers, own_schedule], ids=lambda own: own.__name__)
def test_classes_of_ones_own_are_told_apart_by_what_they_do(tmp_path, own):
    X = np.random.default_rng(0).integers(0, 256, (20, 6, 6), np.uint8)
    y = np.arange(20) % 2

    def fit(factor, **parameters):
        model = FERCNNClassifier(**{"architecture": [Flatten(), Linear(2)]} | own(factor))
        path = tmp_path / "run.checkpoint"
        return model.set_params(random_state=0, checkpoint=path, **parameters).fit(X, y)

    fit(1.0, max_iter=1)
    fit(1.0, max_iter=1)
    with pytest.raises(ValueError, match="of another training: its classes of one's own was"):
        fit(0.5, max_iter=1)
