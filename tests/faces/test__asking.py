"""Who may ask a detector at once, and which boxes are none of a picture's."""

from __future__ import annotations

import copy
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

from fernet import EmotionRecognizer
from fernet.faces import FaceCropper, FaceDetector
from fernet.faces._asking import ask

PICTURE = np.zeros((240, 320, 3), np.uint8)
PHOTOS = [np.zeros((60 + i, 80 + i, 3), np.uint8) for i in range(12)]


class Busy:
    """A detector that keeps the picture's size in itself while it works."""

    __hash__ = None  # as of a dataclass
    seen_at_once = 0  # of all objects of the class

    def __init__(self):
        self.n_callers = 0

    def __call__(self, image):
        self.n_callers += 1
        Busy.seen_at_once = max(Busy.seen_at_once, self.n_callers)
        self.size = image.shape[1::-1]
        time.sleep(0.005)
        width, height = self.size
        self.n_callers -= 1
        return [[width / 4, height / 4, width / 2, height / 2]], [0.9]

    detect = __call__


@pytest.fixture(autouse=True)
def nobody_yet(monkeypatch):
    monkeypatch.setattr(Busy, "seen_at_once", 0)


def boxes(records):
    return [record.box for record in records]


@pytest.mark.parametrize("method", [False, True])
@pytest.mark.parametrize("again", [lambda x: x, copy.deepcopy, pickle.loads])
def test_a_detector_of_ones_own_has_one_caller_at_a_time(model, again, method):
    detector = Busy().detect if method else Busy()
    recognizer = EmotionRecognizer(model, detector=detector)
    recognizer = again(pickle.dumps(recognizer) if again is pickle.loads else recognizer)

    found = boxes(recognizer.predict(PHOTOS))

    one_by_one = [recognizer.predict(photo)[0].box for photo in PHOTOS]
    assert found == one_by_one
    assert Busy.seen_at_once == 1


def test_whatever_holds_it(model):
    detector = Busy()
    recognizers = [EmotionRecognizer(model, detector=detector) for _ in range(2)]
    croppers = [FaceCropper(detector=detector), FaceCropper(detector=detector.detect)]
    asked = [*(r.predict for r in recognizers), *(c.transform for c in croppers)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda ask_all: ask_all(PHOTOS), asked))

    assert Busy.seen_at_once == 1
    clone(croppers[0]).transform(PHOTOS)
    assert Busy.seen_at_once == 1


def test_a_detector_may_ask_itself_about_a_part_of_the_picture():
    def detector(image):
        if len(image) > 120:
            return ask(detector, image[:120])
        return [[10, 10, 50, 60]], [0.9]

    assert ask(detector, PICTURE).boxes.tolist() == [[10, 10, 50, 60]]


def test_fernets_own_is_asked_by_several_at_once(monkeypatch):
    meeting = threading.Barrier(2, timeout=20)

    def detect(self, image):
        meeting.wait()
        return [], []

    monkeypatch.setattr(FaceDetector, "detect", detect)
    monkeypatch.setattr(FaceDetector, "__call__", detect)
    for detector in (FaceDetector(), FaceDetector().detect):
        with ThreadPoolExecutor(2) as pool:
            found = [pool.submit(ask, detector, PICTURE) for _ in range(2)]
        assert [len(answer.result().boxes) for answer in found] == [0, 0]


def test_an_answer_is_kept_though_the_detector_uses_its_arrays_again():
    kept = np.array([[10.0, 10, 50, 60]])

    def detector(image):
        return kept, [0.9]

    found = ask(detector, PICTURE)
    kept[:] = 0
    assert found.boxes.tolist() == [[10, 10, 50, 60]]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_detector_may_draw_into_its_picture(model, mode):
    def drawing(image):
        image[:] = 0
        return [[10, 10, 50, 60]], [0.9]

    image = Image.effect_noise((90, 80), 50).convert(mode)
    (record,) = EmotionRecognizer(model, detector=drawing).predict(image)
    (expected,) = EmotionRecognizer(model, detector=answering([[10, 10, 50, 60]], [0.9])).predict(
        image
    )
    assert record == expected


def answering(*answer):
    return lambda image: answer


def test_boxes_in_shares_of_the_picture_are_refused():
    shares = answering([[0.2, 0.1, 0.5, 0.6], [0, 0, 1, 1]], [0.9, 0.8])
    with pytest.raises(ValueError, match=r"such as \[0\.2, .* picture of 320 x 240; expected pix"):
        ask(shares, PICTURE)
    beyond = answering([[0.2, 0.1, 0.5, 0.6], [-0.1, 0.1, 1.1, 1.02]], [0.9, 0.8])
    with pytest.raises(ValueError, match="multiply shares of its sides by these"):
        ask(beyond, PICTURE)
    assert (
        len(ask(answering([[0.2, 0.1, 0.5, 0.6], [9, 9, 40, 50]], [0.9, 0.8]), PICTURE).boxes) == 2
    )
    # Of a tiny picture that was blown up a detector may find that little.
    assert len(ask(shares, PICTURE[:9, :9]).boxes)


