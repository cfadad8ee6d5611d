"""FERCNNClassifier: its architectures, its images, and its life among scikit-learn's parts."""

from __future__ import annotations

import importlib.util
import pickle

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fernet import FERCNNClassifier
from fernet.architectures import ARCHITECTURES
from fernet.callbacks import Callback
from fernet.layers import BatchNorm, Conv2D, Flatten, GlobalAvgPool2D, Linear, MaxPool2D, ReLU

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = (DIGITS * 15.9).astype(np.uint8)
X, X_TEST, Y, Y_TEST = train_test_split(DIGITS, LABELS, random_state=0, stratify=LABELS)
FEW, FEW_LABELS = X[:60], Y[:60]


def make(**kwargs):
    small = {"filters": ((4, 1), (8, 1)), "hidden_layer_sizes": (16,), "dropout": 0.0}
    return FERCNNClassifier(**small | {"max_iter": 1, "random_state": 0} | kwargs)


def kinds(model):
    return [entry["kind"] for entry in model.network_.config()]


def planes(model):
    """Sizes of the pooling windows."""
    return [layer.size for layer in model.network_.layers if isinstance(layer, MaxPool2D)]


LEARNING = [
    {},
    {"batch_norm": True, "dropout": 0.1, "schedule": "cosine", "hidden_layer_sizes": (32,)},
    {"solver": "sgd", "learning_rate_init": 0.02, "nesterov": True, "weight_decay": 0.001},
    {"augmentation": {"shift": 0.5, "rotation": 5}, "ema_decay": 0.99, "early_stopping": True},
    {"architecture": "resnet18", "width": 8, "solver": "sgd", "learning_rate_init": 0.05},
    {"architecture": "preact_resnet18", "width": 8, "learning_rate_init": 0.01},
]


@pytest.mark.parametrize("parameters", LEARNING, ids=lambda p: " ".join(p) or "defaults")
def test_it_learns_digits(parameters):
    base = {"filters": ((8, 1), (16, 1)), "max_iter": 12, "learning_rate_init": 0.003}
    model = make(**base | {"batch_size": 50} | parameters).fit(X, Y)
    assert model.score(X_TEST, Y_TEST) > 0.93


# -- architectures ------------------------------------------------------------------------------


def test_the_reports_network_is_the_default():
    model = FERCNNClassifier(max_iter=1).fit(np.zeros((7, 48, 48), np.uint8), range(7))
    convolutions = [3, 3, 1, 32], [3, 3, 32, 32], [3, 3, 32, 64], [3, 3, 64, 64], [3, 3, 64, 64]
    assert [list(w.shape) for w in model.coefs_[:5]] == list(convolutions)
    assert [w.shape for w in model.coefs_[-3:]] == [(2304, 512), (512, 128), (128, 7)]
    assert planes(model) == [(2, 2)] * 4
    assert kinds(model).count("conv2d") == 11
    assert [c["rate"] for c in model.network_.config() if c["kind"] == "dropout"] == [0.4] * 3
    assert model.n_layers_ == 15


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_every_architecture_trains_on_images_of_its_size(name):
    images = np.zeros((4, 12, 12), np.uint8)
    model = make(architecture=name, width=2).fit(images, [0, 1, 2, 1])
    assert model.predict_proba(images).shape == (4, 3)


def test_parameters_shape_the_network():
    model = make(batch_norm=True, dropout=0.3, hidden_layer_sizes=(9, 5)).fit(FEW, FEW_LABELS)
    assert kinds(model)[:4] == ["conv2d", "batch_norm", "relu", "max_pool2d"]
    assert kinds(model).count("dropout") == 3
    assert [w.shape[-1] for w in model.coefs_] == [4, 8, 9, 5, 10]


def test_the_width_is_that_of_a_residual_networks_first_stage():
    model = make(architecture="resnet18", width=3).fit(FEW, FEW_LABELS)
    assert model.coefs_[0].shape[-1] == 3
    assert model.coefs_[-1].shape == (24, 10)


