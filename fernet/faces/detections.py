"""What a detector answers, and what counts as one."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_OVERLAP", "Detections", "Detector", "checked", "parsed", "without_overlaps"]
__dir__ = __all__.copy

MAX_OVERLAP = 0.5
"""Share of the smaller box above which two boxes are one face."""


class Detections(NamedTuple):
    """The faces of a picture, the most certain first.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        Left, top, width and height of each, in pixels. A box may reach beyond the picture.
    scores : ndarray of float64, shape (n,)
        How certain each is; the higher the more.
    landmarks : ndarray of float64, shape (n, k, 2), default=None
        Points of each, x and y in pixels: first the eye on the picture's left, then the one on
        its right, then, if there are more, the tip of the nose and the corners of the mouth, left
        and right. ``k`` is 2 or 5. None where the detector finds none; NaN for all points of a
        face that it finds none of.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces import Detections
    >>> Detections(np.array([[10.0, 20, 64, 64]]), np.array([0.9])).landmarks
    """

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    landmarks: NDArray[np.float64] | None = None


class Detector(Protocol):
    """Anything that finds faces: a callable from a picture to `Detections`.

    A plain tuple of the same, with or without landmarks, will do; order and overlaps are seen to.
    Pictures are read by several threads, but a detector is called by one at a time, so it may keep
    what it is working on in itself.

    Examples
    --------
    A detector of another library takes a few lines. For one that gives dictionaries with a
    ``box`` of four numbers, a ``confidence`` and named ``keypoints``, as mtcnn does. Left and right
    are the picture's; five points that have the person's are put right, as their places tell, but
    two are taken as they come:

    >>> import numpy as np
    >>> from fernet.faces import Detections
    >>> NAMES = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
    >>> def wrapped(detect):
    ...     def detector(image):
    ...         faces = detect(image)
    ...         points = [[face["keypoints"][name] for name in NAMES] for face in faces]
    ...         return Detections(
    ...             np.reshape([face["box"] for face in faces], (-1, 4)),
    ...             np.array([face["confidence"] for face in faces]),
    ...             np.reshape(points, (-1, 5, 2)),
    ...         )
    ...     return detector

    and then ``EmotionRecognizer(detector=wrapped(MTCNN().detect_faces))``.
    """

    def __call__(self, image: NDArray[np.uint8], /) -> Any:
        """Find faces.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width, 3)
            An upright picture, red first; of a grey one, three times the same. A copy, which may be
            written into.

        Returns
        -------
        Detections or tuple
        """


def checked(found: Any) -> Detections:
    """Return what a detector gave as `Detections`, in order and without overlaps.

    Parameters
    ----------
    found : Detections or tuple
        As for `parsed`.

    Returns
    -------
    Detections

    Raises
    ------
    ValueError
        As `parsed` does.

    Examples
    --------
    >>> from fernet.faces.detections import checked
    >>> checked(([[0, 0, 9, 9], [50, 0, 20, 20]], [0.8, 0.9])).scores.tolist()
    [0.9, 0.8]
    """
    boxes, scores, points = parsed(found)
    kept = without_overlaps(boxes, scores)
    return Detections(boxes[kept], scores[kept], None if points is None else points[kept])


def parsed(found: Any) -> Detections:
    """Return what a detector gave as `Detections`, as they come.

    Parameters
    ----------
    found : Detections or tuple
        Boxes, scores and perhaps landmarks, as arrays or what makes one. Boxes of None are no
        faces.

    Returns
    -------
    Detections
        A copy. Boxes without an area are left out, beside others also such with a number that is
        not finite or sides below 0. A face with a point that is not finite has no points, and five
        that are mirrored are taken for the person's left and right, and exchanged.

    Raises
    ------
    ValueError
        If the shapes are not those of `Detections`, a score is not finite, or there are boxes but
        none finite with sides of 0 or more.

    Examples
    --------
    >>> from fernet.faces.detections import parsed
    >>> parsed(([[0, 0, 9, 9], [0, 0, 0, 9]], [0.8, 0.9])).scores.tolist()
    [0.8]
    """
    boxes, scores, points = _arrays(found)
    n = len(boxes)
    if points is not None and points.size == 0:
        points = points.reshape(n, 2, 2) if n == 0 else None
    shapes = (boxes.shape, scores.shape, None if points is None else points.shape)
    if shapes[:2] != ((n, 4), (n,)) or shapes[2] not in (None, (n, 2, 2), (n, 5, 2)):
        raise ValueError(
            f"the detector gave boxes, scores and landmarks of shapes {shapes}; "
            "expected (n, 4), (n,) and (n, 2, 2), (n, 5, 2) or None"
        )
    if not np.isfinite(scores).all():
        raise ValueError(
            f"the detector gave scores that are not finite, {scores[~np.isfinite(scores)][0]} "
            "among them; expected the higher the more certain"
        )
    are_finite = np.isfinite(boxes).all(1)
    good = are_finite & (boxes[:, 2:] > 0).all(1)
    # Nothing is left of a box that is cut off at the picture's edge.
    if n and not (are_finite & (boxes[:, 2:] >= 0).all(1)).any():
        raise ValueError(
            f"the detector gave boxes such as {boxes[0].tolist()}, none of them finite and with "
            "sides of 0 or more; expected (left, top, width, height), and none where there is no "
            "face"
        )
    return Detections(
        boxes[good], scores[good], None if points is None else _put_right(points[good])
    )


def _arrays(
    found: Any,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None]:
    """Take an answer apart; where there is no face, other libraries have None in its place."""
    try:
        boxes, scores, *rest = found
        if boxes is None or (np.ndim(boxes) == 0 and np.asarray(boxes).item() is None):
            boxes, scores, rest = [], [], []
        boxes = np.asarray(boxes, np.float64)
        boxes = boxes.reshape(0, 4) if boxes.size == 0 else boxes
        scores = np.asarray(scores, np.float64).reshape(-1)
        points = np.asarray(rest[0], np.float64) if rest and rest[0] is not None else None
    except (TypeError, ValueError):
        raise ValueError(
            "the detector gave no boxes, scores and landmarks; expected fernet.faces.Detections"
        ) from None
    return boxes, scores, points


def _put_right(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unname points of which one is missing, and exchange left and right where they are mirrored.

    From the left eye to the right one, and from the eyes to the mouth, is a turn with the clock,
    however the face is turned.
    """
    points[~np.isfinite(points).all((1, 2))] = np.nan
    if points.shape[1] == 5:
        across = points[:, 1] - points[:, 0]
        down = points[:, 3:].mean(1) - points[:, :2].mean(1)
        mirrored = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0] < 0
        points[mirrored] = points[mirrored][:, [1, 0, 2, 4, 3]]
    return points


