"""Rows that are colour images, or seem to be images and their labels."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.faces import FaceCropper
from fernet.layers import Flatten, Linear

Y = np.arange(12) % 2
TINY = [Flatten(), Linear(2)]


def rows(n_features):
    return np.random.default_rng(0).integers(0, 256, (12, n_features), dtype=np.uint8)


def networks():
    return [
        FERMLPClassifier((2,), max_iter=1, random_state=0),
        FERCNNClassifier(TINY, max_iter=1, random_state=0),
    ]


@pytest.mark.parametrize("network", networks())
@pytest.mark.parametrize(("n_features", "size"), [(785, "28x28"), (2305, "48x48"), (3073, "32x32")])
def test_an_image_and_a_number_more_are_warned_of_at_the_users_line(network, n_features, size):
    with pytest.warns(UserWarning, match=f"one more than images of {size} pixels") as caught:
        network.fit(rows(n_features), Y)
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("network", networks())
@pytest.mark.parametrize(("n_features", "side"), [(768, 16), (3072, 32), (6912, 48)])
def test_rows_of_colour_images_are_read_as_such(network, n_features, side):
    network.fit(rows(n_features), Y)
    assert network.image_shape_ == (side, side, 3)


def smooth_images(dtype):
    """Colour images of which neighbours are alike, and more so than the colours of a pixel."""
    down, right = np.mgrid[:32, :32] / 32
    colours = np.array([40, 150, 90])
    waves = [np.sin(3 * down + 2 * right + n)[..., None] for n in range(12)]
    return (colours + 30 * np.array(waves)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_colours_one_after_another_are_warned_of_where_convolutions_read_pixels(dtype):
    images = smooth_images(dtype)
    mlp, cnn = networks()
    planes = images.transpose(0, 3, 1, 2).reshape(12, -1)
    with pytest.warns(UserWarning, match=r"32x32 images with all of one channel first.*transpose"):
        cnn.fit(planes, Y)
    mlp.fit(planes, Y)
    cnn.fit(images.reshape(12, -1), Y)
    cnn.fit(images.mean(axis=3).repeat(2, axis=1).reshape(12, -1)[:, : 32 * 32], Y)


@pytest.mark.parametrize("scales", [np.ones(768), np.geomspace(100, 0.01, 768)])
def test_numbers_that_are_no_pixels_are_not_taken_for_colours_one_after_another(scales):
    numbers = np.random.default_rng(0).normal(size=(12, 768)) * scales
    networks()[1].fit(numbers.astype(np.float32), Y)


@pytest.mark.parametrize("n_features", [3, 12, 192, 3 * 17 * 17])
def test_convolutions_read_rows_that_are_as_long_by_chance_as_one_row(n_features):
    assert networks()[1].fit(rows(n_features), Y).image_shape_ is None


def test_a_cropper_of_colours_goes_before_a_convolutional_network():
    photos = list(rows(48 * 48 * 3).reshape(12, 48, 48, 3))
    pipeline = make_pipeline(FaceCropper(color=True), FERCNNClassifier(TINY, max_iter=1))
    assert pipeline.fit(photos, Y)[-1].image_shape_ == (48, 48, 3)


@pytest.mark.parametrize("network", networks())
@pytest.mark.parametrize("n_features", [1, 2, 10, 48, 101, 192, 442, 2304, 2306])
def test_other_rows_are_not_warned_of(network, n_features):
    network.fit(rows(n_features), Y)


def test_images_are_not_warned_of():
    FERCNNClassifier(TINY, max_iter=1).fit(rows(3072).reshape(12, 32, 32, 3), Y)


def test_within_a_pipeline_and_a_search_the_users_line_is_shown():
    pipeline = make_pipeline(StandardScaler(), networks()[0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cross_val_score(pipeline, rows(785), Y, cv=2)
    assert {warning.filename for warning in caught} == {__file__}