@pytest.mark.parametrize("algorithm", ["direct", "winograd"])
def test_the_algorithm_of_the_convolutions_makes_no_difference_but_rounding(algorithm):
    chosen = make(conv_algorithm=algorithm).fit(FEW, FEW_LABELS)
    automatic = make().fit(FEW, FEW_LABELS)
    assert chosen.network_.config()[0]["algorithm"] == algorithm
    np.testing.assert_allclose(
        chosen.predict_proba(X_TEST), automatic.predict_proba(X_TEST), rtol=1e-3, atol=1e-5
    )


OWN = [Conv2D(4), BatchNorm(), ReLU(), GlobalAvgPool2D(), Linear(10)]


@pytest.mark.parametrize("given", [OWN, tuple(OWN), [layer.config() for layer in OWN]])
def test_an_architecture_may_be_a_list_of_layers_or_of_their_configurations(given):
    model = clone(make(architecture=given)).fit(FEW, FEW_LABELS)
    assert model.network_.layers == OWN


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        ("alexnet", "architecture"),
        ([], "architecture is an empty list"),
        (["vgg"], r"architecture\[0\] is 'vgg'; expected a layer"),
        ([{"kind": "lambda"}], "kind 'lambda' is unknown"),
        ([Flatten(), Linear(9)], r"outputs of shape \(9,\); expected \(10,\)"),
        ([Conv2D(10)], r"outputs of shape \(8, 8, 10\)"),
        ([Linear(10)], "Flatten"),
    ],
)
def test_architectures_that_do_not_fit_are_refused(architecture, message):
    with pytest.raises(ValueError, match=message):
        make(architecture=architecture).fit(FEW, FEW_LABELS)


@pytest.mark.parametrize(
    "parameters",
    [
        {"filters": ((4, 0),)},
        {"filters": ((4, 1.5),)},
        {"filters": (4, 1)},
        {"filters": ((4, 1, 1),)},
        {"hidden_layer_sizes": (0,)},
        {"width": 0},
        {"conv_algorithm": "fft"},
        {"batch_norm": "yes"},
    ],
    ids=str,
)
def test_senseless_parameters_are_refused_by_name(parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        make(**parameters).fit(FEW, FEW_LABELS)


# -- images ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ((60, 64), (8, 8, 1)),
        ((60, 63), (1, 63, 1)),
        ((60, 1), (1, 1, 1)),
        ((60, 75), (1, 75, 1)),
        ((60, 9, 5), (9, 5, 1)),
        ((60, 5, 9, 1), (5, 9, 1)),
        ((60, 6, 7, 3), (6, 7, 3)),
        ((60, 2, 2, 5), (2, 2, 5)),
    ],
)
def test_data_are_taken_as_images(given, taken):
    data = np.random.default_rng(0).integers(0, 256, given).astype(np.uint8)
    model = make().fit(data, FEW_LABELS)
    assert model.network_.input_shape == taken
    rows = data.reshape(60, -1)
    assert model.n_features_in_ == rows.shape[1]
    np.testing.assert_array_equal(model.predict_proba(rows), model.predict_proba(data))


def test_images_of_another_shape_are_refused_though_they_have_as_many_pixels():
    model = make().fit(FEW, FEW_LABELS)
    with pytest.raises(ValueError, match=r"images of shape \(4, 16, 1\); expected \(8, 8, 1\)"):
        model.predict(FEW.reshape(-1, 4, 16))
    with pytest.raises(ValueError, match=r"images of shape \(16, 4, 1\)"):
        make().fit(FEW, FEW_LABELS, X_val=FEW.reshape(-1, 16, 4), y_val=FEW_LABELS)
    assert make().fit(FEW, FEW_LABELS).fit(FEW.reshape(-1, 16, 4), FEW_LABELS).n_iter_ == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(0, 5))
def test_poolings_are_left_out_along_sides_too_short_for_them(height, width, channels, groups):
    images = np.zeros((3, height, width, channels), np.uint8)
    model = make(filters=[(2, 1)] * groups).fit(images, [0, 1, 0])
    expected = []
    for _ in range(groups):
        window = min(2, height), min(2, width)
        height, width = height // window[0], width // window[1]
        expected += [window] if window != (1, 1) else []
    assert planes(model) == expected


