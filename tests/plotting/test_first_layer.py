"""Weights of the first layer as images."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from fernet import FERMLPClassifier
from fernet.plotting import FirstLayerDisplay


def drawn(display) -> np.ndarray:
    return np.stack([np.asarray(image.get_array()) for image in display.im_])


def test_a_perceptrons_units_are_faces_the_largest_first(ax, mlp):
    display = FirstLayerDisplay.from_estimator(mlp, ax=ax)

    norms = np.linalg.norm(display.weights.reshape(8, -1), axis=1)
    assert (np.diff(norms) <= 0).all()
    expected = sorted(map(bytes, mlp.coefs_[0].T.copy()))
    assert sorted(map(bytes, display.weights.reshape(8, -1))) == expected
    assert drawn(display).shape == (8, 16, 16)


def test_a_convolutions_units_are_its_filters(ax, cnn):
    display = FirstLayerDisplay.from_estimator(cnn, n_units=3, ax=ax)

    assert drawn(display).shape == (3, 3, 3)
    first = display.weights[0, ..., 0]
    assert any(np.array_equal(first, cnn.coefs_[0][:, :, 0, unit]) for unit in range(4))


def test_zero_is_mid_grey_and_the_largest_weight_black_or_white(ax):
    weights = np.array([[[0.0, 2.0], [-4.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]])
    display = FirstLayerDisplay(weights).plot(ax)

    np.testing.assert_allclose(drawn(display), [[[0, 0.5], [-1, 0.25]], np.zeros((2, 2))])
    assert all(image.get_clim() == (-1, 1) for image in display.im_)


def test_three_channels_are_colours_and_other_numbers_their_mean(ax):
    weights = np.zeros((1, 2, 2, 3))
    weights[0, 0, 0] = [1, 0, -1]
    np.testing.assert_allclose(drawn(FirstLayerDisplay(weights).plot(ax))[0, 0, 0], [1, 0.5, 0])

    two = np.stack([np.eye(2), np.zeros((2, 2))], axis=-1)[None]
    np.testing.assert_allclose(drawn(FirstLayerDisplay(two).plot(ax))[0], np.eye(2))


def test_scikit_learns_networks_in_pipelines_can_be_looked_into(ax, faces):
    X, y = faces[0].reshape(120, -1), faces[1]
    pipeline = make_pipeline(
        StandardScaler(), MLPClassifier((5,), solver="lbfgs", max_iter=20000, tol=1e-2)
    )
    display = FirstLayerDisplay.from_estimator(pipeline.fit(X, y), ax=ax)

    assert drawn(display).shape == (5, 16, 16)


@pytest.mark.parametrize(
    "step",
    [
        "passthrough",
        StandardScaler(),
        FunctionTransformer(np.sqrt),
        make_pipeline(StandardScaler()),
        make_union(StandardScaler()),
        make_column_transformer((StandardScaler(), slice(0, 256))),
    ],
)
def test_steps_that_keep_the_pixels_leave_weights_of_faces(ax, faces, step):
    rows, y = faces[0].reshape(120, -1) / 255, faces[1]
    network = FERMLPClassifier((4,), max_iter=1, random_state=0)
    for X in (rows, pd.DataFrame(rows).add_prefix("pixel")):
        pipeline = make_pipeline(clone(step) if step != "passthrough" else step, network).fit(X, y)
        display = FirstLayerDisplay.from_estimator(pipeline, ax=ax)

        assert display.weights.shape == (4, 16, 16, 1)


@pytest.mark.parametrize(
    "step", [PCA(49), PCA(64), PCA(256), FunctionTransformer(lambda rows: rows[:, :64])]
)
def test_weights_of_other_features_than_pixels_are_not_drawn_as_faces(ax, step):
    rows = np.random.default_rng(0).random((300, 256))
    network = FERMLPClassifier((4,), max_iter=1, random_state=0)
    pipeline = make_pipeline(step, network).fit(rows, np.arange(300) % 2)
    for estimator in (pipeline, FrozenEstimator(pipeline), make_pipeline("passthrough", pipeline)):
        with pytest.raises(ValueError, match=f"the step {type(step).__name__} before the network"):
            FirstLayerDisplay.from_estimator(estimator, ax=ax)
    FirstLayerDisplay.from_estimator(pipeline[-1], ax=ax)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: FirstLayerDisplay(np.ma.masked_equal(np.eye(3)[None], 1)),
            "weights is a masked array with 3 masked entries",
        ),
        (lambda: FirstLayerDisplay(np.zeros(3)), "weights has shape"),
        (lambda: FirstLayerDisplay(np.zeros((2, 3, 3)), n_columns=0), "n_columns is 0"),
        (
            lambda: FirstLayerDisplay.from_estimator(FERMLPClassifier()),
            "FERMLPClassifier has no coefs_ to plot; fit it first",
        ),
    ],
)
def test_what_has_no_weights_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_each_image_has_a_frame_and_the_shades_a_legend(ax):
    FirstLayerDisplay(np.arange(45.0).reshape(5, 3, 3)).plot(ax)

    assert len(ax.patches) == 5
    (bar,) = set(ax.figure.axes) - {ax}
    assert [text.get_text() for text in bar.get_yticklabels()] == ["-", "0", "+"]
    assert "weight" in bar.get_ylabel()


@pytest.mark.parametrize("side", [3, 48])
@pytest.mark.parametrize("size", [None, (4, 4)])
def test_the_legend_is_whole(side, size):
    from matplotlib.figure import Figure

    weights = np.arange(36.0 * side**2).reshape(36, side, side)
    display = FirstLayerDisplay(weights, title="A title")
    figure = Figure(figsize=size or display._figure_size(), layout="constrained")
    display.plot(figure.subplots())
    figure.draw_without_rendering()

    (bar,) = set(figure.axes) - {display.ax_}
    assert bar.yaxis.label.get_window_extent().x1 <= figure.bbox.x1


@pytest.mark.parametrize("number", [-1, 0, 1.5])
def test_units_are_counted_in_whole_numbers(mlp, number):
    with pytest.raises(
        ValueError, match=f"n_units is {number}; expected a whole number, 1 or more"
    ):
        FirstLayerDisplay.of(mlp, n_units=number)
