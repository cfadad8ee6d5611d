"""Strips of emotions over time."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from fernet.faces import EmotionTimeline
from fernet.faces.records import NO_FACE, OK, FaceRecord
from fernet.plotting import EmotionTimelineDisplay

NAMES = ("angry", "happy", "sad")


def records(frames, rate=10.0):
    """Records of frames, each a mapping of faces to the share of "happy"."""
    for number, shown in enumerate(frames):
        seconds = number / rate
        if not shown:
            yield FaceRecord("a.mp4", NO_FACE, frame=number, seconds=seconds)
        for face, share in shown.items():
            chances = dict(zip(NAMES, (0.0, share, 1 - share), strict=True))
            yield FaceRecord("a.mp4", OK, face, None, "happy", chances, number, seconds)


def drawn(frames, *, rate=10.0, **options):
    display = EmotionTimelineDisplay(EmotionTimeline(records(frames, rate)), **options)
    return display.plot(Figure().subplots(len(display._shown()), squeeze=False)[:, 0])


def test_a_strip_has_a_column_a_frame_and_a_row_an_emotion():
    display = drawn([{1: 0.2}, {1: 0.6}, {}, {1: 1.0}])
    (image,) = display.im_
    shares = image.get_array()
    np.testing.assert_allclose(shares[1].compressed(), [0.2, 0.6, 1.0], rtol=1e-6)
    np.testing.assert_array_equal(shares.mask[:, 2], True)
    assert not shares.mask[:, [0, 1, 3]].any()
    assert image.get_extent() == pytest.approx((0, 0.4, 2.5, -0.5))
    assert [text.get_text() for text in display.axes_[0].get_yticklabels()] == list(NAMES)
    assert display.axes_[0].get_title(loc="left") == "face 1, seen in 3 of 4 frames"


@pytest.mark.parametrize("rate", [10.0, 25.0, 29.97, 30.0])
def test_every_frame_of_a_short_video_has_a_column(rate):
    frames = [{1: share} for share in np.linspace(0, 1, 500)]
    shares = drawn(frames, rate=rate).im_[0].get_array()
    assert shares.shape == (3, 500)
    assert not np.ma.getmaskarray(shares).any()


def test_a_long_video_shows_means():
    frames = [{1: float(number % 2)} for number in range(6000)]
    shares = drawn(frames).im_[0].get_array()
    assert shares.shape == (3, 600)
    np.testing.assert_allclose(shares[1], 0.5)


def test_each_face_has_a_strip_up_to_some():
    frames = [{1: 0.5}, {1: 0.5, 2: 0.5, 3: 0.5}, {2: 0.5, 3: 0.5}, {3: 0.5}]
    assert drawn(frames).faces_ == [1, 2, 3]
    display = drawn([*frames, {3: 0.5}], max_faces=2)
    assert display.faces_ == [1, 3]
    assert len(display.axes_) == 2


def test_the_axis_is_in_seconds_or_in_minutes():
    assert drawn([{1: 0.5}] * 20).axes_[-1].get_xlabel() == "time (s)"
    long = drawn([{1: 0.5}] * 200, rate=1.0)
    assert long.axes_[-1].get_xlabel() == "time (min:s)"
    long.figure_.canvas.draw()
    texts = [text.get_text() for text in long.axes_[-1].get_xticklabels()]
    assert [text for text in texts if text >= "0:30"][:3] == ["0:30", "1:00", "1:30"]


def test_a_single_frame_is_drawn():
    assert drawn([{1: 0.5}]).im_[0].get_array().shape == (3, 1)


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_it_is_saved_as_a_picture_from_the_records(tmp_path, ending):
    display = EmotionTimelineDisplay(EmotionTimeline(records([{1: 0.5}] * 3)), title="a.mp4")
    display.save(tmp_path / f"a.{ending}")
    assert (tmp_path / f"a.{ending}").stat().st_size > 0


def test_a_title_stands_above_the_first_faces_words():
    figure = Figure()
    axes = figure.subplots()
    made = EmotionTimelineDisplay.from_records(records([{1: 0.5}]), title="t", ax=axes)
    assert axes.get_title(loc="left") == "t\nface 1, seen in 1 of 1 frames"
    assert made.figure_ is figure


@pytest.mark.parametrize("seen", [[], [FaceRecord("a.jpg", OK, 1, None, "sad", {"sad": 1.0})]])
def test_faces_of_photos_have_no_time_to_be_drawn_at(seen):
    with pytest.raises(ValueError, match=r"no face with an emotion and a time, .* photos do not"):
        EmotionTimelineDisplay.from_records(seen)


def test_what_can_not_be_drawn_is_refused():
    with pytest.raises(ValueError, match="no face with an emotion and a time"):
        EmotionTimelineDisplay(EmotionTimeline(records([{}])))
    for number in (0, 1.5):
        with pytest.raises(ValueError, match=f"max_faces is {number}; expected a whole number"):
            EmotionTimelineDisplay(EmotionTimeline(records([{1: 0.5}])), max_faces=number)
    with pytest.raises(ValueError, match="ax has 2 axes; expected 1, one a face"):
        EmotionTimelineDisplay(EmotionTimeline(records([{1: 0.5}]))).plot(Figure().subplots(2))
