"""Labels, names and images as the displays read them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.plotting._classes import as_images, class_index, for_showing, indices_of


@given(side=st.integers(2, 9), channels=st.sampled_from([1, 3]), n=st.integers(0, 3))
def test_rows_and_images_are_the_same_images(side, channels, n):
    images = np.arange(n * side * side * channels).reshape(n, side, side, channels)

    np.testing.assert_array_equal(as_images(images), images)
    if channels == 1:
        np.testing.assert_array_equal(as_images(images[..., 0]), images)
        np.testing.assert_array_equal(as_images(images.reshape(n, side * side)), images)


def test_an_estimator_tells_how_its_rows_read():
    class Wide:
        image_shape_ = (2, 8, 1)

    assert as_images(np.zeros((3, 16)), Wide()).shape == (3, 2, 8, 1)
    assert as_images(np.zeros((3, 16))).shape == (3, 4, 4, 1)
    # As where the estimator is the last step of a pipeline.
    assert as_images(np.zeros((3, 25)), Wide()).shape == (3, 5, 5, 1)


@pytest.mark.parametrize(
    "column_of",
    [
        list,
        lambda images: pd.Series(list(images)),
        lambda images: pd.Series([image.ravel() for image in images]),
        lambda images: pytest.importorskip("polars").Series([i.ravel().tolist() for i in images]),
    ],
)
def test_a_column_of_images_is_images(column_of):
    images = np.arange(32, dtype=np.uint8).reshape(2, 4, 4)

    np.testing.assert_array_equal(as_images(column_of(images))[..., 0], images)


@pytest.mark.parametrize("shape", [(3,), (2, 2, 2, 2, 2), (2, 7)])
def test_what_is_no_image_is_refused(shape):
    with pytest.raises(ValueError, match="X has"):
        as_images(np.zeros(shape))


def test_pixels_keep_their_grey_and_floats_are_stretched():
    pixels = np.array([0, 51, 102, 255], np.uint8).reshape(1, 2, 2, 1)
    np.testing.assert_allclose(for_showing(pixels)[0, ..., 0].ravel(), [0, 0.2, 0.4, 1])

    floats = np.array([-1.0, 0.0, 1.0, 3.0]).reshape(1, 2, 2, 1)
    np.testing.assert_allclose(for_showing(floats)[0, ..., 2].ravel(), [0, 0.25, 0.5, 1])
    assert np.isfinite(for_showing(np.zeros((1, 2, 2, 1)))).all()


@pytest.mark.parametrize(
    ("pixels", "shown"),
    [
        (np.array([0, 13107, 26214, 65535], np.uint16), [0, 0.2, 0.4, 1]),
        (np.array([0, 51, 102, 255], np.uint16), [0, 0.2, 0.4, 1]),
        (np.array([0, 51, 102, 204], np.int64), [0, 0.2, 0.4, 0.8]),
        (np.array([-100, -50, 0, 100], np.int16), [0, 0.25, 0.5, 1]),
        (np.array([-7, -7, -7, -7]), [0, 0, 0, 0]),
    ],
)
def test_whole_numbers_that_are_no_bytes_are_stretched(pixels, shown):
    np.testing.assert_allclose(for_showing(pixels.reshape(1, 2, 2, 1))[0, ..., 0].ravel(), shown)


@pytest.mark.parametrize("emotion", [3, np.int64(3), "happy"])
def test_a_class_is_found_by_label_and_by_name(emotion):
    assert class_index(np.array([0, 3, 6]), emotion) == (1, "happy")


def test_a_class_that_is_none_is_told_with_those_that_are():
    with pytest.raises(ValueError, match=r"emotion is 'joy'; expected one of \['sad', 'glad'\]"):
        class_index(np.array(["sad", "glad"]), "joy")


@pytest.mark.parametrize("known", [[0, 6], [0.0, 6.0], ["0", "6"]])
@pytest.mark.parametrize("actual", [[6, 0], [6.0, 0.0], ["6", "0"]])
def test_labels_are_found_however_they_are_written(known, actual):
    assert indices_of(actual, np.eye(2), known)[2].tolist() == [1, 0]
    for emotion in (6, 6.0, "6", "neutral"):
        assert class_index(np.array(known), emotion) == (1, "neutral")


def test_several_classes_are_not_one():
    with pytest.raises(ValueError, match=r"^emotion has shape \(2,\); expected one of \['angry'"):
        class_index(np.array([0, 3]), np.array([0, 3]))


def test_whole_numbers_a_little_beyond_bytes_are_cut_off_for_showing():
    images = np.arange(-5, 276).reshape(1, 1, -1, 1)
    shown = for_showing(images)
    assert (shown.min(), shown.max()) == (0, 1)


def test_numbers_in_text_are_images():
    images = np.arange(18).reshape(2, 9)
    np.testing.assert_array_equal(as_images(images.astype(str)), as_images(images.astype(float)))
