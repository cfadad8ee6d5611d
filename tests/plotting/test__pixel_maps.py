"""Occlusion and gradient against what they claim to be."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._training.data_loader import DataLoader
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
from fernet.plotting._pixel_maps import (
    gradient_map,
    log_proba_gradient,
    occlusion_map,
    predicting_twin,
)

BLOCK = Residual([Conv2D(4), BatchNorm(), ReLU(), Dropout(0.3)], [Conv2D(4, 1), BatchNorm()])
NETWORKS = {
    "residual": [Conv2D(3), BatchNorm(), ReLU(), MaxPool2D(), BLOCK, GlobalAvgPool2D(), Linear(7)],
    "normalised": [BatchNorm(), Conv2D(3, 5), Flatten(), Linear(6), BatchNorm(), ReLU(), Linear(7)],
}


@pytest.fixture(scope="module", params=[*NETWORKS, "mlp", "flips", "views"])
def model(request, faces):
    X, y = faces
    options = {"max_iter": 2, "random_state": 0}
    if request.param in NETWORKS:
        return FERCNNClassifier(NETWORKS[request.param], **options).fit(X, y)
    model = FERMLPClassifier((8,), dropout=0.5, **options)
    if request.param == "views":
        views = {"average_views": [1, (1.2, 0.1, 0)], "average_flips": True}
        return model.set_params(**views).fit(X, y).calibrate(X, np.roll(y, 1))
    return model.set_params(average_flips=request.param == "flips").fit(X, y)


def test_the_gradient_is_the_slope_of_the_log_probability(model, faces):
    images = faces[0][:2, ..., None]
    gradient = log_proba_gradient(model, images, 3)

    # A smooth direction: single pixels change too little for float32. Kinks of ReLUs are few.
    rng = np.random.default_rng(0)
    for direction in rng.normal(size=(5, *images.shape)):
        change = 0.02 * direction
        above, below = (
            model.predict_log_proba((images + sign * change).reshape(2, -1))[:, 3].astype(float)
            for sign in (1, -1)
        )
        slope = (gradient * direction).sum(axis=(1, 2, 3))
        np.testing.assert_allclose((above - below) / 0.04, slope, rtol=0.1, atol=2e-3)


def test_the_gradients_twin_predicts_what_the_network_does(model, faces):
    X = faces[0].reshape(120, -1)
    network = model.network_
    x = np.empty((120, *network.input_shape), np.float32)
    DataLoader(X, scaling=model.scaling_).gather(np.arange(120), x)

    expected = Session(network).predict(x)
    np.testing.assert_allclose(
        Session(predicting_twin(network)).predict(x), expected, rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize(("base", "arguments"), [(BatchNorm, ()), (Dropout, (0.5,))])
def test_what_a_layer_of_ones_own_predicts_with_is_not_guessed(base, arguments):
    own = type("Own", (base,), {"kind": f"own {base.kind} of a test of pixel maps"})
    network = Network([Linear(4), own(*arguments), Linear(3)], (8,))
    with pytest.raises(ValueError, match=r"a layer is a Own, .* expected method=\"occlusion\""):
        predicting_twin(network)


def test_looking_at_a_model_changes_nothing(model, faces):
    images = faces[0][..., None]
    before = model.predict_proba(faces[0])
    values = model.network_.values.copy()

    first = gradient_map(model, images, 0, patch=3, smoothing=0)
    np.testing.assert_array_equal(gradient_map(model, images, 0, patch=3, smoothing=0), first)
    np.testing.assert_array_equal(model.network_.values, values)
    np.testing.assert_array_equal(model.predict_proba(faces[0]), before)


def test_smoothing_spreads_and_keeps_the_sum(model, faces):
    images = faces[0][:5, ..., None]
    maps = (gradient_map(model, images, 0, patch=1, smoothing=s) for s in (0, 1.5))
    raw, smooth = maps

    assert np.abs(smooth).max() < np.abs(raw).max()
    assert smooth.sum() == pytest.approx(raw.sum(), abs=0.1 * np.abs(raw).sum())


@pytest.mark.parametrize("patch", [1, 3, 5])
def test_gradients_estimate_what_covering_does_to_faint_images(model, patch):
    rng = np.random.default_rng(0)
    # Their mean is a whole number, as the grey that covers is.
    half = rng.integers(0, 4, (3, 8 * 16))
    images = np.concatenate([120 + half, 120 - half], axis=1).astype(np.uint8)
    images = rng.permuted(images, axis=1).reshape(3, 16, 16, 1)
    estimated = gradient_map(model, images, 1, patch=patch, smoothing=0)

    middle = np.s_[patch : 16 - patch, patch : 16 - patch]
    for row, column in zip(*np.nonzero(np.ones((16, 16))[middle]), strict=True):
        top, left = (start + patch - patch // 2 for start in (row, column))
        covered = images.copy()
        covered[:, top : top + patch, left : left + patch] = 120
        rows = (x.reshape(3, 16, 16) for x in (images, covered))
        before, after = (model.predict_proba(x)[:, 1].mean(dtype=np.float64) for x in rows)
        assert estimated[middle][row, column] == pytest.approx(before - after, rel=0.15, abs=1e-3)


class OnePixel(ClassifierMixin, BaseEstimator):
    """Its class 1 is as probable as one pixel is bright."""

    classes_ = np.arange(2)

    def __init__(self, row, column):
        self.row, self.column = row, column

    def predict_proba(self, X):
        bright = X.reshape(len(X), 12, 10)[:, self.row, self.column] / 255
        return np.stack([1 - bright, bright], axis=1)


@pytest.mark.parametrize("place", [(0, 0), (11, 9), (5, 6)])
@pytest.mark.parametrize(("patch", "stride"), [(4, 2), (3, 3), (5, 1), (40, 40)])
def test_covering_what_matters_and_nothing_else_is_felt(place, patch, stride):
    images = np.zeros((2, 12, 10, 1), np.uint8)
    images[:, place[0], place[1]] = 240
    falls = occlusion_map(OnePixel(*place), images, 1, patch=patch, stride=stride)

    assert falls.shape == (12, 10)
    assert np.isfinite(falls).all()
    assert falls[place] == pytest.approx(falls.max())
    assert falls[place] > 0.9
    rows, columns = np.nonzero(falls)
    assert np.abs(rows - place[0]).max() < patch
    assert np.abs(columns - place[1]).max() < patch
    against = occlusion_map(OnePixel(*place), images, 0, patch=patch, stride=stride)
    np.testing.assert_allclose(against, -falls, atol=1e-12)
