"""When which face showed what."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.faces import EmotionTimeline
from fernet.faces.records import LEFT_OUT, LOST, NO_FACE, OK, FaceRecord

NAMES = ("happy", "sad")


def seen(frame, face, share):
    chances = dict(zip(NAMES, (share, 1 - share), strict=True))
    emotion = max(chances, key=chances.__getitem__)
    return FaceRecord("a.mp4", OK, face, None, emotion, chances, frame, frame / 10)


def without(frame, status=NO_FACE):
    return FaceRecord("a.mp4", status, frame=frame, seconds=frame / 10)


faces = st.dictionaries(st.integers(1, 3), st.sampled_from([0.0, 0.25, 0.75, 1.0]))


@given(st.lists(faces, max_size=12))
def test_faces_are_kept_with_their_times(frames):
    records = [
        record
        for number, shown in enumerate(frames)
        for record in ([seen(number, f, s) for f, s in shown.items()] or [without(number)])
    ]
    timeline = EmotionTimeline(records)

    assert timeline.n_frames == len(frames)
    assert timeline.n_faceless == sum(not shown for shown in frames)
    assert timeline.counts["happy"] == sum(s > 0.5 for shown in frames for s in shown.values())
    assert timeline.counts.total() == sum(map(len, frames))
    assert set(timeline.faces) == {face for shown in frames for face in shown}
    lengths = []
    for face in timeline.faces:
        expected = [(i / 10, shown[face]) for i, shown in enumerate(frames) if face in shown]
        seconds, shares = timeline.face(face)
        np.testing.assert_allclose(np.stack([seconds, shares[:, 0]], axis=1), expected)
        np.testing.assert_allclose(shares.sum(axis=1), 1)
        lengths.append(len(seconds))
    assert lengths == sorted(lengths, reverse=True)


def test_what_says_nothing_of_a_frame_is_not_counted():
    timeline = EmotionTimeline(
        [
            FaceRecord("photo.jpg", OK, 1, None, "happy", {"happy": 1.0, "sad": 0.0}),
            without(0, LOST),
            FaceRecord("a.mp4", LEFT_OUT + "small", 1, frame=1, seconds=0.1),
        ]
    )
    assert (timeline.n_frames, timeline.n_faceless) == (1, 0)
    assert (timeline.faces, timeline.names) == ([], [])


def test_a_face_that_was_not_seen_is_told_from_those_that_were():
    with pytest.raises(ValueError, match="number is 1; expected none, as no face has an emotion"):
        EmotionTimeline().face(1)
    with pytest.raises(ValueError, match=r"number is 1; expected one of \[2\]"):
        EmotionTimeline([seen(0, 2, 0.9)]).face(1)


def test_records_of_another_model_are_refused_and_change_nothing():
    timeline = EmotionTimeline([seen(0, 1, 0.9)])
    other = FaceRecord("a.mp4", OK, 1, None, "happy", {"happy": 0.9, "calm": 0.1}, 1, 0.1)
    with pytest.raises(ValueError, match=r"probabilities of \['happy', 'calm'\]; expected .*'sad'"):
        timeline.add(other)
    assert timeline.n_frames == timeline.counts.total() == 1
    assert timeline.face(1)[1].shape == (1, 2)
