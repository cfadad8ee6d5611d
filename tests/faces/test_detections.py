"""What a detector may answer, and which of boxes that overlap is kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.faces import Detections
from fernet.faces._closer_look import turn_of
from fernet.faces.detections import MAX_OVERLAP, checked, without_overlaps

sides = st.integers(1, 40)
boxes = st.tuples(st.integers(0, 60), st.integers(0, 60), sides, sides)
scored = st.lists(st.tuples(boxes, st.floats(0, 1)), max_size=8)


def share(a, b):
    """Share of the smaller box that two boxes have in common, counted pixel by pixel."""
    canvas = np.zeros((2, 110, 110), bool)
    for layer, (x, y, w, h) in zip(canvas, (a, b), strict=True):
        layer[y : y + h, x : x + w] = True
    return (canvas[0] & canvas[1]).sum() / min(canvas[0].sum(), canvas[1].sum())


@given(scored)
def test_what_is_kept_does_not_overlap_and_what_is_not_gives_way_to_a_higher_score(given_boxes):
    array = np.array([box for box, _ in given_boxes]).reshape(-1, 4)
    scores = np.array([score for _, score in given_boxes])

    kept = without_overlaps(array, scores).tolist()

    assert (np.diff(scores[kept]) <= 0).all()
    for place, i in enumerate(kept):
        assert all(share(array[i], array[j]) <= MAX_OVERLAP for j in kept[:place])
    for i in set(range(len(array))) - set(kept):
        assert any(share(array[i], array[j]) > MAX_OVERLAP and scores[j] >= scores[i] for j in kept)


def test_a_large_false_box_removes_no_surer_face_and_is_not_first():
    faces = [[20, 20, 40, 50], [100, 25, 40, 50]]
    torsos = [0, 0, 170, 150]

    found = checked(([torsos, *faces], [0.6, 0.9, 0.8]))

    assert found.boxes.tolist() == faces


@given(scored)
def test_the_order_of_the_answer_does_not_matter(given_boxes):
    array = np.array([box for box, _ in given_boxes]).reshape(-1, 4)
    scores = np.array([score for _, score in given_boxes])

    once = checked((array, scores))
    again = checked((array[::-1], scores[::-1]))

    assert once.boxes.tolist() == again.boxes.tolist()
    assert once.scores.tolist() == again.scores.tolist()


@pytest.mark.parametrize(
    "answer",
    [
        ([], []),
        ([], [], []),
        Detections(np.empty((0, 4)), np.empty(0)),
        (None, [None]),  # as facenet-pytorch says it
        (None, [None], None),
        (np.array(None), np.array([None])),
        (None, None),
    ],
)
def test_no_faces_are_no_faces(answer):
    found = checked(answer)

    assert found.boxes.shape == (0, 4)
    assert found.scores.shape == (0,)


def test_landmarks_go_with_their_boxes():
    points = np.arange(2 * 5 * 2).reshape(2, 5, 2)
    found = checked(([[0, 0, 9, 9], [50, 0, 9, 9]], [0.5, 0.6], points))

    assert (found.landmarks == points[::-1]).all()


def test_boxes_that_are_none_are_left_out():
    given_boxes = [[0, 0, 0, 9], [0, np.nan, 9, 9], [0, 0, np.inf, 9], [30, 0, 9, 9]]

    assert checked((given_boxes, [0.9, 0.9, 0.9, 0.8])).boxes.tolist() == [[30, 0, 9, 9]]


@pytest.mark.parametrize("box", [[640, 100, 0, 50], [10, 10, 0, 0]])
def test_nothing_left_of_a_box_at_the_edge_is_no_face(box):
    assert len(checked(([box], [0.9])).boxes) == 0


@pytest.mark.parametrize("box", [[np.nan] * 4, [0, 0, np.inf, 9], [205, 302, -120, -158]])
def test_boxes_of_which_all_are_none_are_refused(box):
    with pytest.raises(
        ValueError, match=r"none of them finite and with sides of 0 or more; expected \(left"
    ):
        checked(([box, box], [0.9, 0.8]))


@pytest.mark.parametrize("score", [np.nan, np.inf])
def test_scores_that_are_not_finite_are_refused(score):
    with pytest.raises(ValueError, match=rf"scores that are not finite, {score} among them"):
        checked(([[0, 0, 9, 9], [30, 0, 9, 9]], [0.8, score]))


def test_a_face_without_one_of_its_points_is_a_face_without_points():
    points = np.arange(2 * 5 * 2.0).reshape(2, 5, 2)
    points[0, 3, 1] = np.nan
    found = checked(([[0, 0, 9, 9], [50, 0, 9, 9]], [0.9, 0.8], points))

    assert len(found.boxes) == 2
    assert np.isnan(found.landmarks[0]).all()
    assert (found.landmarks[1] == points[1]).all()
    assert turn_of(found.landmarks[0]) == 0


FACE = np.array([[-20.0, -20], [20, -20], [3, 0], [-15, 20], [15, 20]])


@pytest.mark.parametrize("degrees", [0, 30, 90, 180, -120])
@pytest.mark.parametrize("squeezed", [1.0, 0.05])  # as of a face from the side
def test_points_of_the_persons_left_and_right_are_exchanged(degrees, squeezed):
    turn = np.radians(degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = 50 + (FACE * [squeezed, 1]) @ rotation
    for given_points in (points, points[[1, 0, 2, 4, 3]]):
        found = checked(([[0, 0, 99, 99]], [0.9], [given_points]))
        assert (found.landmarks[0] == points).all()
    assert abs(turn_of(points)) == pytest.approx(abs(degrees), abs=2)


@pytest.mark.parametrize("points", [FACE[:2], FACE[[1, 0]], FACE * [0, 1], FACE * 0])
def test_points_that_do_not_tell_left_from_right_are_taken_as_they_come(points):
    assert (checked(([[0, 0, 99, 99]], [0.9], [points])).landmarks[0] == points).all()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [[0, 0, 9, 9]],
        ([[0, 0, 9]], [0.5]),
        ([[0, 0, 9, 9]], [0.5, 0.6]),
        ([[0, 0, 9, 9]], [0.5], [[[0, 0]]]),
        ("ab", "cd"),
    ],
)
def test_an_answer_of_another_kind_is_named(answer):
    with pytest.raises(ValueError, match=r"the detector gave .* expected"):
        checked(answer)
