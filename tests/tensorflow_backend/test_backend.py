"""Trainings in TensorFlow beside native ones: the same figures, to float32's precision."""

from __future__ import annotations

import functools
import subprocess
import sys

import numpy as np
import pytest

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._training.data_loader import DataLoader
from fernet._training.frozen_backbone import freeze_backbone
from fernet._training.muon import Muon
from fernet._training.native_backend import NativeBackend
from fernet._training.optimizers import SGD, Adam
from fernet._training.settings import Settings
from fernet._training.trainer import Trainer
from fernet.augmentation import Augmentation
from fernet.callbacks import Callback
from fernet.layers import (
    BatchNorm,
    Conv2D,
    Dropout,
    Flatten,
    Linear,
    MaxPool2D,
    ReLU,
)
from fernet.schedules import CosineSchedule
from fernet.tensorflow_backend import KerasBackend

pytestmark = pytest.mark.tensorflow

RNG = np.random.default_rng(0)
SHAPE = (8, 8, 1)
X = RNG.standard_normal((50, 64)).astype(np.float32)
TARGET = RNG.integers(3, size=50).astype(np.int32)
SOFT = RNG.dirichlet(np.ones(3), 50).astype(np.float32)
WEIGHT = RNG.uniform(0, 2, 50).astype(np.float32)
DENSE = [Flatten(), Linear(12), ReLU(), Linear(3)]
CONVOLVED = [Conv2D(4), BatchNorm(), ReLU(), MaxPool2D(), Conv2D(4), ReLU(), Flatten(), Linear(3)]

MIRRORED = [
    Conv2D(4, mirrored="image"), BatchNorm(mirrored=True), ReLU(),
    Conv2D(6, mirrored="pairs"), MaxPool2D(8), Flatten(), Linear(3, mirrored=True),
]  # fmt: skip


def network(layers):
    made = Network(layers, SHAPE)
    made.initialize(1)
    return made


def train(layers, optimizer, *, settings=None, **options):
    settings = settings or Settings(0.01, n_epochs=2, batch_size=10)
    options = {"validation": DataLoader(X, TARGET, WEIGHT)} | options
    trainer = Trainer(
        network(layers), optimizer(), DataLoader(X, TARGET, WEIGHT), settings=settings, **options
    )
    trainer.train()
    return trainer


def trained_by_both(*args, **kwargs):
    return [train(*args, backend=backend, **kwargs) for backend in (NativeBackend, KerasBackend)]


def assert_together(native, other, atol=2e-6):
    for name, array in native.snapshot()[0].items():
        if name.startswith("optimizer."):
            scale = np.abs(array).max(initial=1e-6)
            np.testing.assert_allclose(other.snapshot()[0][name], array, atol=1e-3 * scale)
    native.finish()
    other.finish()
    ours, theirs = native.whole_network, other.whole_network
    np.testing.assert_allclose(theirs.params, ours.params, atol=atol)
    np.testing.assert_allclose(theirs.state, ours.state, atol=atol)
    for part in ("iterations", "epochs"):
        for name, column in getattr(native.history, part).items():
            if name != "seconds":
                wanted = np.array(column, dtype=float)
                got = np.array(getattr(other.history, part)[name], dtype=float)
                np.testing.assert_allclose(got, wanted, rtol=1e-4, err_msg=name)


