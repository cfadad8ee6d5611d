"""Cutting faces out with FER2013's margin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fernet.faces import FaceDetector, crop_face
from fernet.faces.cropping import CROP_SIDE

RNG = np.random.default_rng(0)


def test_the_crop_is_the_square_about_the_box():
    y, x = np.mgrid[:300, :400]
    across = crop_face((x / 2).astype(np.uint8), (100, 50, 96, 96)).astype(float)
    down = crop_face((y / 2).astype(np.uint8), (100, 50, 96, 96)).astype(float)

    # Levels at the middle and at the two edges tell centre and side.
    assert np.abs(across[:, 23:25].mean() - (100 + 48) / 2) < 1
    assert np.abs(down[23:25].mean() - (50 + 48) / 2) < 1
    pixel = 96 * CROP_SIDE / 48
    assert np.abs((across[:, -1] - across[:, 0]) * 2 / pixel - 47).max() < 1.5


def test_a_box_that_is_not_square_gives_a_square_in_proportion():
    y, x = np.mgrid[:300, :300]
    crop = crop_face((x // 2 + y // 4).astype(np.uint8), (100, 120, 80, 40)).astype(float)

    slope_x, slope_y = (np.diff(crop, axis=axis).mean() for axis in (1, 0))
    assert slope_x == pytest.approx(2 * slope_y, rel=0.1)


@given(
    st.integers(30, 90), st.integers(30, 90), st.integers(-50, 80), st.integers(-50, 80),
    st.integers(60, 120),
)  # fmt: skip
def test_a_box_beyond_the_edge_takes_the_edges_levels(height, width, x, y, side):
    picture = np.full((height, width), 77, np.uint8)

    if x < width and y < height and x + side > 0 and y + side > 0:
        face = crop_face(picture, (x, y, side, side))
        assert face.shape == (48, 48)
        assert (face == 77).all()
    else:
        with pytest.raises(ValueError, match="box is"):
            crop_face(picture, (x, y, side, side))


@pytest.mark.parametrize("box", [(5, 5, 0, 10), (50, 0, 10, 10), (0, -20, 10, 20)])
def test_a_box_of_no_use_is_named(box):
    with pytest.raises(ValueError, match=r"box is .* in a picture of 40 x 30 pixels"):
        crop_face(np.zeros((30, 40), np.uint8), box)


@pytest.mark.parametrize("box", [(2, 5, 5), (2, 5, 5, 5, 5), 7, None, ("a", 2, 5, 5)])
def test_a_box_that_is_not_of_four_numbers_is_named(box):
    with pytest.raises(ValueError, match=r"^box is .*; expected four numbers: left, top, width"):
        crop_face(np.zeros((10, 10), np.uint8), box)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"angle": np.nan}, ValueError, "angle is nan; expected a finite number of degrees"),
        ({"angle": "30"}, TypeError, "angle is '30'; expected a number"),
        ({"image_size": 0}, ValueError, "image_size is 0; expected a whole number, 1 or more"),
        ({"image_size": 48.5}, ValueError, "image_size is 48.5; expected a whole number"),
    ],
)
def test_an_angle_and_a_size_that_are_none_are_named(settings, error, message):
    with pytest.raises(error, match=message):
        crop_face(np.zeros((10, 10), np.uint8), (2, 2, 5, 5), **settings)


@pytest.mark.parametrize(
    "made",
    [
        lambda picture: picture / 255,
        lambda picture: picture > 9,
        lambda picture: picture.astype(np.int64),
        lambda picture: picture.astype(np.uint16),
        lambda picture: picture[:, :, None],
        lambda picture: np.dstack([picture] * 4),
        lambda picture: picture[0],
    ],
)
def test_a_picture_of_other_levels_or_another_shape_is_refused(made):
    picture = made(np.zeros((60, 60), np.uint8))
    with pytest.raises(
        ValueError, match=r"^picture is \w+ of shape .*; expected uint8, \(height, w"
    ):
        crop_face(picture, (10, 10, 20, 20))


@pytest.mark.parametrize("picture", ["photo.png", [[0, 0]], Image.new("L", (60, 60))])
def test_what_is_no_array_is_refused(picture):
    with pytest.raises(TypeError, match=r"^picture is of type .*; expected an array of uint8"):
        crop_face(picture, (10, 10, 20, 20))


@pytest.mark.parametrize("side", [401, 1e7, np.inf])
def test_a_box_far_larger_than_the_picture_is_refused_before_memory_is_taken(side):
    with pytest.raises(ValueError, match=r"expected a side of at most 10 times .* 40 x 30 pixels"):
        crop_face(np.zeros((30, 40), np.uint8), (-1, -1, 5, side))
    assert crop_face(np.zeros((30, 40), np.uint8), (-1, -1, 5, 400)).shape == (48, 48)


@settings(deadline=None)
@given(st.floats(-180, 180), st.integers(40, 400))
def test_a_turned_crop_is_the_crop_of_the_picture_turned_back(angle, side):
    """On a smooth picture, where what is between the pixels is known."""

    def levels(x, y):
        return 128 + 60 * np.sin(4 * x / side) + 50 * np.cos(3 * y / side)

    y, x = np.mgrid[:600, :600] - 299.5
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    picture = levels(cos * x - sin * y, sin * x + cos * y).astype(np.uint8)
    box = (300 - side / 2, 300 - side / 2, side, side)

    crop = crop_face(picture, box, angle).astype(float)

    v, u = (np.mgrid[:48, :48] - 23.5) * side * CROP_SIDE / 48
    assert np.abs(crop - levels(u, v)).mean() < 2


@pytest.mark.parametrize("angle", [30, -100])
def test_a_turned_crop_beyond_the_edge_takes_the_edges_levels(angle):
    face = crop_face(np.full((50, 60), 77, np.uint8), (-20, 20, 60, 60), angle)

    assert face.shape == (48, 48)
    assert (face == 77).all()


@pytest.mark.parametrize("side", [20, 100])
def test_a_turn_of_nothing_changes_next_to_nothing(side):
    smooth = np.asarray(
        Image.fromarray(RNG.integers(0, 256, (12, 12), np.uint8)).resize((200, 200))
    )
    box = (60, 60, side, side)

    straight = crop_face(smooth, box).astype(float)

    assert np.abs(crop_face(smooth, box, 1e-9) - straight).mean() < 1.5


@given(st.sampled_from([0.0, 25.0, -140.0]), st.integers(8, 100))
def test_colours_are_cut_out_each_as_grey_levels_are(angle, size):
    picture = RNG.integers(0, 256, (90, 120, 3), dtype=np.uint8)
    box = (70, 10, 60, 50)

    face = crop_face(picture, box, angle, image_size=size)

    assert face.shape == (size, size, 3)
    for channel in range(3):
        alone = crop_face(np.ascontiguousarray(picture[:, :, channel]), box, angle, image_size=size)
        assert (face[:, :, channel] == alone).all()


@pytest.mark.parametrize("angle", [0.0, 35.0])
def test_any_size_shows_the_same_square(angle):
    y, x = np.mgrid[:300, :300]
    picture = (128 + 60 * np.sin(x / 30) + 50 * np.cos(y / 40)).astype(np.uint8)

    large = crop_face(picture, (100, 90, 110, 120), angle, image_size=144).astype(float)

    means = large.reshape(48, 3, 48, 3).mean(axis=(1, 3))
    assert np.abs(means - crop_face(picture, (100, 90, 110, 120), angle)).max() < 3


@pytest.mark.slow
def test_a_crop_of_a_fer2013_face_in_a_larger_picture_is_that_face(fernet_data):
    pytest.importorskip("cv2")
    ratios = []
    for file in sorted((fernet_data / "fer2013" / "test").rglob("*.jpg"))[:300]:
        large = Image.open(file).resize((144, 144), Image.Resampling.BICUBIC)
        picture = np.pad(np.asarray(large), 72, mode="edge")
        boxes = FaceDetector(closer_look=False).detect(picture).boxes
        ratios += [max(w, h) * CROP_SIDE / 144 for _, _, w, h in boxes[:1]]
    assert len(ratios) > 260
    assert np.median(ratios) == pytest.approx(1, abs=0.04)
