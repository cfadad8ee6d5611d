"""Asks a detector where a picture's faces are: one of one's own by a thread at a time."""

from __future__ import annotations

import weakref
from contextlib import suppress
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet.faces.detection import FaceDetector
from fernet.faces.detections import Detections, Detector, checked, parsed

__all__ = ["ask"]
__dir__ = __all__.copy

# Pixels of a picture's shorter side from which on no detector finds a face of a pixel.
_SHARES_FROM = 240
_LEAST_SHARE, _LARGEST_SHARE = -1, 2  # of a face that leaves the picture
_LONGEST = 2  # times as long as wide: no face's box is longer
_LEAVES = 0.1  # of the picture's side: so far no face's box leaves a picture
_FAR = 0.5  # of a box's longer side: so far beyond it no middle of its points is
_MIDDLE = 0.25  # of each side of a box, about its centre: the middle of a face's points is there

# Of each detector by its id, and not in what holds it: locks can't be pickled.
_locks: dict[int, Any] = {}


def ask(detector: Detector, picture: NDArray[np.uint8]) -> Detections:
    """Return a picture's faces as a detector finds them.

    Parameters
    ----------
    detector : Detector
        A `FaceDetector` is asked by several threads at once, any other by one after the other: it
        may keep what it is working on in itself.
    picture : ndarray of uint8, shape (height, width, 3)
        The picture.

    Returns
    -------
    Detections
        In order and without overlaps.

    Raises
    ------
    ValueError
        If the answer is none, or its boxes or landmarks are in other units, or of another form.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces._asking import ask
    >>> picture = np.zeros((90, 90, 3), np.uint8)
    >>> ask(lambda image: ([[9, 9, 50, 60]], [0.9]), picture).scores.tolist()
    [0.9]
    """
    owner = getattr(detector, "__self__", detector)  # a method's object
    if type(owner) is FaceDetector:
        return checked(detector(picture))
    with _lock_of(owner):
        # It may draw into the picture, of which faces are cut out. An answer may be worked out when
        # it is looked at, or be overwritten by the next.
        found = parsed(detector(picture.copy()))
    _check_boxes(found, picture.shape)
    _check_points(found, picture.shape)
    return checked(found)


def _lock_of(owner: Any) -> Any:
    """Return an object's lock; a detector may ask itself anew, as of a part of the picture."""
    lock = _locks.get(id(owner))
    if lock is None:
        lock = _locks.setdefault(id(owner), RLock())
        # What can't be referred to weakly leaves its lock to whatever has its id next.
        with suppress(TypeError):
            weakref.finalize(owner, _locks.pop, id(owner), None).atexit = False
    return lock


def _check_boxes(found: Detections, shape: tuple[int, ...]) -> None:
    """Refuse boxes that are no left, top, width and height in a picture's pixels."""
    boxes, size = found.boxes, np.array(shape[1::-1])
    if len(boxes) == 0:
        return
    if boxes.min() >= _LEAST_SHARE and boxes.max() <= _LARGEST_SHARE and min(size) >= _SHARES_FROM:
        # Shares lie about the first pixel, where a box of one pixel elsewhere is a false alarm.
        raise ValueError(
            "the detector gave boxes of a pixel or two at the corner, such as "
            f"{boxes[0].tolist()}, in a picture of {shape[1]} x {shape[0]}; expected pixels: "
            "multiply shares of its sides by these"
        )
    if ((boxes[:, :2] >= size) | (boxes[:, :2] + boxes[:, 2:] <= 0)).any(1).all():
        raise ValueError(
            f"the detector gave boxes outside of the picture alone, such as {boxes[0].tolist()} in "
            f"one of {shape[1]} x {shape[0]}; expected (left, top, width, height) in pixels of "
            "this picture"
        )
    if _are_corners(found, size):
        raise ValueError(
            f"the detector gave boxes that are two corners each, such as {boxes[0].tolist()} in a "
            f"picture of {shape[1]} x {shape[0]}; expected (left, top, width, height): "
            "boxes[:, 2:] -= boxes[:, :2]"
        )


def _are_corners(found: Detections, size: NDArray[np.int64]) -> bool:
    """Tell whether boxes would leave the picture as widths, while they lie in it as corners."""
    first, second = found.boxes[:, :2], found.boxes[:, 2:]
    largest = (1 + _LEAVES) * size
    if not ((second > first) & (second <= largest)).all():
        return False
    if not (first + second > largest).any():
        return False
    sides = second - first
    if (sides.max(1) > _LONGEST * sides.min(1)).any():
        return False
    if found.landmarks is None:
        return True
    # Of a large face that is cut off the points tell where its middle is.
    middles = found.landmarks.mean(1)
    as_corners = np.abs(middles - (first + second) / 2).sum(1)
    as_widths = np.abs(middles - (first + second / 2)).sum(1)
    return not (as_widths < as_corners).any()


def _check_points(found: Detections, shape: tuple[int, ...]) -> None:
    """Refuse points that are no x and y in the picture's pixels, as their boxes tell."""
    if found.landmarks is None:
        return
    known = ~np.isnan(found.landmarks).any((1, 2))
    size = np.array(shape[1::-1])
    ends = found.boxes[:, :2] + found.boxes[:, 2:]
    # Of a box that is cut off at the picture's edge the points may be anywhere about.
    whole = known & (found.boxes[:, :2] > 0).all(1) & (ends < size).all(1)
    judged = whole if whole.any() else known
    points, boxes = found.landmarks[judged], found.boxes[judged]
    if len(points) == 0:
        return
    beyond = _beyond(points, boxes)
    are_near = bool((beyond <= _FAR).mean() >= 0.5) or not whole.any()
    if are_near and (beyond <= 0).any():
        return
    corner, sides = boxes[:, None, :2], boxes[:, None, 2:]
    causes = {
        "(row, column): points[..., ::-1]": points[..., ::-1],
        "in pixels of the box: add its left and top": points + corner,
        "shares of the box's sides": points * sides + corner,
        "shares of the picture's sides": points * size,
    }
    fits = (cause for cause, meant in causes.items() if _are_in_the_middle(meant, boxes))
    cause = next(fits, "")
    if are_near and not cause:
        return
    guess = f"; they look like {cause}" if cause else ""
    point, box = points[0, 0].round(2).tolist(), boxes[0].round(2).tolist()
    raise ValueError(
        f"the detector gave landmarks outside of their boxes, such as {point} for {box}; "
        f"expected x and y in pixels of the picture, NaN where they are not known{guess}"
    )


def _beyond(points: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far the middle of a face's points is beyond its box, by the longer side."""
    middles, first = points.mean(1), boxes[:, :2]
    last = first + boxes[:, 2:]
    return np.maximum(first - middles, middles - last).max(1) / boxes[:, 2:].max(1)


def _are_in_the_middle(points: NDArray[np.float64], boxes: NDArray[np.float64]) -> bool:
    away = np.abs(points.mean(1) - boxes[:, :2] - boxes[:, 2:] / 2)
    return bool((away <= _MIDDLE * boxes[:, 2:]).all())