@pytest.mark.parametrize(
    "layers", [DENSE, CONVOLVED, MIRRORED], ids=["dense", "convolved", "mirrored"]
)
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: SGD(0.9),
        lambda: SGD(0.9, nesterov=True, weight_decay=0.1),
        lambda: Adam(0.8, 0.99, epsilon=1e-4, weight_decay=0.01),
    ],
    ids=["sgd", "nesterov", "adam"],
)
def test_ten_steps_stay_together(layers, optimizer):
    assert_together(*trained_by_both(layers, optimizer), 2e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {"label_smoothing": 0.1},
        {"clip_norm": 0.1},
        {"ema_decay": 0.9},
        {"patience": 1, "n_epochs": 8},
        {"schedule": CosineSchedule(), "shuffle": False},
        {"batch_size": 20},  # the last batch of an epoch is smaller
    ],
    ids=str,
)
def test_settings_mean_the_same(settings):
    settings = {"n_epochs": 2, "batch_size": 10} | settings
    settings = Settings(0.01, **settings)
    assert_together(*trained_by_both(DENSE, SGD, settings=settings))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_distributions_mean_the_same(smoothing):
    settings = Settings(0.01, n_epochs=2, batch_size=20, label_smoothing=smoothing)
    loader = DataLoader(X, TARGET, WEIGHT, distribution=SOFT)
    native, other = (
        Trainer(network(DENSE), SGD(), loader, loader, settings=settings, backend=backend)
        for backend in (NativeBackend, KerasBackend)
    )
    for trainer in (native, other):
        trainer.train()
    assert_together(native, other)
    hard = train(DENSE, SGD, settings=settings)
    assert (native.whole_network.params != hard.whole_network.params).any()


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["alike", "weighted"])
def test_mixtures_of_images_mean_the_same(weight):
    settings = Settings(0.01, n_epochs=2, batch_size=20)
    loader = DataLoader(
        X, TARGET, weight, augmentation=Augmentation(mixup=0.4, cutmix=1.0, noise=9.0),
        image_shape=SHAPE,
    )  # fmt: skip
    native, other = (
        Trainer(network(DENSE), SGD(), loader, settings=settings, backend=backend)
        for backend in (NativeBackend, KerasBackend)
    )
    for trainer in (native, other):
        trainer.train()
    assert_together(native, other)


@pytest.mark.parametrize(
    "first", [[Flatten(), Linear(4)], [Conv2D(4, 8, padding="valid")]], ids=["rows", "one pixel"]
)
def test_a_batch_of_a_single_value_for_each_channel_leaves_running_statistics_alone(first):
    layers = [*first, BatchNorm(0.5), ReLU(), Flatten(), Linear(3)]
    settings = Settings(0.01, n_epochs=2, batch_size=7)  # 50 rows: the last batch has one
    assert_together(*trained_by_both(layers, SGD, settings=settings), 2e-5)


def test_a_batch_of_one_image_counts_where_its_pixels_vary():
    settings = Settings(0.01, n_epochs=1, batch_size=7)
    assert_together(*trained_by_both(CONVOLVED, SGD, settings=settings), 2e-5)


def test_a_head_is_trained_alone():
    layers = [Flatten(), Linear(12), ReLU(), Linear(3)]
    native, other = trained_by_both(layers, SGD, part=freeze_backbone)
    assert_together(native, other)
    before, after = network(layers).named_parameters(), other.whole_network.named_parameters()
    assert [a[0] for a, b in zip(after, before, strict=True) if (a[1] != b[1]).any()] == [
        "linear_2.weight",
        "linear_2.bias",
    ]


def test_dropout_acts_in_training_and_rests_in_evaluation():
    layers = [Flatten(), Linear(64), ReLU(), Dropout(0.9), Linear(3)]
    trainer = train(
        layers, SGD, settings=Settings(1e-9, n_epochs=1, batch_size=50), backend=KerasBackend
    )
    kept = network(layers)
    predicted = Session(kept).predict(X.reshape(-1, *SHAPE)).argmax(axis=1)
    epochs = trainer.history.epochs
    assert epochs["validation_accuracy"][0] == np.average(predicted == TARGET, weights=WEIGHT)
    assert abs(epochs["loss"][0] - epochs["validation_loss"][0]) > 0.01


@pytest.mark.parametrize("optimizer", [lambda: SGD(0.9), Adam], ids=["sgd", "adam"])
def test_a_restored_training_goes_on_as_if_never_stopped(optimizer):
    whole = train(
        DENSE, optimizer, settings=Settings(n_epochs=4, batch_size=10), backend=KerasBackend
    )
    half = train(
        DENSE, optimizer, settings=Settings(n_epochs=2, batch_size=10), backend=KerasBackend
    )
    arrays, meta = half.snapshot()
    again = Trainer(
        network(DENSE),
        optimizer(),
        DataLoader(X, TARGET, WEIGHT),
        DataLoader(X, TARGET, WEIGHT),
        settings=Settings(n_epochs=4, batch_size=10),
        backend=KerasBackend,
    )
    again.restore({name: array.copy() for name, array in arrays.items()}, meta)
    again.train()
    assert_together(whole, again)


