"""Model files of convolutional networks: all kinds of layers, nested ones and what they keep."""

from __future__ import annotations

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet import FERCNNClassifier
from fernet.architectures import ARCHITECTURES
from fernet.estimators.saving import ModelFileError, load_model_file, save_model
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

X = np.random.default_rng(0).integers(0, 256, (40, 6, 8), dtype=np.uint8)
Y = np.arange(40) % 3
EVERY_KIND = [
    Conv2D(4, (3, 1), stride=(1, 2), padding=(1, 0), use_bias=False, algorithm="direct"),
    BatchNorm(momentum=0.8),
    ReLU(),
    Residual(
        [Conv2D(8, padding="same"), Residual([BatchNorm(), ReLU()]), Conv2D(8, 1)],
        [Conv2D(8, 1, initializer="glorot_uniform")],
    ),
    ReLU(),
    MaxPool2D(2),
    Flatten(),
    Dropout(0.2),
    Linear(3),
]


def fitted(**parameters):
    small = {"filters": ((4, 1), (8, 1)), "hidden_layer_sizes": (5,), "batch_norm": True}
    parameters = small | {"max_iter": 2, "batch_size": 20, "random_state": 0} | parameters
    return FERCNNClassifier(**parameters).fit(X, Y)


@pytest.fixture(scope="module")
def saved(to_bytes):
    """A model file's bytes; the network has layers of every kind."""
    return to_bytes(fitted(architecture=EVERY_KIND))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"dropout": 0.0, "batch_norm": False, "conv_algorithm": "direct"},
        {"average_flips": True, "augmentation": "flip", "scaled_std": 2.0},
        {"architecture": EVERY_KIND, "ema_decay": 0.9},
        {"architecture": [Conv2D(3), GlobalAvgPool2D()], "early_stopping": True},
        {"architecture": "preact_resnet18", "width": 2},
    ],
    ids=str,
)
def test_a_model_comes_back_the_same_to_the_last_bit(tmp_path, parameters):
    model = fitted(**parameters)
    save_model(model, tmp_path / "m")
    twin = load_model_file(tmp_path / "m")

    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
    assert twin.get_params() == model.get_params()
    assert twin.network_.layers == model.network_.layers
    assert twin.history_ == model.history_
    assert twin.set_params(warm_start=True).fit(X, Y).n_iter_ == 4


def test_layers_given_by_their_configurations_come_back_as_layers(tmp_path):
    model = fitted(architecture=[layer.config() for layer in EVERY_KIND])
    save_model(model, tmp_path / "m")
    assert load_model_file(tmp_path / "m").architecture == EVERY_KIND


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_every_architecture_can_be_saved(tmp_path, name):
    model = fitted(architecture=name, width=2, filters=((1, 1),), max_iter=1)
    save_model(model, tmp_path / "m")
    assert load_model_file(tmp_path / "m").network_.layers == model.network_.layers


def test_running_statistics_are_saved(saved):
    names = set(safetensors.numpy.load(saved))
    for number in (1, 2):
        for part in ("gamma", "beta", "running_mean", "running_var"):
            assert f"network.batch_norm_{number}.{part}" in names


def test_a_width_that_is_no_square_comes_back(tmp_path):
    rows = X.reshape(40, 48)
    model = FERCNNClassifier(filters=((2, 1),), hidden_layer_sizes=(4,), max_iter=1).fit(rows, Y)
    save_model(model, tmp_path / "m")
    twin = load_model_file(tmp_path / "m")
    assert twin.network_.input_shape == (1, 48, 1)
    np.testing.assert_array_equal(twin.predict_proba(rows), model.predict_proba(rows))


@pytest.mark.parametrize("bad", [-1.0, np.nan])
def test_variances_that_are_none_are_refused(tmp_path, saved, bad, parts, load_bytes):
    arrays = safetensors.numpy.load(saved)
    name = "network.batch_norm_2.running_var"
    arrays[name] = np.full_like(arrays[name], bad)
    raw = safetensors.numpy.save(arrays, metadata=parts(saved).header["__metadata__"])

    with pytest.raises(ModelFileError, match=name):
        load_bytes(raw, tmp_path)


