"""Cutting faces out with FER2013's margin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fernet.datasets.photos import Photo
from fernet.faces import FaceDetector, crop_face
from fernet.faces.cropping import CROP_SIDE, find_crops, take_photo

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


def test_a_grey_picture_of_48x48_is_a_face_and_never_searched():
    face = RNG.integers(0, 256, (48, 48), dtype=np.uint8)

    class Unused(FaceDetector):
        def detect(self, grey):
            raise AssertionError("searched")

    ((box, crop),) = find_crops(take_photo(face, None), Unused())
    assert box == (0, 0, 48, 48)
    assert (crop == face).all()


def test_boxes_are_in_the_files_pixels():
    class Fixed(FaceDetector):
        def detect(self, grey):
            return np.array([[10, 20, 40, 40]])

    photo = Photo(np.zeros((100, 200), np.uint8), (800, 400), False)

    assert find_crops(photo, Fixed())[0][0] == (40, 80, 160, 160)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_arrays_read_as_the_pillow_images_they_are_of(mode):
    image = Image.fromarray(RNG.integers(0, 256, (50, 70, 4), dtype=np.uint8)).convert(mode)

    assert (take_photo(np.asarray(image), None).grey == take_photo(image, None).grey).all()


@pytest.mark.parametrize("array", [np.zeros((50, 50)), np.zeros((9, 9, 2), np.uint8)])
def test_arrays_that_are_no_pictures_are_named(array):
    with pytest.raises(ValueError, match="image is an array of"):
        take_photo(array, None)


@pytest.mark.slow
def test_a_crop_of_a_fer2013_face_in_a_larger_picture_is_that_face(fernet_data):
    pytest.importorskip("cv2")
    ratios = []
    for file in sorted((fernet_data / "fer2013" / "test").rglob("*.jpg"))[:300]:
        large = Image.open(file).resize((144, 144), Image.Resampling.BICUBIC)
        picture = np.pad(np.asarray(large), 72, mode="edge")
        ratios += [w * CROP_SIDE / 144 for _, _, w, _ in FaceDetector().detect(picture)[:1]]
    assert len(ratios) > 180
    assert np.median(ratios) == pytest.approx(1, abs=0.04)
