"""Follows faces from frame to frame, and steadies what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fernet.faces.cropping import Box

__all__ = ["Tracker"]
__dir__ = __all__.copy

_LEAST_OVERLAP = 0.3
_FORGET_AFTER = 10


@dataclass(slots=True)
class _Track:
    number: int
    box: Box
    chances: dict[str, float]
    seen: int


class Tracker:
    """Gives the faces of successive frames their numbers, and smooths their probabilities.

    A face continues the track whose last box it overlaps most, if the intersection is at least
    0.3 of the union; the best pairs are made first. A track that has not been seen for 10 frames
    ends, and a face that continues none starts one.

    Parameters
    ----------
    smooth : float, default=0
        Share of the past in a face's probabilities, from 0 (none) to below 1: each frame gives
        ``smooth * before + (1 - smooth) * now``. At 0.8 a change takes some five frames.

    Raises
    ------
    ValueError
        If `smooth` is not in that range.

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

    def __init__(self, smooth: float = 0.0) -> None:
        if not 0 <= smooth < 1:
            raise ValueError(f"smooth is {smooth}; expected at least 0 and below 1")
        self.smooth = smooth
        self._tracks: list[_Track] = []
        self._count = self._time = 0

    def update(
        self, boxes: Sequence[Box], chances: Sequence[dict[str, float]]
    ) -> list[tuple[int, dict[str, float]]]:
        """Take the faces of the next frame.

        Parameters
        ----------
        boxes : sequence of Box
            Where they are.
        chances : sequence of dict of str to float
            The probabilities of each.

        Returns
        -------
        list of (int, dict of str to float)
            For each face its number, from 1, and its smoothed probabilities.
        """
        self._time += 1
        alive = [t for t in self._tracks if self._time - t.seen <= _FORGET_AFTER]
        pairs = sorted(
            (
                (-_overlap(box, track.box), face, place)
                for face, box in enumerate(boxes)
                for place, track in enumerate(alive)
            ),
        )
        chosen: dict[int, _Track] = {}
        taken: set[int] = set()
        for overlap, face, place in pairs:
            if -overlap >= _LEAST_OVERLAP and face not in chosen and place not in taken:
                chosen[face] = alive[place]
                taken.add(place)
        answers = []
        for face, (box, now) in enumerate(zip(boxes, chances, strict=True)):
            track = chosen.get(face)
            if track is None:
                self._count += 1
                track = _Track(self._count, box, now, self._time)
                alive.append(track)
            else:
                share = self.smooth
                track.chances = {
                    name: share * track.chances[name] + (1 - share) * now[name] for name in now
                }
                track.box, track.seen = box, self._time
            answers.append((track.number, dict(track.chances)))
        self._tracks = alive
        return answers


def _overlap(a: Box, b: Box) -> float:
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.width * a.height + b.width * b.height - shared)