def test_each_channel_counts():
    colour = np.random.default_rng(0).integers(0, 60, (300, 6, 6, 3)).astype(np.uint8)
    labels = np.arange(300) % 3
    colour[np.arange(300), :, :, labels] += 100
    model = make(max_iter=15, learning_rate_init=0.01, batch_size=20).fit(colour, labels)
    assert model.score(colour, labels) > 0.95


# -- among scikit-learn's parts -----------------------------------------------------------------


def test_a_grid_search_reaches_the_architectures_parameters():
    grid = [
        {"filters": [((4, 1),), ((8, 1),)], "batch_norm": [True], "learning_rate_init": [0.01]},
        {"architecture": [OWN, "resnet18"], "width": [2]},
    ]
    search = GridSearchCV(make(max_iter=2), grid, cv=2).fit(X[:300], Y[:300])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.n_iter_ == 2


def test_it_sits_in_a_pipeline():
    model = make(max_iter=10, learning_rate_init=0.005, batch_size=50)
    pipeline = make_pipeline(StandardScaler(), model).fit(X, Y)
    assert pipeline.score(X, Y) > 0.9
    assert pipeline[-1].scaling_.is_identity


@pytest.mark.parametrize("parameters", [{}, {"batch_norm": True}, {"architecture": OWN}])
def test_a_clone_learns_and_a_pickle_predicts_the_same(parameters, tmp_path):
    model = make(**parameters).fit(FEW, FEW_LABELS)
    expected = model.predict_proba(X_TEST)
    again = clone(model).fit(FEW, FEW_LABELS), pickle.loads(pickle.dumps(model))
    joblib.dump(model, tmp_path / "model")
    for twin in (*again, joblib.load(tmp_path / "model")):
        np.testing.assert_array_equal(twin.predict_proba(X_TEST), expected)


@pytest.mark.skipif(
    not importlib.util.find_spec("sklearn.callback"),
    reason="scikit-learn before 1.9 shows less in notebooks",
)
def test_a_notebook_shows_it():
    assert "conv_algorithm" in make().fit(FEW, FEW_LABELS)._repr_html_()


# -- running statistics ---------------------------------------------------------------------------


def running_means(model):
    return [view for name, view in model.network_.named_state() if name.endswith("running_mean")]


@pytest.mark.parametrize("parameters", [{}, {"ema_decay": 0.9}, {"solver": "sgd"}])
def test_partial_fits_are_the_epochs_of_one_fit_running_statistics_included(parameters):
    kwargs = {"batch_norm": True, "dropout": 0.1, "max_iter": 3, "batch_size": 20} | parameters
    whole, parts = make(**kwargs).fit(FEW, FEW_LABELS), make(**kwargs)
    for _ in range(3):
        parts.partial_fit(FEW, FEW_LABELS)
    np.testing.assert_array_equal(parts.predict_proba(X_TEST), whole.predict_proba(X_TEST))
    for mean, expected in zip(running_means(parts), running_means(whole), strict=True):
        np.testing.assert_array_equal(mean, expected)


def test_early_stopping_keeps_the_running_statistics_of_the_best_epoch():
    model = make(
        batch_norm=True, max_iter=40, early_stopping=True, n_iter_no_change=3, batch_size=20,
        learning_rate_init=0.02,
    ).fit(X, Y, X_val=X_TEST, y_val=Y_TEST)  # fmt: skip
    assert model.score(X_TEST, Y_TEST) == model.best_validation_score_


class Kill(Callback):
    def on_epoch_begin(self, trainer):
        if trainer.epoch == 2:
            raise RuntimeError("killed")


def test_a_training_goes_on_from_a_checkpoint_as_if_it_had_never_stopped(tmp_path):
    kwargs = {"batch_norm": True, "max_iter": 4, "batch_size": 20, "dropout": 0.2}
    whole = make(**kwargs).fit(FEW, FEW_LABELS)
    kwargs["checkpoint"] = tmp_path / "training"
    with pytest.raises(RuntimeError, match="killed"):
        make(callbacks=Kill(), **kwargs).fit(FEW, FEW_LABELS)
    resumed = make(**kwargs).fit(FEW, FEW_LABELS)
    assert resumed.n_iter_ == 4
    np.testing.assert_array_equal(resumed.predict_proba(X_TEST), whole.predict_proba(X_TEST))
