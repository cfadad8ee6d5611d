"""What counts as images, and which numbers count as pixels."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from fernet import FERMLPClassifier
from fernet.estimators import images

PIXELS = arrays(np.uint8, (3, 16))
IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


@pytest.mark.parametrize(
    "given_as",
    [
        IMAGES,
        list(IMAGES),
        tuple(IMAGES),
        IMAGES.tolist(),
        IMAGES.astype(float),
        IMAGES[..., None],
        [image.tolist() for image in IMAGES],
        [Image.fromarray(image) for image in IMAGES],
    ],
    ids=["array", "list", "tuple", "nested", "float", "with a channel", "list of lists", "Pillow"],
)
def test_images_in_any_container_are_the_same_rows(given_as):
    rows, shape = images.as_rows(given_as)
    np.testing.assert_array_equal(rows, IMAGES.reshape(3, 20))
    assert shape == (4, 5, 1)


def test_an_array_of_image_objects_is_images():
    held = np.empty(3, dtype=object)
    held[:] = list(IMAGES)
    assert images.as_rows(held)[0].shape == (3, 20)


@pytest.mark.parametrize("rows", [IMAGES.reshape(3, 20), IMAGES.reshape(3, 20).tolist(), []])
def test_rows_are_left_as_they_are(rows):
    assert images.as_rows(rows) == (rows, None) or images.as_rows(rows)[0] is rows


@pytest.mark.parametrize("make", [pd.Series, lambda rows: pd.Series(rows).to_numpy()])
def test_a_column_of_rows_or_images_is_stacked(make):
    rows, shape = images.as_rows(make(list(IMAGES.reshape(3, 20))))
    np.testing.assert_array_equal(rows, IMAGES.reshape(3, 20))
    assert shape is None
    assert images.as_rows(make(list(IMAGES)))[1] == (4, 5, 1)
    with pytest.raises(ValueError, match=r"X holds rows of shapes \(20,\) and \(19,\)"):
        images.as_rows(make([IMAGES[0].ravel(), IMAGES[0].ravel()[1:]]))


TEXTS = ["18 17 23", "56 80 103"]


@pytest.mark.parametrize(
    "given_as",
    [
        TEXTS,
        np.array(TEXTS),
        np.array(TEXTS, object),
        pd.Series(TEXTS),
        pd.DataFrame({"emotion": [0, 1], "pixels": TEXTS}),
        [[text] for text in TEXTS],
    ],
    ids=["list", "array", "objects", "series", "frame", "nested"],
)
def test_pixels_that_are_still_text_are_told_how_to_become_numbers(given_as):
    column = r"\['pixels'\]" if isinstance(given_as, pd.DataFrame) else ""
    message = rf"^X holds text, '18 17 23'; expected .*str\(row\).split\(\) for row in X{column}\]"
    with pytest.raises(ValueError, match=message):
        images.as_rows(given_as)


@pytest.mark.parametrize("name", ["me.jpg", Path("me.jpg"), b"me.jpg"])
def test_names_of_files_are_for_the_recogniser(name):
    for given_as in (name, [name], np.array([name], object)):
        with pytest.raises(ValueError, match=r"X holds text, 'me.jpg'; .*EmotionRecognizer"):
            images.as_rows(given_as)


def test_a_long_text_is_shown_in_part():
    with pytest.raises(ValueError, match=r"^X holds text, '255 255 .{16}\.\.\.'; ") as error:
        images.as_rows(["255 " * 2304])
    assert len(str(error.value)) < 200


def test_numbers_as_text_are_numbers():
    model = FERMLPClassifier((4,), max_iter=1, random_state=0)
    model.fit(IMAGES.reshape(3, 20).astype(float), [0, 1, 0])
    expected = model.predict_proba(IMAGES.reshape(3, 20).astype(float))

    answers = model.predict_proba(IMAGES.reshape(3, 20).astype(str))

    np.testing.assert_array_equal(answers, expected)


def test_a_frame_is_left_to_name_its_features():
    frame = pd.DataFrame(IMAGES.reshape(3, 20))
    assert images.as_rows(frame)[0] is frame


def test_images_of_two_sizes_are_refused_by_name():
    with pytest.raises(ValueError, match=r"^X_val holds .* \(4, 5\) and \(5, 4\); expected one"):
        images.as_rows([IMAGES[0], IMAGES[0].T], "X_val")


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_channels_before_height_and_width_are_refused_with_the_cure(channels):
    X = np.zeros((2, channels, 48, 48), np.uint8)
    with pytest.raises(ValueError, match=r"move channels last: ") as refused:
        images.as_rows(X)
    assert images.as_rows(eval(str(refused.value).split("last: ")[1]))[1] == (48, 48, channels)
    assert images.as_rows(X.transpose(0, 2, 3, 1))[1] == (48, 48, channels)


@pytest.mark.parametrize("shape", [(2, 3, 48, 3), (2, 1, 9, 1), (2, 3, 48), (2, 5, 5, 64)])
def test_low_images_and_many_channels_are_images(shape):
    assert images.as_rows(np.zeros(shape, np.uint8))[1] is not None


def test_more_axes_than_images_have_are_refused():
    with pytest.raises(ValueError, match=r"^X has 5 axes, shape \(1, 2, 3, 4, 5\)"):
        images.as_rows(np.zeros((1, 2, 3, 4, 5)))


@pytest.mark.parametrize("one", [np.zeros((4, 5)), np.zeros((4, 5, 1)), np.zeros((4, 5)).tolist()])
def test_one_image_is_told_from_several(one):
    with pytest.raises(ValueError, match=r"^X is one image, of shape \(4, 5.*; give X\[None\]$"):
        images.check_no_single_image(one, (4, 5, 1))


@pytest.mark.parametrize(
    "several", [np.zeros((4, 20)), np.zeros((1, 4, 5)), np.zeros((2, 4, 5, 1))]
)
def test_several_are_not_one(several):
    images.check_no_single_image(several, (4, 5, 1))


@given(PIXELS, st.sampled_from(["f2", "f4", "f8", "i2", "i8", "u4", "object", ">f8"]))
def test_pixels_are_the_same_bytes_whatever_type_holds_them(pixels, dtype):
    held = pixels.astype(dtype)
    compacted = images.compact(held)
    if pixels.max() > 1:
        assert compacted.dtype == np.uint8
    np.testing.assert_array_equal(compacted.astype(float), pixels)


@given(arrays(np.float64, (3, 4), elements=st.floats(-300, 300)))
def test_other_numbers_stay_what_they_are(numbers):
    compacted = images.compact(numbers)
    np.testing.assert_array_equal(compacted.astype(float), numbers)
    if compacted.dtype == np.uint8:
        assert numbers.max() > 1


@pytest.mark.parametrize("words", [np.array([["a", "b"]], dtype=object), np.array([["a"]]), None])
def test_what_is_no_number_is_left_to_be_refused(words):
    assert images.compact(words) is words


@pytest.mark.parametrize(
    ("data", "pixels"),
    [
        (np.zeros((2, 2), np.uint8), True),
        (np.zeros((2, 2), bool), True),
        (np.array([[-3, 4000]]), True),
        ([[1, 2]], True),
        (pd.DataFrame({"a": [1], "b": [2]}), True),
        (np.array([[0.0, 1.0]]), False),
        (np.array([[0.0, 0.7]]), False),
        (np.array([[0.5, 254.5]]), True),
        (np.array([[0.5, 16.0]]), False),
        (np.array([[-0.5, 200.0]]), True),
        (np.array([[0.5, 255.5]]), True),
        (np.array([[-90.5, 40.0]]), True),
        (np.array([[-60.5, 40.0]]), False),
        (np.array([[-300.5, 200.0]]), False),
        (np.array([[0.5, 511.5]]), False),
        (np.array([[0, 1]], dtype=object), True),
        (np.array([[0.0, 1.0]], dtype=object), False),
        (pd.DataFrame({"a": [0], "b": [1]}, dtype=object), True),
        (pd.DataFrame({"a": [0], "b": [0.5]}), False),
        (np.array([[0.0, 65535.0]]), True),
    ],
)
def test_pixels_are_told_by_the_numbers(data, pixels):
    rows = np.asarray(data)
    compacted = images.compact(rows.astype(float)) if rows.dtype.kind in "fO" else rows
    assert images.are_pixels(data, compacted) == pixels


@pytest.mark.parametrize("kind", ["UInt8", "Int64", "Boolean"])
def test_integers_of_a_polars_frame_are_pixels(kind):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": [0, 1], "b": [1, 0]}).cast(getattr(polars, kind))
    rows = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert images.are_pixels(frame, rows)
    assert not images.are_pixels(frame.cast(polars.Float32), rows)


def test_whole_numbers_are_found_whole_to_the_last_row():
    rows = np.zeros((9000, 2))
    assert images.are_whole(rows)
    rows[-1, -1] = 0.5
    assert not images.are_whole(rows)


def with_one(item):
    """Numbers, and one item that is none, in an array of objects."""
    X = np.ones((6, 4), object)
    X[2, 3] = item
    return X


MASKED = np.ma.masked_array(np.ones((6, 4)), np.eye(6, 4))
NO_NUMBERS = {
    "dates": (np.ones((6, 4)).astype("datetime64[s]"), "X holds dates"),
    "dates in a list": (list(np.ones((6, 4)).astype("datetime64[s]")), "X holds dates"),
    "dates in lists": ([list(row) for row in np.ones((6, 4)).astype("datetime64[s]")], "dates"),
    "spans of time": (np.ones((6, 4)).astype("timedelta64[s]"), "X holds spans of time"),
    "spans as images": (np.ones((6, 2, 2)).astype("timedelta64[s]"), "X holds spans of time"),
    "records": (np.zeros((6, 4), [("a", float)]), "X holds records"),
    "spans among numbers": ([*np.ones((5, 4)), np.ones(4).astype("timedelta64[s]")], "spans of"),
    "a span among objects": (with_one(np.timedelta64(5, "s")), "X holds spans of time"),
    "a date among objects": (with_one(np.datetime64(5, "s")), "X holds dates"),
    "a span in lists": (with_one(np.timedelta64(5, "s")).tolist(), "X holds spans of time"),
    "masked": (MASKED, "X is a masked array with 4 masked entries"),
    "masked rows": (list(MASKED), "X holds masked arrays with 4 masked entries"),
    "masked images": (list(MASKED.reshape(6, 2, 2)), "X holds masked arrays with 4 masked entries"),
}


@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_what_is_no_number_is_refused(kind):
    X, message = NO_NUMBERS[kind]
    y = [0, 1] * 3
    fitted = FERMLPClassifier((2,), max_iter=1, random_state=0).fit(np.eye(6, 4), y)
    with pytest.raises(ValueError, match=message):
        fitted.predict(X)
    with pytest.raises(ValueError, match=message):
        FERMLPClassifier((2,)).fit(X, y)
    with pytest.raises(ValueError, match=message.replace("X ", "X_val ")):
        fitted.fit(np.eye(6, 4), y, X_val=X, y_val=y)


COLUMNS = {
    "spans of time": "holds spans of time",
    "records": "holds records",
    "masked": r"is a masked array with \d masked entries",
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_nor_is_it_a_weight_a_share_or_a_label(kind):
    numbers, message = NO_NUMBERS[kind][0], COLUMNS[kind]
    X, y, model = np.eye(6, 4), [0, 1] * 3, FERMLPClassifier((2,), max_iter=1)
    with pytest.raises(ValueError, match=f"^sample_weight {message}.*expected numbers"):
        model.fit(X, y, sample_weight=numbers[:, 0])
    with pytest.raises(ValueError, match=f"^label_distribution {message}.*expected numbers"):
        model.fit(X, y, label_distribution=numbers[:, :2])
    with pytest.raises(ValueError, match=f"^y {message}.*expected labels"):
        model.fit(X, numbers[:, 0])
    with pytest.raises(ValueError, match=f"^y_val {message}.*expected labels"):
        model.fit(X, y, X_val=X, y_val=numbers[:, 0])


def dates_in(library):
    frame = pd.DataFrame({"a": [0.0, 1.0], "b": pd.to_datetime(["2020", "2021"])})
    if library == "pandas, zoned":
        frame["b"] = frame["b"].dt.tz_localize("UTC")
    if library == "polars":
        return pytest.importorskip("polars").DataFrame(frame.to_dict("list"))
    if library == "Arrow":
        return pytest.importorskip("pyarrow").table(frame.to_dict("list"))
    return frame


@pytest.mark.parametrize("library", ["pandas", "pandas, zoned", "polars", "Arrow"])
def test_dates_in_a_frame_are_refused(library):
    with pytest.raises(ValueError, match=r"^X holds dates"):
        FERMLPClassifier((2,)).fit(dates_in(library), [0, 1])


@pytest.mark.parametrize("library", ["polars", "Arrow"])
def test_so_are_spans_of_time_that_would_all_be_numbers(library):
    spans = {"a": np.array([0, 255], "m8[us]"), "b": np.array([1, 2], "m8[us]")}
    frame_of = {"polars": ("polars", "DataFrame"), "Arrow": ("pyarrow", "table")}
    module, make = frame_of[library]
    with pytest.raises(ValueError, match=r"^X holds spans of time"):
        images.as_rows(getattr(pytest.importorskip(module), make)(spans))


def test_a_masked_array_without_masked_entries_is_an_array():
    X = np.ma.masked_array(np.eye(6, 4), np.zeros((6, 4), bool))
    assert FERMLPClassifier((2,), max_iter=1).fit(X, [0, 1] * 3).n_features_in_ == 4


class OnlyAnArray:
    """What says by `__array__` alone that it is one."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return self.values


