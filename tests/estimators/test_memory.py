"""What a training needs goes when it ends, not when Python next looks for circles."""

from __future__ import annotations

import gc
from collections import Counter

import numpy as np
import pytest

from fernet import FERCNNClassifier, FERMLPClassifier, load_model, save_model
from fernet.callbacks import BestEpochSaver
from fernet.checkpoint import Checkpoint
from fernet.layers import BatchNorm, Conv2D, Flatten, Linear, ReLU

RNG = np.random.default_rng(0)
X = RNG.integers(256, size=(60, 8, 8)).astype(np.uint8)
Y = RNG.integers(3, size=60)
LAYERS = [Conv2D(4), BatchNorm(), ReLU(), Flatten(), Linear(3)]


def perceptron(**settings):
    return FERMLPClassifier((8,), max_iter=2, random_state=0, **settings)


def left_by(work):
    """Do some work twice, and count what the second time has left in circles, of ours and NumPy."""
    work()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        work()
        gc.collect()
        kinds = [type(kept) for kept in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    named = (f"{kind.__module__}.{kind.__name__}" for kind in kinds)
    return Counter(name for name in named if name.startswith(("fernet.", "numpy.")))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"early_stopping": True},
        {"early_stopping": True, "monitor": "macro_f1"},
        {"clip_norm": 1.0},
        {"augmentation": "standard", "ema_decay": 0.9},
    ],
    ids=lambda settings: " ".join(settings),
)
def test_a_training_leaves_nothing_but_its_model(settings):
    assert not left_by(lambda: perceptron(**settings).fit(X, Y))


def test_a_training_of_convolutions_leaves_nothing_but_its_model():
    assert not left_by(lambda: FERCNNClassifier(LAYERS, max_iter=1, random_state=0).fit(X, Y))


def test_weights_and_shares_of_samples_leave_nothing():
    shares = np.eye(3)[Y]
    weights = np.ones(60)

    def train():
        perceptron().fit(X, Y, sample_weight=weights, label_distribution=shares)

    assert not left_by(train)


def test_a_training_in_parts_leaves_nothing_but_its_model():
    model = perceptron()
    assert not left_by(lambda: model.partial_fit(X, Y))


def test_a_frozen_backbone_leaves_nothing():
    model = perceptron(warm_start=True).fit(X, Y).set_params(freeze="backbone")
    assert not left_by(lambda: model.fit(X, Y))


def test_files_of_a_training_leave_nothing(tmp_path):
    def train():
        saver = BestEpochSaver(tmp_path / "best.safetensors")
        checkpoint = Checkpoint(tmp_path / "run")
        perceptron(early_stopping=True, callbacks=[saver], checkpoint=checkpoint).fit(X, Y)

    assert not left_by(train)


def test_models_that_are_loaded_and_asked_leave_nothing(tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(perceptron().fit(X, Y), path)
    assert not left_by(lambda: load_model(path).predict(X))
