"""Finding faces, on a real photograph and what can be made of it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fernet.faces import FaceDetector
from fernet.faces.detection import MAX_OVERLAP, without_overlaps

sides = st.integers(1, 40)
boxes = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), sides, sides), max_size=8)


@pytest.fixture(scope="module")
def detector():
    pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
    return FaceDetector()


@pytest.fixture(scope="module")
def grey(portrait):
    return np.asarray(Image.open(portrait).convert("L").resize((256, 300)))


def is_the_face(box, left=0, top=0) -> bool:
    """Whether a box is about where the portrait's face is, at half its size."""
    return np.abs(np.array(box) - (73 + left, 50 + top, 120, 120)).max() <= 25


def test_a_portrait_has_one_face_where_it_is(detector, grey):
    (box,) = detector.detect(grey)

    assert is_the_face(box)


def test_each_of_several_faces_is_found(detector, grey):
    found = detector.detect(np.tile(grey, (2, 2)))

    places = [(left, top) for left in (0, 256) for top in (0, 300)]
    assert len(found) == 4
    assert all(any(is_the_face(box, *place) for box in found) for place in places)


def test_the_largest_comes_first(detector, grey):
    small = np.asarray(Image.fromarray(grey).resize((128, 150)))
    picture = np.full((300, 400), 128, np.uint8)
    picture[:150, :128], picture[:, 144:] = small, grey

    found = detector.detect(picture)

    assert len(found) == 2
    assert is_the_face(found[0], left=144)


def test_the_same_picture_gives_the_same_boxes(detector, grey):
    once = detector.detect(grey)
    for _ in range(3):
        assert (detector.detect(grey) == once).all()


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((200, 300), np.uint8),
        np.full((48, 48), 255, np.uint8),
        np.zeros((5, 900), np.uint8),
        np.tile(np.linspace(0, 255, 200).astype(np.uint8), (200, 1)),
    ],
    ids=["black", "white", "narrow", "ramp"],
)
def test_there_is_no_face_in_nothing(detector, picture):
    assert detector.detect(picture).shape == (0, 4)


def test_a_face_on_its_side_or_too_small_is_not_found(detector, grey):
    assert len(detector.detect(np.rot90(grey))) == 0
    assert len(detector.detect(np.asarray(Image.fromarray(grey).resize((40, 47))))) == 0


def test_min_size_leaves_out_smaller_faces(grey, detector):
    assert len(FaceDetector(min_size=200).detect(grey)) == 0


def test_a_detector_that_was_pickled_finds_the_same(detector, grey):
    twin = pickle.loads(pickle.dumps(detector))

    assert repr(twin) == repr(detector)
    assert (twin.detect(grey) == detector.detect(grey)).all()


@pytest.mark.parametrize("picture", [np.zeros((9, 9, 3), np.uint8), np.zeros((9, 9))])
def test_only_grey_bytes_are_searched(detector, picture):
    with pytest.raises(ValueError, match=r"grey is .* expected uint8, \(height, width\)"):
        detector.detect(picture)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"min_size": 10}, "min_size is 10"), ({"max_side": 25}, "max_side is 25")],
)
def test_settings_out_of_range_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        FaceDetector(**settings)


@given(boxes)
def test_what_is_kept_does_not_overlap_and_what_is_not_does(given_boxes):
    array = np.array(given_boxes, np.int64).reshape(-1, 4)

    def share(a, b):
        canvas = np.zeros((2, 110, 110), bool)
        for layer, (x, y, w, h) in zip(canvas, (a, b), strict=True):
            layer[y : y + h, x : x + w] = True
        return (canvas[0] & canvas[1]).sum() / min(canvas[0].sum(), canvas[1].sum())

    kept = without_overlaps(array).tolist()
    for i, box in enumerate(kept):
        assert all(share(box, other) <= MAX_OVERLAP for other in kept[:i])
    for box in array.tolist():
        assert box in kept or any(share(box, other) > MAX_OVERLAP for other in kept)