def test_a_training_that_diverges_says_so():
    with pytest.raises(ValueError, match="training diverged at step"):
        train(DENSE, SGD, settings=Settings(1e30, n_epochs=3, batch_size=10), backend=KerasBackend)


def test_callbacks_see_the_weights_of_their_epoch():
    class Watch(Callback):
        def __init__(self):
            self.seen = []

        def on_epoch_end(self, trainer):
            self.seen.append(trainer.kept_network().params.copy())

    pair = [Watch(), Watch()]
    for backend, watch in zip((NativeBackend, KerasBackend), pair, strict=True):
        train(DENSE, SGD, callbacks=[watch], backend=backend)
    np.testing.assert_allclose(pair[1].seen, pair[0].seen, atol=1e-6)
    assert (pair[1].seen[0] != pair[1].seen[1]).any()


SCRIPT = """
import sys
import numpy as np
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2)
from fernet import FERMLPClassifier
data = np.load(sys.argv[1])
settings = {"hidden_layer_sizes": (8,), "max_iter": 3, "random_state": 0, "batch_size": 21,
            "backend": "tensorflow", "weight_decay": 0.1, "clip_norm": 0.5}
given = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
models = [FERMLPClassifier(strategy=given, **settings).fit(data["x"], data["y"])]
with given.scope():
    models.append(FERMLPClassifier(**settings).fit(data["x"], data["y"]))

from fernet._training.data_loader import DataLoader
from fernet.layers import BatchNorm, Linear
from fernet._engine.network import Network
from fernet._training.optimizers import SGD
from fernet.tensorflow_backend import KerasBackend
from fernet._training.settings import Settings
from fernet._training.trainer import Trainer
network = Network([BatchNorm(), Linear(3)], (64,))
network.initialize(1)
batches, settings = DataLoader(data["x"], data["y"]), Settings(0.01, n_epochs=2, batch_size=10)
import functools
backend = functools.partial(KerasBackend, strategy=given)
trainer = Trainer(network, SGD(), batches, settings=settings, backend=backend)
trainer.train()
trainer.finish()
np.savez(sys.argv[2], *[m.network_.params for m in models], losses=models[0].loss_curve_,
         running_mean=dict(network.named_state())["batch_norm_1.running_mean"])
"""


def test_a_strategy_splits_the_batches_and_changes_no_figure(tmp_path):
    from fernet import FERMLPClassifier

    np.savez(tmp_path / "data.npz", x=X, y=TARGET)
    paths = [tmp_path / "data.npz", tmp_path / "params.npz"]
    subprocess.run([sys.executable, "-c", SCRIPT, *paths], check=True)
    normalised = Network([BatchNorm(), Linear(3)], (64,))
    normalised.initialize(1)
    settings = Settings(0.01, n_epochs=2, batch_size=10)
    trainer = Trainer(normalised, SGD(), DataLoader(X, TARGET), settings=settings)
    trainer.train()
    model = FERMLPClassifier(
        (8,), max_iter=3, random_state=0, batch_size=21, weight_decay=0.1, clip_norm=0.5
    ).fit(X, TARGET)
    with np.load(paths[1]) as found:
        for name in ("arr_0", "arr_1"):
            np.testing.assert_allclose(found[name], model.network_.params, atol=1e-5)
        np.testing.assert_allclose(found["losses"], model.loss_curve_, rtol=1e-5)
        mean = dict(normalised.named_state())["batch_norm_1.running_mean"]
        np.testing.assert_allclose(found["running_mean"], mean, atol=1e-6)


@pytest.mark.parametrize("strategy", ["mirrored", 2, KerasBackend])
def test_a_strategy_that_is_none_is_refused(strategy):
    backend = functools.partial(KerasBackend, strategy=strategy)
    with pytest.raises(ValueError, match=r"strategy is .*; expected a tf.distribute.Strategy or N"):
        train(DENSE, SGD, backend=backend)


def test_a_solver_that_keras_computes_otherwise_is_refused():
    with pytest.raises(ValueError, match="solver is 'muon', which backend='tensorflow' has not"):
        train(DENSE, Muon, settings=Settings(n_epochs=1, batch_size=10), backend=KerasBackend)