def test_boxes_of_which_none_is_in_the_picture_are_refused():
    beside, below = [400, 0, 50, 50], [0, 300, 50, 50]
    with pytest.raises(ValueError, match=r"\[400\.0, .* 320 x 240; expected \(left, top, width, h"):
        ask(answering([beside, below], [0.9, 0.8]), PICTURE)
    assert len(ask(answering([beside, [310, 0, 50, 50]], [0.9, 0.8]), PICTURE).boxes) == 2


def test_boxes_that_are_corners_are_refused():
    corners = [[40, 30, 100, 100], [200, 50, 260, 120]]
    with pytest.raises(ValueError, match=r"two corners each.*boxes\[:, 2:\] -= boxes\[:, :2\]$"):
        ask(answering(corners, [0.8, 0.9]), PICTURE)
    points = np.array([[[70, 65], [70, 65]], [[230, 85], [230, 85]]])
    with pytest.raises(ValueError, match="two corners"):
        ask(answering(corners, [0.8, 0.9], points), PICTURE)


@pytest.mark.parametrize(
    "box",
    [
        [200, 100, 130, 120],  # narrower than far from the left
        [150, 120, 190, 130],  # leaves the picture by a little
        [60, 20, 290, 270],  # by more, and is too large for a corner
        [180, 40, 200, 190],  # by more, and as corners it would be too long
        [-20, -20, 400, 300],  # on all sides
    ],
)
def test_boxes_that_leave_the_picture_are_faces(box):
    assert ask(answering([box], [0.9]), PICTURE).boxes.tolist() == [box]


def test_points_tell_a_large_face_that_is_cut_off_from_corners():
    box, middle = [150, 60, 250, 200], [[[255, 150], [275, 150]]]
    assert len(ask(answering([box], [0.9], middle), PICTURE).boxes) == 1
    with pytest.raises(ValueError, match="two corners"):
        ask(answering([box], [0.9]), PICTURE)


BOXES = np.array([[60.0, 20, 40, 50], [200, 120, 90, 100]])
EYES = np.array([[0.3, 0.4], [0.7, 0.4]])
FIVE = np.array([*EYES, [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])


@pytest.mark.parametrize("shares", [EYES, FIVE])
@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda points: points[..., ::-1], r"\(row, column\): points\[\.\.\., ::-1\]$"),
        (lambda points: points - BOXES[:, None, :2], "pixels of the box: add its left and top$"),
        (lambda points: points / [320, 240], "like shares of the picture's sides$"),
        (lambda points: (points - BOXES[:, None, :2]) / BOXES[:, None, 2:], "the box's sides$"),
        (lambda points: points[::-1], "NaN where they are not known$"),
        (lambda points: np.full_like(points, -1), "NaN where they are not known$"),
    ],
)
def test_landmarks_that_are_no_places_in_their_boxes_are_refused(shares, made, message):
    points = BOXES[:, None, :2] + shares * BOXES[:, None, 2:]
    assert (ask(answering(BOXES, [0.9, 0.8], points), PICTURE).landmarks == points).all()
    with pytest.raises(ValueError, match=rf"landmarks outside of their boxes, .*{message}"):
        ask(answering(BOXES, [0.9, 0.8], made(points)), PICTURE)


@pytest.mark.parametrize("left", [10, 20, 30])
def test_of_a_box_that_is_cut_off_at_the_edge_the_landmarks_may_be_outside(left):
    corner = np.array([320 - left, 240 - left])
    points = corner + 100 * FIVE
    found = ask(answering([[*corner, left, left]], [0.9], points[None]), PICTURE)
    np.testing.assert_array_equal(found.landmarks[0], points)
    with pytest.raises(ValueError, match="the box's sides"):
        ask(answering([[*corner, left, left]], [0.9], FIVE[None]), PICTURE)


def test_landmarks_that_leave_a_box_or_are_missing_are_the_faces():
    points = BOXES[:, None, :2] + FIVE * BOXES[:, None, 2:]
    beside = points + np.array([40, 0])  # as of a box that was cut at the picture's edge
    unknown = points.copy()
    unknown[0] = np.nan
    one_wrong = points.copy()
    one_wrong[0] = points[1]
    for given in (beside, unknown, one_wrong):
        found = ask(answering(BOXES, [0.9, 0.8], given), PICTURE).landmarks
        np.testing.assert_array_equal(found, given)
