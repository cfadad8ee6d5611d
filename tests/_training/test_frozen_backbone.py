"""Training a network's last layers alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._training import frozen_backbone
from fernet._training.data_loader import DataLoader
from fernet._training.frozen_backbone import FeatureLoader, freeze_backbone, split_network
from fernet._training.optimizers import SGD, Adam
from fernet._training.settings import Settings
from fernet._training.trainer import Trainer
from fernet.augmentation import Augmentation
from fernet.layers import (
    BatchNorm,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
)

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (50, 16), dtype=np.uint8)
TARGET = RNG.integers(3, size=50).astype(np.int32)
LAYERS = [Linear(8), ReLU(), Dropout(0.5), Linear(6), ReLU(), Dropout(0.5), Linear(3)]


def network(layers=LAYERS, shape=(16,)):
    made = Network(layers, shape)
    made.initialize(1)
    return made


def batches(**kwargs):
    return DataLoader(X, TARGET, image_shape=(4, 4, 1), **kwargs)


@pytest.mark.parametrize(
    ("layers", "n_head"),
    [
        (LAYERS, 2),  # a dropout before the last layer goes with it
        ([Linear(8), ReLU(), Linear(3)], 1),
        ([Flatten(), Linear(8), ReLU(), Linear(3)], 1),  # nothing to keep before the flattening
        ([ReLU(), Linear(3), ReLU()], 2),
    ],
)
def test_the_head_of_a_perceptron_is_its_last_layer_with_parameters(layers, n_head):
    backbone, head = split_network(network(layers))
    assert backbone.layers + head.layers == layers
    assert len(head.layers) == n_head


RESIDUAL = [
    Conv2D(3),
    BatchNorm(),
    ReLU(),
    Residual([Conv2D(3), BatchNorm(), Dropout(0.5)], [Conv2D(3, 1)]),
    ReLU(),
    GlobalAvgPool2D(),
    Dropout(0.5),
    Linear(3),
]


@pytest.mark.parametrize(
    ("layers", "n_head"),
    [
        (RESIDUAL, 2),
        ([Conv2D(3), ReLU(), MaxPool2D(), Flatten(), Linear(4), ReLU(), Linear(3)], 3),
        ([Conv2D(3), ReLU(), Flatten(), BatchNorm(), Linear(3)], 2),
        ([Conv2D(3), ReLU(), Conv2D(3), GlobalAvgPool2D()], 2),  # nothing learns after the pooling
    ],
)
def test_the_head_of_a_convolutional_network_follows_the_last_pooling(layers, n_head):
    backbone, head = split_network(network(layers, (4, 4, 1)))
    assert backbone.layers + head.layers == layers
    assert len(head.layers) == n_head


def test_running_statistics_of_the_backbone_stay():
    whole = network(RESIDUAL, (4, 4, 1))
    before = whole.values.copy()
    trainer = Trainer(
        whole, SGD(), batches(), settings=Settings(1e-3, n_epochs=2), part=freeze_backbone
    )
    trainer.train()
    trainer.finish()
    now = dict(whole.named_parameters() + whole.named_state())
    then = network(RESIDUAL, (4, 4, 1))
    then.values[...] = before
    old = dict(then.named_parameters() + then.named_state())
    changed = [name for name in now if (now[name] != old[name]).any()]
    assert changed == ["linear_1.weight", "linear_1.bias"]


def test_backbone_and_head_one_after_the_other_are_the_network():
    whole = network()
    backbone, head = split_network(whole)
    x = RNG.standard_normal((5, 16), dtype=np.float32)
    np.testing.assert_array_equal(
        Session(head).predict(Session(backbone).predict(x)), Session(whole).predict(x)
    )


def test_a_single_layer_has_no_backbone():
    assert split_network(network([Linear(3)])) is None
    whole = network([Linear(3)])
    before = whole.params.copy()
    trainer = Trainer(
        whole, SGD(), batches(), settings=Settings(1e-3, n_epochs=1), part=freeze_backbone
    )
    trainer.train()
    trainer.finish()
    assert (whole.params != before).any()


@pytest.mark.parametrize("limit", [0, frozen_backbone.CACHE_BYTES])
@pytest.mark.parametrize("augmentation", [None, Augmentation(flip="random", shift=1)])
def test_features_are_what_the_backbone_predicts(monkeypatch, limit, augmentation):
    monkeypatch.setattr(frozen_backbone, "CACHE_BYTES", limit)
    images, backbone = batches(augmentation=augmentation), network(LAYERS[:5])
    features = FeatureLoader(images, backbone)
    pixels, out = np.empty((7, 16), np.float32), np.empty((7, 6), np.float32)
    for epoch in range(3):
        rows = RNG.integers(50, size=7)
        images.gather_augmented(rows, pixels, 5, epoch, 9)
        features.gather_augmented(rows, out, 5, epoch, 9)
        np.testing.assert_array_equal(out, Session(backbone).predict(pixels))
        images.gather(rows, pixels, mirrored=epoch == 2)
        features.gather(rows, out, mirrored=epoch == 2)
        np.testing.assert_array_equal(out, Session(backbone).predict(pixels))


def head_trained(**kwargs):
    whole = network()
    options = {"settings": Settings(1e-3, n_epochs=3, batch_size=20)} | kwargs
    trainer = Trainer(whole, Adam(weight_decay=0.1), batches(), **options, part=freeze_backbone)
    trainer.train()
    return trainer


def parameters(whole):
    return {name: view.copy() for name, view in whole.named_parameters()}


@pytest.mark.parametrize("ema_decay", [None, 0.9])
def test_only_the_head_learns(ema_decay):
    trainer = head_trained(settings=Settings(1e-3, n_epochs=3, ema_decay=ema_decay))
    kept = parameters(trainer.kept_network())
    trainer.finish()
    before, after = parameters(network()), parameters(trainer.whole_network)
    changed = [name for name in before if (before[name] != after[name]).any()]
    assert changed == ["linear_3.weight", "linear_3.bias"]
    for name, values in after.items():
        np.testing.assert_array_equal(values, kept[name])


def test_the_head_learns_what_it_would_in_the_whole_network_with_other_rates_zero():
    layers = [Linear(8), ReLU(), Linear(3)]
    whole, twin = network(layers), network(layers)
    settings = Settings(1e-3, n_epochs=2, batch_size=10)
    trainer = Trainer(whole, SGD(0.0), batches(), settings=settings, part=freeze_backbone)
    trainer.train()
    trainer.finish()

    class HeadOnly(SGD):
        def update(self, params, grads, learning_rate, n_decayed):
            for name, gradient in twin.named_gradients():
                if name.startswith("linear_1"):
                    gradient[...] = 0
            return super().update(params, grads, learning_rate, n_decayed)

    # A norm to clip keeps all gradients until the update.
    settings = replace(settings, clip_norm=1e30)
    Trainer(twin, HeadOnly(0.0), batches(), settings=settings).train()
    np.testing.assert_allclose(whole.params, twin.params, rtol=1e-4, atol=1e-5)


def test_validation_sees_the_whole_network():
    trainer = head_trained(validation=batches())
    trainer.finish()
    whole = trainer.whole_network
    predicted = Session(whole).predict(X.astype(np.float32)).argmax(axis=1)
    assert trainer.history.epochs["validation_accuracy"][-1] == np.mean(predicted == TARGET)
