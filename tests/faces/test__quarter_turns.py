"""Searches of pictures that lie or stand on their head."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.faces._quarter_turns import search_turned, turn_back, turn_shared
from fernet.faces.detections import Detections

sides = st.integers(3, 40)


@given(st.integers(0, 3), sides, sides, st.data())
def test_boxes_and_points_come_back_to_the_pixels_they_were_found_in(turn, height, width, data):
    image = np.arange(height * width).reshape(height, width)
    turned = np.rot90(image, turn)
    x, y = (data.draw(st.integers(0, side - 2)) for side in turned.shape[::-1])
    across, down = (
        data.draw(st.integers(1, side - start))
        for side, start in zip(turned.shape[::-1], (x, y), strict=True)
    )
    found = Detections(
        np.array([[x, y, across, down]], float), np.ones(1), np.array([[[x, y], [x + 1, y]]], float)
    )

    back = turn_back(found, turn, image.shape)

    left, top, *size = back.boxes[0].astype(int)
    inside = image[top : top + size[1], left : left + size[0]]
    assert set(inside.ravel()) == set(turned[y : y + down, x : x + across].ravel())
    edge = back.landmarks[0, 1] - back.landmarks[0, 0]
    assert edge == pytest.approx([[1, 0], [0, 1], [-1, 0], [0, -1]][turn])


def one_face(score):
    return Detections(np.array([[0.0, 0, 1, 1]]), np.array([score]), np.zeros((1, 5, 2)))


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.floats(0, 1))
def test_the_turn_with_the_most_certain_face_counts_if_it_is_certain_enough(scores, least):
    image = np.array([[1, 2], [3, 4]], np.uint8)
    by_corner = dict(zip((2, 3, 4), scores, strict=True))  # by a turn against the clock, 1, 3, 2

    found = search_turned(image, lambda turned: one_face(by_corner[turned[0, 0]]), least)

    if max(scores) >= least:
        assert found.scores.tolist() == [max(scores)]
    else:
        assert len(found.boxes) == 0


@given(st.lists(st.floats(-59, 59)))
def test_faces_that_lean_share_no_quarter_turn(angles):
    assert turn_shared(angles) == 0


@pytest.mark.parametrize(("degrees", "turn"), [(90, 3), (-90, 1), (180, 2), (-179, 2), (70, 3)])
@pytest.mark.parametrize("others", [[], [0.0]])
def test_a_turn_is_shared_where_most_faces_lie_in_the_same_way(degrees, turn, others):
    assert turn_shared([degrees, degrees + 5, *others]) == turn
    assert turn_shared([degrees, 0.0]) == 0
