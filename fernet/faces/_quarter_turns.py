"""Searches of a picture that lies on its side or stands on its head, as scans and photos may.

Who turns a picture and loses what its EXIF data say leaves one in which faces lie: a detector of
upright faces finds few of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from fernet.faces.detections import Detections

__all__ = ["TURNS", "search_turned", "turn_back", "turn_shared"]

TURNS = (1, 3, 2)
"""Quarter turns against the clock of a picture, the frequent ones first."""

_LYING = 60.0  # degrees from upright on


def search_turned(
    image: NDArray[np.uint8],
    search: Callable[[NDArray[np.uint8]], Detections],
    least: float,
    turns: Iterable[int] = TURNS,
) -> Detections:
    """Search a picture in quarter turns, and return what the best of them shows.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        The picture.
    search : callable
        From a picture to `Detections`.
    least : float
        Score that the most certain face of a turn must have, or the turn shows nothing.
    turns : iterable of int, default=TURNS
        Quarter turns against the clock to look at it in.

    Returns
    -------
    Detections
        In pixels of the picture as it is; none where no turn shows a face.
    """
    seen = [(turn, search(np.ascontiguousarray(np.rot90(image, turn)))) for turn in turns]
    turn, found = max(seen, key=lambda each: each[1].scores.max(initial=0.0))
    if len(found.boxes) == 0 or found.scores.max() < least:
        return Detections(np.empty((0, 4)), np.empty(0))
    return turn_back(found, turn, image.shape)


def turn_back(found: Detections, turn: int, shape: tuple[int, ...]) -> Detections:
    """Return faces of a picture that was turned in pixels of the picture as it was.

    Parameters
    ----------
    found : Detections
        Faces of ``numpy.rot90(image, turn)``.
    turn : int
        Quarter turns against the clock.
    shape : tuple of int
        That of the picture before it was turned, height first.

    Returns
    -------
    Detections

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces import Detections
    >>> from fernet.faces._quarter_turns import turn_back
    >>> turned = Detections(np.array([[10.0, 20, 30, 40]]), np.array([0.9]))
    >>> turn_back(turned, 1, (200, 300)).boxes.tolist()
    [[240.0, 10.0, 40.0, 30.0]]
    """
    corners = np.stack([found.boxes[:, :2], found.boxes[:, :2] + found.boxes[:, 2:]], axis=1)
    corners = _points_back(corners, turn, shape)
    low, high = corners.min(axis=1), corners.max(axis=1)
    points = found.landmarks
    return Detections(
        np.concatenate([low, high - low], axis=1),
        found.scores,
        None if points is None else _points_back(points, turn, shape),
    )


def _points_back(
    points: NDArray[np.float64], turn: int, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    height, width = shape[:2]
    x, y = points[..., 0], points[..., 1]
    back = {0: (x, y), 1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}
    return np.stack(back[turn % 4], axis=-1)


def turn_shared(angles: Iterable[float]) -> int:
    """Return the quarter turns against the clock that set most faces of a picture upright.

    Parameters
    ----------
    angles : iterable of float
        Degrees that each face is turned against the clock.

    Returns
    -------
    int
        0 to 3; 0 unless more than half of the faces lie or stand on their head in the same way.

    Examples
    --------
    >>> from fernet.faces._quarter_turns import turn_shared
    >>> turn_shared([85.0, 92.0, 10.0]), turn_shared([85.0, 0.0])
    (3, 0)
    """
    quarters = [round(-angle / 90) % 4 if abs(angle) >= _LYING else 0 for angle in angles]
    return next((turn for turn in TURNS if 2 * quarters.count(turn) > len(quarters)), 0)