MODEL = ("model",)
LAYERS = ("model", "layers")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((*MODEL, "estimator", "FERMLPClassifier"), "params"),
        ((*MODEL, "params", "depth", 3), "must not contain {'depth'}"),
        ((*MODEL, "params", "architecture", "alexnet"), "architecture"),
        ((*MODEL, "params", "filters", [[1, 2, 3]]), "filters"),
        ((*MODEL, "params", "width", 0), "width"),
        ((*MODEL, "input_shape", [48]), "input_shape"),
        ((*MODEL, "input_shape", [8, 6, 1]), r"\(8, 6, 1\)|shape"),
        ((*MODEL, "image_shape", [8, 6, 1]), r"\(6, 8, 1\)"),
        ((*MODEL, "image_shape", [6, 8, 3]), "image_shape"),
        ((*LAYERS, 0, "n_filters", 5), r"expected \[3, 1, 1, 5\]"),
        ((*LAYERS, 0, "n_filters", 0), r"layers\[0\]"),
        ((*LAYERS, 0, "padding", "reflect"), r"layers\[0\]"),
        ((*LAYERS, 0, "padding", [0, -1]), r"layers\[0\]"),
        ((*LAYERS, 0, "padding", 60000), "padding is 60000"),
        ((*LAYERS, 0, "n_filters", 10**6), "conv2d_1 makes .* of each row, more than"),
        ((*LAYERS, 0, "kernel_size", [3, 3, 3]), r"layers\[0\]"),
        ((*LAYERS, 0, "stride", 0), r"layers\[0\]"),
        ((*LAYERS, 0, "algorithm", "fft"), r"layers\[0\]"),
        ((*LAYERS, 1, "eps", 0), r"layers\[1\]"),
        ((*LAYERS, 2, {"kind": "add"}), r"layers\[2\]"),
        ((*LAYERS, 3, "branch", 0, "kind", "lambda"), r"layers\[3\]"),
        ((*LAYERS, 3, "branch", []), "branch"),
        ((*LAYERS, 3, "shortcut", []), "model"),
        ((*LAYERS, 3, "shortcut", [{"kind": "residual"}]), r"layers\[3\]"),
        ((*LAYERS, 5, "size", 0), r"layers\[5\]"),
        ((*LAYERS, 5, "size", 60), "model"),
    ],
)
def test_documents_that_a_model_can_not_have_are_refused(
    tmp_path, saved, change, message, parts, set_in, load_bytes
):
    file = parts(saved)
    set_in(file.document, *change)
    with pytest.raises(ModelFileError, match=message):
        load_bytes(file.joined(), tmp_path)


def test_residuals_nested_beyond_reason_are_refused(tmp_path, saved, parts, load_bytes):
    file = parts(saved)
    layers = file.document["model"]["layers"]
    for depth in (50, 400):
        for _ in range(depth):
            layers[3] = {"kind": "residual", "branch": [layers[3]], "shortcut": []}
        with pytest.raises(ModelFileError):
            load_bytes(file.joined(), tmp_path)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 70000)
    | st.floats(allow_nan=False)
    | st.sampled_from(["conv2d", "residual", "batch_norm", "max_pool2d", "same", "vgg", "add"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_layers_changed_at_random_never_give_more_than_a_refusal(
    folder, saved, parts, set_in, places, load_bytes, data
):
    file = parts(saved)
    layers = file.document["model"]["layers"]
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(places(layers)))
        set_in(layers, *path, data.draw(json_values))
    try:
        model = load_bytes(file.joined(), folder)
    except ModelFileError as error:
        assert "\n" not in str(error)
    else:
        assert model.network_.output_shape == (3,)
