"""Follows faces from frame to frame, and steadies what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fernet.faces._checks import check_number
from fernet.faces._looks import are_alike
from fernet.faces.cropping import Box

__all__ = ["Tracker"]
__dir__ = __all__.copy

_LEAST_OVERLAP = 0.3
_MOST_FRAMES, _MOST_LOOKS = 10, 2  # after which a face is forgotten, whichever is later
_GROWTH, _MOST_GROWTH = 0.15, 0.75  # of a box's sides, for each look that missed it


@dataclass(slots=True)
class _Track:
    number: int
    box: Box
    chances: dict[str, float] | None
    seen: int  # which look it was
    frame: int
    look: NDArray[np.float32] | None = None
    speed: tuple[float, float] = (0.0, 0.0)  # pixels from look to look

    def expected(self, gap: int) -> tuple[float, float, float, float]:
        """Return where the face is after so many looks if it goes on as it went."""
        x, y, width, height = self.box
        return x + gap * self.speed[0], y + gap * self.speed[1], width, height

    def move(self, box: Box, look: int, frame: int) -> None:
        """Take the face's place at a look; the speed is half of it the latest."""
        gap = look - self.seen
        across = (box.x + box.width / 2) - (self.box.x + self.box.width / 2)
        down = (box.y + box.height / 2) - (self.box.y + self.box.height / 2)
        self.speed = (self.speed[0] + across / gap) / 2, (self.speed[1] + down / gap) / 2
        self.box, self.seen, self.frame = box, look, frame

    def see(self, look: NDArray[np.float32]) -> None:
        """Take how the face looks; of another one's probabilities nothing is kept."""
        if self.look is not None and not are_alike(self.look, look):
            self.chances = None
        self.look = look


