"""Boxes and labels in pictures."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest
from PIL import Image, features

from fernet.faces import Box
from fernet.faces._label_fonts import _best_file
from fernet.faces.annotation import _turned_corners, annotated
from fernet.faces.records import FaceRecord


def record(number, box):
    return FaceRecord("a.png", "ok", number, Box(*box), "happy", {"happy": 0.9, "sad": 0.1})


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK", "P", "I;16", "F"])
def test_a_picture_of_any_mode_gets_a_box_and_stays_itself(mode):
    image = Image.new(mode if mode != "I;16" else "I;16", (120, 100))
    before = np.asarray(image).copy()

    picture = annotated(image, [record(1, (30, 40, 50, 50))])

    assert picture.mode == "RGB"
    assert picture.getpixel((30, 70)) == (86, 180, 233)
    assert (np.asarray(image) == before).all()


def test_the_label_is_above_the_box_or_within_where_there_is_no_room():
    above = np.asarray(annotated(Image.new("L", (200, 200)), [record(1, (60, 80, 90, 90))]))
    within = np.asarray(annotated(Image.new("L", (200, 200)), [record(1, (60, 0, 90, 90))]))

    assert above[72:78, 61:100].any()
    assert within[3:10, 63:100].any()


def test_the_box_is_turned_as_the_face_is():
    face = dataclasses.replace(record(1, (100, 100, 80, 80)), angle=45.0)

    picture = annotated(Image.new("L", (300, 300)), [face])

    # The middles of a diamond's sides, and none of the upright box's.
    is_blue = (np.asarray(picture) == (86, 180, 233)).all(axis=2)
    for x, y in ((112, 112), (168, 112), (168, 168), (112, 168)):
        assert is_blue[y - 1 : y + 2, x - 1 : x + 2].any()
    assert not is_blue[104:116, 98:103].any()


def test_a_doubtful_emotion_has_a_question_mark():
    sure = record(1, (30, 60, 90, 90))
    doubtful = dataclasses.replace(sure, status="too small to judge")

    assert (
        np.asarray(annotated(Image.new("L", (300, 300)), [sure]))
        != np.asarray(annotated(Image.new("L", (300, 300)), [doubtful]))
    ).any()


def test_what_was_not_found_is_not_drawn():
    picture = annotated(Image.new("L", (60, 60)), [FaceRecord("a.png", "no face found")])

    assert not np.asarray(picture).any()


@pytest.mark.parametrize("box", [Box(40, 60, 0, 0), Box(40, 60, 0, 9), Box(40, 60, 9, 0)])
def test_a_box_of_less_than_a_pixel_is_a_point_or_a_line(box):
    picture = annotated(Image.new("L", (100, 100)), [record(1, box)])
    assert picture.getpixel((40, 60)) != (0, 0, 0)


def test_records_may_come_one_by_one():
    records = [record(1, Box(10, 30, 40, 40)), record(2, Box(50, 60, 40, 30))]
    picture = Image.new("L", (100, 100))
    assert annotated(picture, iter(records)).tobytes() == annotated(picture, records).tobytes()


@pytest.mark.parametrize("image", ["photo.png", np.zeros((9, 9), np.uint8)])
def test_what_is_no_pillow_image_is_refused(image):
    with pytest.raises(TypeError, match=r"^image is of type .*; expected a Pillow image"):
        annotated(image, [])


def test_a_photo_on_its_side_is_turned_first():
    image = Image.new("L", (120, 60))
    image.getexif()[0x0112] = 6

    assert annotated(image, []).size == (60, 120)


@pytest.mark.parametrize(("side", "zoom"), [(24, 3), (48, 2), (100, 1)])
def test_a_picture_too_small_for_its_label_is_enlarged_with_its_boxes(side, zoom):
    picture = annotated(Image.new("L", (side, side)), [record(1, (2, 15, 16, 8))])

    assert picture.size == (zoom * side, zoom * side)
    pixels = np.asarray(picture)
    assert (pixels[zoom * 15 + 15 if side < 100 else 20, zoom * 2] == (86, 180, 233)).all()
    # The label ends within the picture.
    assert (pixels[:, -1] == 0).all()


def test_a_long_picture_is_not_enlarged_beyond_all_bounds():
    assert annotated(Image.new("L", (3, 2000)), [record(1, (0, 0, 3, 3))]).size == (3, 2000)


def named(name: str):
    return dataclasses.replace(record(1, (30, 60, 90, 90)), emotion=name, probabilities={name: 0.9})


def ink(name: str) -> np.ndarray:
    return np.asarray(annotated(Image.new("L", (300, 300)), [named(name)]))


@pytest.mark.parametrize(
    ("name", "other"), [("müde", "mäde"), ("грусть", "гнусть"), ("سعيد", "حزين")]
)
def test_names_that_are_not_english_are_written_in_a_font_that_has_their_signs(name, other):
    pytest.importorskip("matplotlib")

    assert (ink(name) != ink(other)).any()


def test_number_name_and_probability_keep_their_order_also_from_right_to_left():
    pytest.importorskip("matplotlib")
    if not features.check("raqm"):
        pytest.skip("this Pillow does not turn texts about")

    def drawn(face: int, chance: float) -> np.ndarray:
        shown = dataclasses.replace(named("سعيد"), face=face, probabilities={"سعيد": chance})
        return np.asarray(annotated(Image.new("L", (300, 300)), [shown])).astype(int)

    same_color = 1 + 7
    number = np.flatnonzero((drawn(1, 0.9) != drawn(same_color, 0.9)).any(axis=(0, 2)))
    chance = np.flatnonzero((drawn(1, 0.93) != drawn(1, 0.98)).any(axis=(0, 2)))
    percent = np.flatnonzero((drawn(1, 0.9) < 30).all(axis=2).any(axis=0)).max()
    assert number.max() < 30 + 20 < chance.min() < chance.max() < percent


def test_signs_that_no_font_has_are_named_once_for_all_faces():
    faces = [named("𓀀 glad"), dataclasses.replace(named("𓀁"), face=2)]

    with pytest.warns(UserWarning, match=r"^no font has 𓀀, 𓀁: labels show boxes") as caught:
        annotated(Image.new("L", (300, 300)), faces)

    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_without_matplotlib_the_warning_says_what_finds_fonts(monkeypatch):
    _best_file.cache_clear()
    monkeypatch.setitem(sys.modules, "matplotlib.font_manager", None)

    with pytest.warns(UserWarning, match=r"^no font has ü: labels show .*pip install .*\[plot\]"):
        annotated(Image.new("L", (300, 300)), [named("müde")])

    _best_file.cache_clear()


@pytest.mark.parametrize("angle", [90.0, -90.0])
def test_the_frame_of_a_face_on_its_side_is_its_box(angle):
    corners = np.array(_turned_corners((10, 20, 100, 60), angle))
    np.testing.assert_allclose(corners.min(axis=0), [10, 20], atol=1e-9)
    np.testing.assert_allclose(corners.max(axis=0), [110, 80], atol=1e-9)
