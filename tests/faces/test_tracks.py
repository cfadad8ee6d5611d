"""Following faces from frame to frame."""

from __future__ import annotations

import numpy as np
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


def test_another_face_in_the_place_of_one_shows_nothing_of_it():
    tracker = Tracker(smooth=0.8)
    place = [Box(0, 0, 50, 50)]
    one, other = np.eye(2, 64, dtype=np.float32)
    tracker.update(place, [A], looks=[one])

    (_, goes_on), *_ = tracker.update(place, [B], looks=[one])
    assert goes_on["happy"] == pytest.approx(0.8)
    assert tracker.update(place, [B], looks=[other]) == [(1, B)]
    (_, smoothed), *_ = tracker.update(place, [A], looks=[other])
    assert smoothed["happy"] == pytest.approx(0.2)
    # One that is not judged hides the face before it, too.
    assert tracker.update(place, [None], looks=[one]) == [(1, None)]
    assert tracker.update(place, [B], looks=[one]) == [(1, B)]


def test_a_face_is_remembered_for_ten_frames():
    for gap, number in ((9, 1), (10, 2)):
        tracker = Tracker()
        tracker.update([Box(0, 0, 50, 50)], [A])
        for _ in range(gap):
            tracker.update([], [])
        assert tracker.update([Box(0, 0, 50, 50)], [A])[0][0] == number


@pytest.mark.parametrize(
    ("every", "missed", "number"),
    [(3, 2, 1), (3, 3, 2), (5, 1, 1), (5, 2, 2), (25, 1, 1), (25, 2, 2)],
)
def test_frames_between_looks_count_but_a_single_look_may_miss_a_face(every, missed, number):
    tracker = Tracker()
    tracker.update([Box(0, 0, 50, 50)], [A], frame=0)
    for look in range(1, missed + 1):
        tracker.update([], [], frame=every * look)

    answers = tracker.update([Box(0, 0, 50, 50)], [A], frame=every * (missed + 1))

    assert answers[0][0] == number


def test_a_face_goes_on_over_frames_that_nobody_could_look_at():
    tracker = Tracker()
    tracker.update([Box(0, 0, 50, 50)], [A], frame=3)

    assert tracker.update([Box(0, 0, 50, 50)], [A], frame=90)[0][0] == 1


def test_the_pair_that_overlaps_most_is_made_first():
    tracker = Tracker()
    tracker.update([Box(0, 0, 100, 100)], [A])

    answers = tracker.update([Box(40, 0, 100, 100), Box(5, 0, 100, 100)], [A, A])

    assert [n for n, _ in answers] == [2, 1]


def test_a_face_that_moves_on_while_it_is_not_seen_is_found_again():
    tracker = Tracker()
    for step in range(5):
        tracker.update([Box(12 * step, 0, 50, 50)], [A])
    for _ in range(5):
        tracker.update([], [])

    assert tracker.update([Box(12 * 10, 0, 50, 50)], [A])[0][0] == 1


def test_two_that_pass_each_other_keep_their_numbers():
    tracker = Tracker()
    for step in range(12):
        boxes = [Box(20 * step, 0, 60, 60), Box(220 - 20 * step, 20, 60, 60)]
        numbers = [n for n, _ in tracker.update(boxes, [A, B])]
        assert numbers == [1, 2]


def test_a_face_of_a_low_score_goes_on_but_does_not_begin():
    tracker = Tracker(start_score=0.7)
    place, elsewhere = Box(0, 0, 50, 50), Box(200, 0, 50, 50)

    assert tracker.update([place], [A], [0.5]) == [(None, A)]
    assert tracker.update([place], [A], [0.8]) == [(1, A)]
    assert tracker.update([place, elsewhere], [A, A], [0.5, 0.5]) == [(1, A), (None, A)]


def test_without_a_least_score_any_face_begins():
    assert Tracker().update([Box(0, 0, 50, 50)], [A], [-0.2]) == [(1, A)]


def test_a_certain_face_has_its_track_before_a_likelier_one_of_a_low_score():
    tracker = Tracker(start_score=0.7)
    tracker.update([Box(0, 0, 50, 50)], [A], [0.9])

    answers = tracker.update([Box(1, 0, 50, 50), Box(10, 0, 50, 50)], [A, B], [0.5, 0.9])

    assert answers == [(None, A), (1, B)]


def test_a_face_that_is_not_judged_keeps_its_number_and_what_was_said_before():
    tracker = Tracker(smooth=0.5)
    place = Box(0, 0, 50, 50)

    assert tracker.update([place], [None]) == [(1, None)]
    assert tracker.update([place], [A]) == [(1, A)]
    assert tracker.update([place], [None]) == [(1, None)]
    assert tracker.update([place], [B]) == [(1, {"happy": 0.5, "sad": 0.5})]


@pytest.mark.parametrize("smooth", [-0.1, 1.0])
def test_a_share_out_of_range_is_named(smooth):
    with pytest.raises(ValueError, match=f"smooth is {smooth}"):
        Tracker(smooth)