class Tracker:
    """Gives the faces of the frames looked at their numbers, and smooths their probabilities.

    A face continues the track that it overlaps most, at its last place or where it would be had
    it gone on as it went, if the intersection is at least 0.3 of the union; the best pairs are
    made first. For a track that some looks have missed, boxes are taken larger by 0.15 of their
    sides for each. Faces of a low score may continue a track that no other does, but start none. A
    track ends that was not seen for 10 frames and two looks. Nothing tells whose face it is: one
    that a cut puts in the place of another goes on with its track; where it looks otherwise, its
    probabilities begin anew.

    Parameters
    ----------
    smooth : float, default=0
        Share of the past in a face's probabilities, from 0 (none) to below 1: each look gives
        ``smooth * before + (1 - smooth) * now``. At 0.8 a change takes some five looks.
    start_score : float, default=0
        Least score of a face that starts a track; at 0 any does.

    Raises
    ------
    TypeError
        If one is no number.
    ValueError
        If `smooth` is not in that range, or `start_score` not from 0 to 1.

    Notes
    -----
    Two rounds by score: Y. Zhang et al., "ByteTrack: Multi-object tracking by associating every
    detection box", ECCV 2022. Larger boxes: F. Yang et al., "Hard to track objects with irregular
    motions and similar appearances?", WACV 2023.

    Examples
    --------
    >>> from fernet.faces import Box
    >>> from fernet.faces.tracks import Tracker
    >>> tracker = Tracker(smooth=0.5)
    >>> tracker.update([Box(0, 0, 50, 50)], [{"happy": 1.0, "sad": 0.0}])
    [(1, {'happy': 1.0, 'sad': 0.0})]
    >>> tracker.update([Box(3, 0, 50, 50)], [{"happy": 0.0, "sad": 1.0}])
    [(1, {'happy': 0.5, 'sad': 0.5})]
    """

    def __init__(self, smooth: float = 0.0, start_score: float = 0.0) -> None:
        check_number(smooth, "smooth")
        check_number(start_score, "start_score")
        if not 0 <= smooth < 1:
            raise ValueError(f"smooth is {smooth}; expected at least 0 and below 1")
        if not 0 <= start_score <= 1:
            raise ValueError(f"start_score is {start_score}; expected 0 to 1")
        self.smooth = smooth
        self.start_score = start_score
        self._tracks: list[_Track] = []
        self._count = self._look = 0
        self._frame = -1

    def update(
        self,
        boxes: Sequence[Box],
        chances: Sequence[dict[str, float] | None],
        scores: Sequence[float | None] | None = None,
        frame: int | None = None,
        looks: Sequence[NDArray[np.float32]] | None = None,
    ) -> list[tuple[int | None, dict[str, float] | None]]:
        """Take the faces of the next frame.

        Parameters
        ----------
        boxes : sequence of Box
            Where they are.
        chances : sequence of dict of str to float, or None
            The probabilities of each; None for a face that was not judged.
        scores : sequence of float or None, default=None
            The detector's scores. A face without one counts as certain.
        frame : int, default=None
            The frame's number, above the last one's; by default it is the next.
        looks : sequence of ndarray, default=None
            How they look, as `fernet.faces._looks.look_of` tells it. A face that looks otherwise
            than its track did keeps nothing of its probabilities.

        Returns
        -------
        list of (int, dict of str to float)
            For each face its number, from 1, and its smoothed probabilities. The number is None
            for a face of a low score that continues no track.
        """
        self._look += 1
        self._frame = self._frame + 1 if frame is None else frame
        alive = [track for track in self._tracks if self._remembers(track)]
        limit = self.start_score or -np.inf  # scores of one's own detector may be below 0
        sure = [s is None or s >= limit for s in scores or [None] * len(boxes)]
        chosen: dict[int, _Track] = {}
        for is_sure in (True, False):
            faces = [face for face in range(len(boxes)) if sure[face] is is_sure]
            taken = {track.number for track in chosen.values()}
            self._pair(boxes, faces, [t for t in alive if t.number not in taken], chosen)
        answers: list[tuple[int | None, dict[str, float] | None]] = []
        for face, (box, now) in enumerate(zip(boxes, chances, strict=True)):
            track, look = chosen.get(face), looks[face] if looks else None
            if track is not None:
                if look is not None:
                    track.see(look)
                self._smooth(track, now)
                track.move(box, self._look, self._frame)
            elif sure[face]:
                self._count += 1
                track = _Track(self._count, box, now, self._look, self._frame, look)
                alive.append(track)
            else:
                answers.append((None, now))
                continue
            answers.append((track.number, None if now is None else dict(track.chances or now)))
        self._tracks = alive
        return answers

    def _remembers(self, track: _Track) -> bool:
        return self._frame - track.frame <= _MOST_FRAMES or self._look - track.seen <= _MOST_LOOKS

    def _pair(
        self,
        boxes: Sequence[Box],
        faces: Sequence[int],
        tracks: Sequence[_Track],
        chosen: dict[int, _Track],
    ) -> None:
        """Choose a track for each of some faces, the best pairs first."""
        pairs = sorted(
            (-_likeness(boxes[face], track, self._look - track.seen), face, place)
            for face in faces
            for place, track in enumerate(tracks)
        )
        taken: set[int] = set()
        for likeness, face, place in pairs:
            if -likeness >= _LEAST_OVERLAP and face not in chosen and place not in taken:
                chosen[face] = tracks[place]
                taken.add(place)

    def _smooth(self, track: _Track, now: dict[str, float] | None) -> None:
        if now is None:
            return
        before, share = track.chances or now, self.smooth
        track.chances = {name: share * before[name] + (1 - share) * now[name] for name in now}


_Rectangle = tuple[float, float, float, float]


def _likeness(box: Box, track: _Track, gap: int) -> float:
    """Return how much a face overlaps a track, where it was or where it would be."""
    growth = min(_GROWTH * (gap - 1), _MOST_GROWTH)
    larger = _grown(box, growth)
    places = (track.box, track.expected(gap))
    return max(_overlap(larger, _grown(place, growth)) for place in places)


def _grown(box: _Rectangle, growth: float) -> _Rectangle:
    x, y, width, height = box
    return (
        x - growth * width / 2,
        y - growth * height / 2,
        width * (1 + growth),
        height * (1 + growth),
    )


def _overlap(a: _Rectangle, b: _Rectangle) -> float:
    """Return the intersection's share of the union."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)
