"""Faces made worse: what holds for every kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fernet.datasets import make_faces
from fernet.metrics import CORRUPTIONS, corrupt
from fernet.metrics.corruptions import LEVELS

FACES = make_faces(24, random_state=0).images
KINDS = st.sampled_from(sorted(CORRUPTIONS))


def distance(first, second):
    return np.abs(first.astype(float) - second).mean()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_higher_level_is_further_from_the_face(name):
    distances = [distance(corrupt(FACES, name, level), FACES) for level in (0, *LEVELS)]
    assert distances[0] == 0
    assert (np.diff(distances) > 0).all()


@settings(max_examples=30)
@given(
    name=KINDS,
    level=st.sampled_from(LEVELS),
    side=st.sampled_from([16, 24, 33, 64]),
    dtype=st.sampled_from([np.uint8, np.int64, np.float32, np.float64]),
    layout=st.sampled_from(["rows", "grey", "colour"]),
)
def test_shape_and_type_are_kept_and_the_faces_are_left_alone(name, level, side, dtype, layout):
    shape = (3, side, side, 3) if layout == "colour" else (3, side, side)
    X = np.random.default_rng(0).integers(0, 256, shape).astype(dtype)
    X = X.reshape(3, -1) if layout == "rows" else X
    before = X.copy()

    worse = corrupt(X, name, level)

    assert worse.shape == X.shape
    assert worse.dtype == X.dtype
    assert worse.min() >= 0
    assert worse.max() <= 255
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(worse, corrupt(X, name, level))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_at_level_0_a_face_stays_what_it_is(name):
    X = FACES / 255 + 1e-4
    same = corrupt(X, name, 0)
    np.testing.assert_array_equal(same, X)
    assert not np.shares_memory(same, X)


@given(name=KINDS, level=st.sampled_from(LEVELS), unit=st.sampled_from([(0, 1), (-1, 1), (-3, 5)]))
@settings(max_examples=30)
def test_the_unit_makes_no_difference(name, level, unit):
    black, white = unit
    X = FACES.copy()
    X[0, 0, :2] = 0, 255
    expected = corrupt(X, name, level)

    worse = corrupt(black + (white - black) * (X / 255), name, level)

    levels = (worse - black) / (white - black) * 255
    np.testing.assert_allclose(levels, expected, atol=1e-6)


@given(
    name=KINDS,
    level=st.sampled_from(LEVELS),
    unit=st.sampled_from([(bool, 1), (np.uint8, 127), (np.int16, 1000)]),
)
@settings(max_examples=30)
def test_whole_numbers_and_booleans_are_the_nearest_to_what_floats_become(name, level, unit):
    dtype, white = unit
    faces = np.rint(FACES[:4] / 255 * white)
    worse = corrupt(faces.astype(dtype), name, level, pixel_range=(0, white))
    assert worse.dtype == dtype
    exact = corrupt(faces, name, level, pixel_range=(0, white))
    np.testing.assert_array_equal(worse, np.rint(exact).astype(dtype))


@given(name=KINDS, level=st.sampled_from(LEVELS), n=st.integers(1, 23))
@settings(max_examples=20)
def test_a_face_is_spoilt_as_it_would_be_among_fewer(name, level, n):
    np.testing.assert_array_equal(corrupt(FACES, name, level)[:n], corrupt(FACES[:n], name, level))


@pytest.mark.parametrize("name", ["noise", "erased_box", "rotation"])
def test_chance_goes_by_the_seed(name):
    first, same, other = (corrupt(FACES, name, 3, random_state=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()
    state = np.random.RandomState(0)
    assert (
        corrupt(FACES, name, random_state=state) != corrupt(FACES, name, random_state=state)
    ).any()


def test_blur_and_motion_are_scipys():
    from scipy.ndimage import gaussian_filter, uniform_filter1d

    X = FACES.astype(np.float64)
    blurred = gaussian_filter(X, (0, 1.5, 1.5), mode="nearest", truncate=4)
    assert np.abs(corrupt(FACES, "gaussian_blur", 3) - blurred).max() < 0.51
    moved = uniform_filter1d(X, 5, axis=2, mode="nearest")
    assert np.abs(corrupt(FACES, "motion_blur", 3) - moved).max() < 0.51


def test_a_reference_turn_a_margin_and_a_box_are_what_they_say():
    turned = corrupt(FACES, "rotation", 3)
    upright = [np.asarray(Image.fromarray(face).rotate(30)) for face in FACES]
    other = [np.asarray(Image.fromarray(face).rotate(-30)) for face in FACES]
    middle = np.s_[:, 16:32, 16:32]
    gaps = [distance(turned[i][middle[1:]], face[middle[1:]]) for i, face in enumerate(upright)]
    gaps_other = [distance(turned[i][middle[1:]], face[middle[1:]]) for i, face in enumerate(other)]
    assert np.minimum(gaps, gaps_other).max() < 8
    assert 0 < np.less(gaps, gaps_other).sum() < len(FACES)

    black = np.zeros((1, 48, 48), dtype=np.uint8)
    white_middle = black.copy()
    white_middle[:, 12:36, 12:36] = 255
    smaller = corrupt(white_middle, "margin", 5) > 127
    assert smaller.sum() == 12 * 12
    assert (corrupt(black, "erased_box", 5) == 128).sum() == 24 * 24


def of_size(faces, width, height, resample=Image.Resampling.BICUBIC):
    pictures = [Image.fromarray(face).resize((width, height), resample) for face in faces]
    return np.stack([np.asarray(picture) for picture in pictures])


def test_lengths_grow_with_the_face():
    large = np.repeat(np.repeat(FACES, 2, axis=1), 2, axis=2)
    for name in ("gaussian_blur", "erased_box", "mouth_mask"):
        shrunk = corrupt(large, name, 3)[:, ::2, ::2]
        assert distance(shrunk, corrupt(FACES, name, 3)) < 6


@pytest.mark.parametrize(
    ("size", "left"),
    [((48, 48), (18, 18)), ((96, 96), (18, 18)), ((96, 64), (27, 18)), ((48, 120), (18, 45))],
)
def test_low_resolution_leaves_as_many_pixels_of_any_face(size, left):
    faces = of_size(FACES, *size)
    expected = of_size(of_size(faces, *left, Image.Resampling.BOX), *size)
    np.testing.assert_array_equal(corrupt(faces, "low_resolution", 3), expected)


def test_low_resolution_leaves_faces_of_fewer_pixels_as_they_are():
    faces = of_size(FACES, 16, 20)
    np.testing.assert_array_equal(corrupt(faces, "low_resolution", 3), faces)
    assert distance(corrupt(faces, "low_resolution", 4), faces) > 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((FACES, "fog", 1), "corruption is 'fog'; expected one of gaussian_blur, "),
        ((FACES, "noise", 6), "level is 6; expected 0 to 5"),
        ((np.zeros((2, 7)), "noise", 1), "X has shape .2, 7.; expected faces"),
        ((np.full((2, 9), np.nan), "noise", 1), "X holds a number that is not finite"),
        ((np.full((2, 9), "a"), "noise", 1), "X holds text, 'a'; expected numbers"),
    ],
)
def test_what_can_not_be_spoilt_is_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        corrupt(*arguments)


@pytest.mark.parametrize(
    "given_as",
    [
        lambda X: pd.DataFrame(X).astype("UInt8"),
        lambda X: pd.Series([*X.reshape(-1, 48, 48)]),
        lambda X: X.astype(object),
    ],
    ids=["nullable", "column of images", "objects"],
)
def test_numbers_of_other_types_are_spoilt_as_numpys_own(given_as):
    rows = FACES[:3].reshape(3, -1)

    worse = corrupt(given_as(rows), "noise", 2)

    np.testing.assert_array_equal(worse.reshape(3, -1), corrupt(rows, "noise", 2))


def test_a_level_is_a_whole_number_of_any_type():
    face = np.arange(64, dtype=np.uint8).reshape(1, 8, 8)
    for level in (3.0, np.float32(3), np.int8(3)):
        np.testing.assert_array_equal(corrupt(face, "noise", level), corrupt(face, "noise", 3))


def test_a_missing_number_is_told():
    X = pd.DataFrame(FACES[:2].reshape(2, -1)).astype("Int64")
    X.iloc[1, 3] = pd.NA
    with pytest.raises(ValueError, match="X holds a number that is not finite"):
        corrupt(X, "noise", 1)


def test_black_and_white_may_be_named():
    X = np.full((1, 48, 48), 0.25)
    darker = corrupt(X, "brightness", 3, pixel_range=(0, 0.5))
    np.testing.assert_allclose(darker, (128 - 100) / 255 * 0.5)
    with pytest.raises(ValueError, match=r"pixel_range is .1, 0.; expected black below white"):
        corrupt(X, "brightness", 3, pixel_range=(1, 0))
    for pixel_range in [(0, 1, 2), 255, ("a", "b"), ()]:
        with pytest.raises(ValueError, match=r"^pixel_range is .*; expected two numbers"):
            corrupt(X, "brightness", 3, pixel_range=pixel_range)
    with pytest.raises(ValueError, match=r"expected black below white"):
        corrupt(X, "brightness", 3, pixel_range=(0, np.inf))
    np.testing.assert_array_equal(
        corrupt(X, "brightness", 3, pixel_range=np.array([0, 0.5])), darker
    )


@pytest.mark.parametrize(
    "image",
    [FACES[0], FACES[0].tolist(), Image.fromarray(FACES[0]), np.zeros((48, 64, 3)), [[[0] * 4]]],
    ids=["grey", "list", "picture", "colour", "transparency"],
)
def test_one_image_is_not_taken_for_many_small_ones(image):
    with pytest.raises(ValueError, match=r"^X is one image, of shape .*; give X\[None\]"):
        corrupt(image, "rotation")


def test_a_table_of_as_many_rows_as_pixels_is_rows():
    X = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    expected = corrupt(X.reshape(64, 8, 8), "rotation").reshape(64, 64)
    np.testing.assert_array_equal(corrupt(pd.DataFrame(X), "rotation"), expected)
