"""The map of pixels that matter, beside the face."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from fernet import FERMLPClassifier
from fernet.plotting import PixelImportanceDisplay


@pytest.mark.parametrize("method", ["occlusion", "gradient"])
@pytest.mark.parametrize("emotion", ["happy", 3])
def test_face_and_map_are_drawn_side_by_side(two_axes, mlp, faces, method, emotion):
    X = faces[0][:3]
    display = PixelImportanceDisplay.from_estimator(
        mlp, X, emotion, method=method, patch=6, stride=5, ax=two_axes
    )

    face, importance = (np.asarray(axes.images[0].get_array()) for axes in display.axes_)
    np.testing.assert_allclose(face[..., 0], X.mean(axis=0) / 255)
    np.testing.assert_array_equal(importance, display.importance)
    assert importance.shape == X.shape[1:]
    assert np.ptp(importance) > 0
    assert display.axes_[0].get_title() == "happy"


def test_the_tenth_that_matters_most_is_outlined(two_axes):
    importance = np.zeros((10, 10))
    importance[2:4, 2:7] = 1
    display = PixelImportanceDisplay(np.zeros((10, 10)), importance + 0.1).plot(two_axes)
    plain = len(display.axes_[0].collections)

    graded = np.arange(100.0).reshape(10, 10)
    display = PixelImportanceDisplay(np.zeros((10, 10)), graded).plot(two_axes)
    outlines = display.axes_[0].collections[plain:]
    # Black under white, so that it shows on any grey.
    assert [tuple(line.get_edgecolor()[0][:3]) for line in outlines] == [(0, 0, 0), (1, 1, 1)]


SIGNED = np.linspace(-6, 10, 64).reshape(8, 8)


@pytest.mark.parametrize("importance", [SIGNED, -SIGNED, np.abs(SIGNED), np.zeros((8, 8))])
@pytest.mark.parametrize("limit", [None, 25.0])
def test_the_scale_is_centred_at_0_and_the_one_asked_for(two_axes, importance, limit):
    display = PixelImportanceDisplay(np.zeros((8, 8)), importance, limit=limit).plot(two_axes)

    low, high = display.im_.get_clim()
    assert low == -high
    assert high == (limit or np.abs(importance).max() or 1)
    red, green, blue, _ = display.im_.cmap(display.im_.norm(0.0))
    assert min(red, green, blue) > 0.98


def test_the_two_ends_differ_in_grey_and_the_legend_tells_them_apart(two_axes):
    display = PixelImportanceDisplay(np.zeros((8, 8)), SIGNED, label="a unit").plot(two_axes)

    greys = [np.dot(display.im_.cmap(end)[:3], (0.3, 0.59, 0.11)) for end in (0.0, 1.0)]
    assert greys[0] - greys[1] > 0.3
    bar = display.colorbar_.ax
    assert (bar.get_title(), bar.get_xlabel()) == ("for", "against")
    assert bar.get_ylabel() == "a unit"
    assert [text.get_text() for text in bar.get_yticklabels()] == ["-10", "0", "10"]
    two_axes[0].figure.draw_without_rendering()
    whole, bar = two_axes[1].get_window_extent(), bar.get_window_extent()
    assert (bar.y0, bar.y1) == pytest.approx((whole.y0, whole.y1), abs=0.5)


@pytest.mark.parametrize("method", ["occlusion", "gradient"])
def test_the_unit_is_points_of_the_probability(two_axes, mlp, faces, method):
    display = PixelImportanceDisplay.from_estimator(
        mlp, faces[0][:3], "happy", method=method, limit=50, ax=two_axes
    )

    assert "% points" in display.colorbar_.ax.get_ylabel()
    assert display.im_.get_clim() == (-50, 50)


@pytest.mark.parametrize("limit", [0, np.nan, np.inf])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(ValueError, match=f"limit is {limit}; expected a finite number"):
        PixelImportanceDisplay(np.zeros((8, 8)), SIGNED, limit=limit)


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_a_map_with_numbers_that_are_none_is_refused(value):
    with pytest.raises(ValueError, match="importance holds a number that is not finite"):
        PixelImportanceDisplay(np.zeros((4, 4)), np.where(np.eye(4), value, 1.0))


def test_a_flat_map_has_no_outline(two_axes):
    display = PixelImportanceDisplay(np.zeros((4, 4)), np.ones((4, 4))).plot(two_axes)

    assert len(display.axes_[0].collections) == 0


def test_occlusion_takes_any_pipeline(two_axes, mlp, faces):
    pipeline = make_pipeline(FunctionTransformer(), mlp)
    rows = faces[0][:2].reshape(2, -1)
    display = PixelImportanceDisplay.from_estimator(
        pipeline, rows, "sad", patch=8, stride=8, ax=two_axes
    )

    assert display.importance.shape == (16, 16)
    with pytest.raises(ValueError, match="method is 'gradient', which needs"):
        PixelImportanceDisplay.from_estimator(pipeline, rows, "sad", method="gradient")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "guess"}, "method is 'guess'; expected one of"),
        ({"patch": 0}, "patch is 0 and stride 4; expected"),
        ({"patch": 3, "stride": 4}, "patch is 3 and stride 4; expected"),
        ({"smoothing": -1}, "smoothing is -1; expected 0 or more"),
        ({"emotion": "calm"}, "emotion is 'calm'; expected one of"),
        ({"X": np.zeros((0, 256), np.uint8)}, "X is empty"),
    ],
)
def test_what_can_not_be_looked_at_is_told(mlp, faces, options, message):
    arguments = {"X": faces[0], "emotion": "happy"} | options
    with pytest.raises(ValueError, match=message):
        PixelImportanceDisplay.from_estimator(mlp, **arguments)


def test_one_image_is_not_taken_for_many_rows(mlp, faces):
    with pytest.raises(ValueError, match=r"^X is one image, of shape .*; give X\[None\]$"):
        PixelImportanceDisplay.of(mlp, faces[0][0], "happy")


def test_an_unfitted_estimator_is_refused(faces):
    with pytest.raises(ValueError, match="needs a fitted estimator"):
        PixelImportanceDisplay.from_estimator(
            FERMLPClassifier(), faces[0], "happy", method="gradient"
        )


@pytest.mark.parametrize("n_components", [48, 49])
def test_what_a_network_sees_behind_other_steps_is_no_face(two_axes, faces, n_components):
    rows = faces[0].reshape(120, -1) / 255
    network = FERMLPClassifier((4,), max_iter=1, random_state=0)
    pipeline = make_pipeline(PCA(n_components), network).fit(rows, faces[1])
    display = PixelImportanceDisplay.from_estimator(
        pipeline, rows[:2], "sad", patch=8, stride=8, ax=two_axes
    )

    assert display.importance.shape == (16, 16)


@pytest.mark.parametrize("method", ["occlusion", "gradient"])
def test_a_column_of_images_is_images(mlp, faces, method):
    images = faces[0][:3]
    options = {"emotion": "happy", "method": method, "stride": 8}
    shown = PixelImportanceDisplay.of(mlp, pd.Series(list(images)), **options)

    expected = PixelImportanceDisplay.of(mlp, images, **options)
    np.testing.assert_array_equal(shown.face, expected.face)
    np.testing.assert_array_equal(shown.importance, expected.importance)


@pytest.mark.parametrize("masked", ["face", "importance"])
def test_masked_entries_are_refused(masked):
    arrays = {"face": np.eye(4), "importance": np.eye(4)}
    arrays[masked] = np.ma.masked_equal(arrays[masked], 1)
    with pytest.raises(ValueError, match=f"{masked} is a masked array with 4 masked entries"):
        PixelImportanceDisplay(**arrays)


def test_face_and_map_must_fit():
    with pytest.raises(ValueError, match="expected the same height and width"):
        PixelImportanceDisplay(np.zeros((2, 2)), np.zeros((3, 3)))