def without_overlaps(boxes: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Keep of boxes that overlap much the one of the highest score (non-maximum suppression).

    Parameters
    ----------
    boxes : ndarray, shape (n, 4)
        Left, top, width and height.
    scores : ndarray, shape (n,)
        How certain each is.

    Returns
    -------
    ndarray of int64, shape (n_kept,)
        Numbers of those that share at most `MAX_OVERLAP` of the smaller box's area with any that
        is kept before; the highest score first, of equals the larger, the upper, the left one.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces.detections import without_overlaps
    >>> boxes = np.array([[0, 0, 40, 40], [1, 1, 8, 8], [50, 0, 10, 10]])
    >>> without_overlaps(boxes, np.array([0.7, 0.8, 0.9])).tolist()
    [2, 1]
    """
    x, y, width, height = np.asarray(boxes, np.float64).reshape(-1, 4).T
    kept: list[int] = []
    for i in np.lexsort((x, y, -width * height, -np.asarray(scores))):
        across = np.minimum(x[i] + width[i], x[kept] + width[kept]) - np.maximum(x[i], x[kept])
        down = np.minimum(y[i] + height[i], y[kept] + height[kept]) - np.maximum(y[i], y[kept])
        shared = np.maximum(across, 0) * np.maximum(down, 0)
        smaller = np.minimum(width[i] * height[i], width[kept] * height[kept])
        if (shared <= MAX_OVERLAP * smaller).all():
            kept.append(int(i))
    return np.array(kept, np.int64)
