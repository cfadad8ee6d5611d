"""Following faces from frame to frame."""

from __future__ import annotations

import pytest

from fernet.faces import Box
from fernet.faces.tracks import Tracker

A, B = {"happy": 1.0, "sad": 0.0}, {"happy": 0.0, "sad": 1.0}


def test_faces_keep_their_numbers_though_they_move_and_change_places_in_the_list():
    tracker = Tracker()
    left, right = Box(0, 0, 50, 50), Box(200, 0, 50, 50)

    assert [n for n, _ in tracker.update([left, right], [A, B])] == [1, 2]
    moved = [Box(190, 5, 52, 52), Box(12, 3, 50, 50)]
    assert [n for n, _ in tracker.update(moved, [B, A])] == [2, 1]


def test_without_smoothing_each_frame_speaks_for_itself():
    tracker = Tracker()
    tracker.update([Box(0, 0, 50, 50)], [A])

    assert tracker.update([Box(0, 0, 50, 50)], [B]) == [(1, B)]


def test_smoothing_is_exponential_and_of_one_face_alone():
    tracker = Tracker(smooth=0.8)
    tracker.update([Box(0, 0, 50, 50)], [A])
    for step in range(1, 4):
        answers = tracker.update([Box(0, 0, 50, 50), Box(300, 0, 50, 50)], [B, A])
        assert answers[0][1]["happy"] == pytest.approx(0.8**step)
        assert sum(answers[0][1].values()) == pytest.approx(1)
        assert answers[1] == (2, A)


def test_a_face_is_remembered_for_ten_frames():
    for gap, number in ((9, 1), (10, 2)):
        tracker = Tracker()
        tracker.update([Box(0, 0, 50, 50)], [A])
        for _ in range(gap):
            tracker.update([], [])
        assert tracker.update([Box(0, 0, 50, 50)], [A])[0][0] == number


def test_the_pair_that_overlaps_most_is_made_first():
    tracker = Tracker()
    tracker.update([Box(0, 0, 100, 100)], [A])

    answers = tracker.update([Box(40, 0, 100, 100), Box(5, 0, 100, 100)], [A, A])

    assert [n for n, _ in answers] == [2, 1]


@pytest.mark.parametrize("smooth", [-0.1, 1.0])
def test_a_share_out_of_range_is_named(smooth):
    with pytest.raises(ValueError, match=f"smooth is {smooth}"):
        Tracker(smooth)