@pytest.mark.parametrize("held", [IMAGES, IMAGES.reshape(3, 20)], ids=["images", "rows"])
def test_columns_of_arrays_and_arrays_of_any_class_are_images(held):
    objects = np.empty(3, dtype=object)
    objects[:] = list(held)
    for given_as in (objects, pd.Series(list(held)), pd.Series(held.tolist()), OnlyAnArray(held)):
        rows, shape = images.as_rows(given_as)
        np.testing.assert_array_equal(rows, IMAGES.reshape(3, 20))
        assert shape == ((4, 5, 1) if held.ndim == 3 else None)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("held", [IMAGES, IMAGES.reshape(3, 20)], ids=["images", "rows"])
def test_an_image_that_could_not_be_read_is_named(held, place):
    given_as = list(held)
    given_as[place] = None
    for container in (given_as, pd.Series(given_as)):
        with pytest.raises(ValueError, match=rf"^X_val\[{place}\] is None; expected an image"):
            images.as_rows(container, "X_val")


def test_rows_of_two_lengths_are_refused_by_name():
    with pytest.raises(ValueError, match=r"^X holds rows of lengths 2 and 1; expected one length"):
        images.as_rows([[1, 2], [3]])


@pytest.mark.parametrize(
    "given_as", [None, {}, {1, 2}, iter(IMAGES)], ids=lambda value: type(value).__name__
)
def test_what_holds_no_images_is_refused_by_its_type(given_as):
    with pytest.raises(
        TypeError, match=r"^X is .*; expected an array of images, or a list of them"
    ):
        images.as_rows(given_as)


@pytest.mark.parametrize("n_features", [1, 7])
def test_one_row_is_a_row_even_where_it_looks_like_an_image(n_features):
    images.check_no_single_image(np.zeros((1, n_features)), (1, n_features, 1))


@pytest.mark.parametrize("shape", [(2, 9, 9), (2, 4, 5, 3), (2, 5, 4)])
def test_images_of_another_size_than_learnt_from_are_refused_by_both_sizes(shape):
    model = FERMLPClassifier((2,), max_iter=1).fit(IMAGES, [0, 1, 0])
    size = (*shape[1:], 1)[:3]
    message = rf"^X holds images of shape {re.escape(str(size))}; expected \(4, 5, 1\), as"
    for given_as in (np.zeros(shape), list(np.zeros(shape))):
        with pytest.raises(ValueError, match=message):
            model.predict(given_as)
