"""Faces of which a table says where they are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fernet.datasets import load_image_list
from fernet.datasets._boxes import Box, BoxColumns, BoxedFace, find_box_columns, read_boxed_face
from fernet.datasets.images import ImageError, read_face

PICTURE = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
SHAPES = st.sampled_from([(48, 48), (32, 32, 3)])


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("boxes") / "party.png"
    Image.fromarray(PICTURE).save(path)
    return path


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (["subDirectory_filePath", "face_x", "face_y", "face_width", "face_height"], [1, 2, 3, 4]),
        (["xmin", "ymin", "xmax", "ymax", "image"], [0, 1, 2, 3]),
        (["file", "BBox_X1", "BBox_Y1", "BBox_X2", "BBox_Y2"], [1, 2, 3, 4]),
        (["bottom", "right", "top", "left"], [3, 2, 1, 0]),
        (["x", "y", "w", "h"], [0, 1, 2, 3]),
    ],
)
def test_headers_tell_the_columns_of_a_box(names, columns):
    assert list(find_box_columns(names).places) == columns


@pytest.mark.parametrize(
    "names",
    [
        ["image", "label"],
        ["image", "width", "height", "label"],
        ["x", "y", "label"],
        ["x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4"],
    ],
)
def test_other_columns_are_no_box(names):
    assert find_box_columns(names) is None


@pytest.mark.parametrize("fields", ["0 0 0 5", "5 5 -1 3", "nan 0 9 9", "0 0 inf 4", "a b c d"])
def test_a_box_without_an_area_is_none(fields):
    assert BoxColumns((0, 1, 2, 3), False).box(fields.split()) is None


@given(st.integers(0, 70), st.integers(0, 40), st.integers(8, 50), SHAPES)
def test_a_square_within_the_picture_is_what_was_cut_out_before(
    picture, tmp_path_factory, left, top, side, shape
):
    cut = tmp_path_factory.mktemp("cut") / "face.png"
    Image.fromarray(PICTURE[top : top + side, left : left + side]).save(cut)
    face = read_boxed_face(BoxedFace(picture, Box(left, top, side, side)), shape)
    np.testing.assert_array_equal(face, read_face(cut, shape))


SIDES = st.floats(1, 300)


@given(st.floats(-50, 119), st.floats(-50, 89), SIDES, SIDES, SHAPES)
def test_any_box_that_touches_the_picture_is_a_face(picture, left, top, width, height, shape):
    box = Box(left, top, width, height)
    touches = left + width > 0 and top + height > 0
    if touches:
        assert read_boxed_face(BoxedFace(picture, box), shape).shape == shape
    else:
        with pytest.raises(ImageError, match=r"party\.png: the face's box, .* is outside of"):
            read_boxed_face(BoxedFace(picture, box), shape)


def test_a_large_jpeg_is_cut_at_its_own_pixels(tmp_path):
    large = np.zeros((1200, 1600), np.uint8)
    large[600:700, 800:900] = 200
    Image.fromarray(large).save(tmp_path / "large.jpg")
    face = read_boxed_face(BoxedFace(tmp_path / "large.jpg", Box(800, 600, 100, 100)), (48, 48))
    assert math.isclose(face.mean(), 200, abs_tol=5)


def faces_of(tmp_path, text, **options):
    for number in range(2):
        pixels = np.full((60, 80), 10 * number, np.uint8)
        pixels[10:30, 40:60] = 200 + number
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    table = tmp_path / "boxes.csv"
    table.write_text(text)
    return load_image_list(table, **options)


TABLE = "file,face_x,face_y,face_width,face_height,expression\n0.png,40,10,20,20,sad\n"


def test_faces_are_cut_out_of_their_pictures_unless_not_to_be(tmp_path):
    text = TABLE + "1.png,40,10,20,20,happy\n"
    faces = faces_of(tmp_path, text)
    assert [np.unique(image).tolist() for image in faces.images] == [[200], [201]]
    assert faces.boxes.tolist() == [[40, 10, 20, 20]] * 2
    whole = faces_of(tmp_path, text, boxes=False)
    assert len(np.unique(whole.images[1])) > 1
    assert "boxes" not in whole


def test_expws_list_without_headers_and_its_numbers_are_known(tmp_path):
    text = "0.png 0 10 40 60 30 29.1 4\n1.png 3 10 40 60 30 9.5 3\n"
    faces = faces_of(tmp_path, text)
    assert [np.unique(image).tolist() for image in faces.images] == [[200], [201]]
    assert [faces.target_names[label] for label in faces.target] == ["sad", "happy"]


def test_a_face_without_a_box_is_refused_or_left_out(tmp_path):
    text = TABLE + "1.png,,,,,happy\n1.png,40,10,20,20,happy\n"
    with pytest.raises(ImageError, match=r"1\.png: the table has no box with an area"):
        faces_of(tmp_path, text)
    with pytest.warns(UserWarning, match="1 of 3 images left out"):
        faces = faces_of(tmp_path, text, on_error="skip")
    assert faces.boxes.tolist() == [[40, 10, 20, 20]] * 2


@pytest.mark.parametrize("rows", ["0.png,0.5,0.2,0.25,0.3,sad\n", "0.png,0,0,1,1,sad\n"])
def test_boxes_in_shares_of_a_picture_are_refused(tmp_path, rows):
    text = TABLE.partition("\n")[0] + f"\n{rows}1.png,,,,,happy\n"
    with pytest.raises(ValueError, match=r"boxes\.csv: boxes of less than 2 pixels, such as .*sha"):
        faces_of(tmp_path, text)
    assert len(faces_of(tmp_path, text, boxes=False).data) == 2


def test_what_is_left_out_needs_no_box(tmp_path):
    text = TABLE + "0.png,40,10,20,20,calm\n1.png,,,,,None\n"
    faces = faces_of(tmp_path, text, class_names={"None": None})
    assert faces.target_names == ["calm", "sad"]
