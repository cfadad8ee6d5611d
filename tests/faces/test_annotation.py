"""Boxes and labels in pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fernet.faces import Box
from fernet.faces.annotation import annotated
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


def test_what_was_not_found_is_not_drawn():
    picture = annotated(Image.new("L", (60, 60)), [FaceRecord("a.png", "no face found")])

    assert not np.asarray(picture).any()


def test_a_photo_on_its_side_is_turned_first():
    image = Image.new("L", (120, 60))
    image.getexif()[0x0112] = 6

    assert annotated(image, []).size == (60, 120)
