"""Taking photos, finding their faces and cutting them out."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from fernet.datasets.photos import ImageError, Photo
from fernet.faces.finding import UPRIGHT_FROM, find_faces, read_side, take_photo

RNG = np.random.default_rng(0)


def unused(image):
    raise AssertionError("searched")


def fixed(*answer):
    """A detector that always gives the same answer."""
    return lambda image: answer


def test_a_grey_picture_of_48x48_is_a_face_and_never_searched():
    pixels = RNG.integers(0, 256, (48, 48), dtype=np.uint8)

    (face,) = find_faces(take_photo(pixels, None), unused)

    assert face.box == (0, 0, 48, 48)
    assert (face.pixels == pixels).all()
    assert (face.score, face.angle) == (None, 0)


def test_boxes_are_in_the_files_pixels():
    photo = Photo(np.zeros((100, 200), np.uint8), (800, 400), False)

    (face,) = find_faces(photo, fixed([[10, 20, 40, 50]], [0.9]))

    assert face.box == (40, 80, 160, 200)
    assert face.score == 0.9


def test_boxes_of_a_long_picture_are_scaled_across_and_down_by_each_ratio():
    photo = Photo(np.zeros((2000, 70), np.uint8), (834, 24000), False)
    (face,) = find_faces(photo, fixed([[7, 1900, 28, 30]], [0.9]))
    assert face.box == (round(7 * 834 / 70), 1900 * 12, round(28 * 834 / 70), 30 * 12)


def test_any_callable_is_a_detector_and_gets_colours():
    seen = []

    def detector(image):
        seen.append(image)
        return [], []

    colors = RNG.integers(0, 256, (60, 70, 3), dtype=np.uint8)
    assert find_faces(take_photo(colors, 1600, colors=True), detector) == []
    assert find_faces(take_photo(colors[:, :, 0], 1600, colors=True), detector) == []

    assert (seen[0] == colors).all()
    assert (seen[1] == colors[:, :, :1]).all()


@pytest.mark.parametrize("degrees", [-60.0, -12.0, 12.0, 90.0])
def test_a_face_that_is_turned_is_turned_back(degrees):
    turn = np.radians(degrees)
    eyes = 150 + 20 * np.array([[-np.cos(turn), np.sin(turn)], [np.cos(turn), -np.sin(turn)]])
    y, x = np.mgrid[:300, :300] - 150
    # Brighter to the face's right.
    levels = np.clip(128 + np.cos(turn) * x - np.sin(turn) * y, 0, 255).astype(np.uint8)
    photo, detector = take_photo(levels, None), fixed([[110, 110, 80, 80]], [0.9], [eyes])

    (face,) = find_faces(photo, detector)
    (left,) = find_faces(photo, detector, upright=False)

    assert face.angle == pytest.approx(degrees)
    assert left.angle == 0
    slopes = [np.diff(face.pixels.astype(float), axis=axis).mean() for axis in (1, 0)]
    assert slopes == pytest.approx([80 * 1.036 / 48, 0], abs=0.1)


def test_a_face_that_is_about_upright_is_left_as_it_is():
    turn = np.radians(UPRIGHT_FROM - 1)
    eyes = 50 + 10 * np.array([[-np.cos(turn), np.sin(turn)], [np.cos(turn), -np.sin(turn)]])
    photo = take_photo(RNG.integers(0, 256, (100, 100), np.uint8), None)

    (face,) = find_faces(photo, fixed([[30, 30, 40, 40]], [0.9], [eyes]))
    (plain,) = find_faces(photo, fixed([[30, 30, 40, 40]], [0.9]))

    assert face.angle == 0
    assert (face.pixels == plain.pixels).all()


def test_a_box_beside_the_picture_is_no_face():
    photo = take_photo(np.zeros((100, 100), np.uint8), None)

    (face,) = find_faces(photo, fixed([[200, 0, 50, 50], [20, 30, 50, 50]], [0.9, 0.8]))
    assert face.box == (20, 30, 50, 50)


def test_a_box_of_one_pixel_is_a_false_alarm_and_no_share():
    speck = fixed([[30, 40, 1, 1]], [0.9])
    (face,) = find_faces(take_photo(np.zeros((240, 320), np.uint8), None), speck)
    assert face.box == (30, 40, 1, 1)


def test_an_answer_that_is_none_is_named():
    with pytest.raises(ValueError, match=r"expected fernet\.faces\.Detections"):
        find_faces(take_photo(np.zeros((100, 100), np.uint8), None), lambda image: 5)


def test_a_detector_may_say_how_large_pictures_are_to_be_read():
    class Own:
        read_side = 123

    assert read_side(Own()) == 123
    assert read_side(unused) > 640
    assert read_side(None) is None


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_arrays_read_as_the_pillow_images_they_are_of(mode):
    image = Image.fromarray(RNG.integers(0, 256, (50, 70, 4), dtype=np.uint8)).convert(mode)

    assert (take_photo(np.asarray(image), None).grey == take_photo(image, None).grey).all()


@pytest.mark.parametrize("array", [np.zeros((50, 50)), np.zeros((9, 9, 2), np.uint8)])
def test_arrays_that_are_no_pictures_are_named(array):
    with pytest.raises(ValueError, match="image is an array of"):
        take_photo(array, None)


def test_a_grey_image_that_is_made_smaller_stays_as_it_is():
    image = Image.new("L", (300, 200))

    assert take_photo(image, 100).grey.shape == (67, 100)
    assert image.size == (300, 200)


def test_a_path_as_bytes_is_no_picture_and_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").write_bytes(b"")
    for path in (b"photo.png", os.fsencode(tmp_path / "photo.png")):
        with pytest.raises(ValueError, match=r"a path as bytes; .*: give os\.fsdecode of it$"):
            take_photo(path, None)
    for content in (b"no such.png", b"photo.png\n", b"photo.png\0", b""):
        with pytest.raises(ImageError):
            take_photo(content, None)
