"""Where the faces in a photo are.

The detector's models come in OpenCV 4's package: Viola and Jones's cascades of Haar features
(OpenCV 5's package has none, and its neural detector's model is in neither). Tried on 1,500 of
FER2013's test faces, blown up to 144 pixels, and on 38 photos and textures without faces:

===========================  ===========  ============
cascade                      faces found  false alarms
===========================  ===========  ============
``frontalface_alt2``         74 %         6
profiles, both ways, after   +3 %         +2
===========================  ===========  ============

With 600 of them, fewer neighbours asked for and finer steps, which finds more of everything,
``frontalface_default`` found 85 %, ``alt2`` 83 %, ``alt`` 81 % and ``alt_tree`` 31 %, but
``default`` gave five times ``alt2``'s false alarms. So ``alt2`` it is, and ``profileface`` for
those who look aside, with more neighbours, as it is the quicker to see faces in anything.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet.faces._opencv import opencv

__all__ = ["MAX_OVERLAP", "FaceDetector", "without_overlaps"]
__dir__ = __all__.copy

_FRONTAL, _PROFILE = "haarcascade_frontalface_alt2.xml", "haarcascade_profileface.xml"
_STEP = 1.1  # from one size that is tried to the next
_FRONTAL_NEIGHBOURS, _PROFILE_NEIGHBOURS = 5, 8
MAX_OVERLAP = 0.3
"""Share of the smaller of two boxes, from which on they are taken for one face."""


class FaceDetector:
    """Finds upright faces that look at the camera or to a side.

    Faces that lean by more than some 15 degrees, or are half hidden, are often missed.

    Parameters
    ----------
    min_size : int, default=30
        Least side of a face, in pixels of the picture that is searched; 20 or more.
    max_side : int, default=1000
        Larger pictures are to be made smaller, to this many pixels on the longer side, before
        they are searched; it bounds the time, which grows with the pixels.
    profiles : bool, default=True
        Whether to look for faces seen from the side too, which takes several times as long.

    Raises
    ------
    ValueError
        If `min_size` is below 20 or `max_side` below `min_size`.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces import FaceDetector
    >>> FaceDetector().detect(np.zeros((100, 100), np.uint8))  # doctest: +SKIP
    array([], shape=(0, 4), dtype=int64)
    """

    def __init__(self, *, min_size: int = 30, max_side: int = 1000, profiles: bool = True) -> None:
        if min_size < 20:
            raise ValueError(f"min_size is {min_size}; expected at least 20 pixels")
        if max_side < min_size:
            raise ValueError(f"max_side is {max_side}; expected at least min_size, {min_size}")
        self.min_size = min_size
        self.max_side = max_side
        self.profiles = profiles
        self._local = threading.local()

    def detect(self, grey: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Find the faces of a picture.

        Parameters
        ----------
        grey : ndarray of uint8, shape (height, width)
            Grey levels of an upright picture.

        Returns
        -------
        ndarray of int64, shape (n_faces, 4)
            Left, top, width and height in pixels; the largest face first, of equals the upper
            and then the left one. Boxes that overlap much are one face.

        Raises
        ------
        ImportError
            If OpenCV is not installed.
        ValueError
            If ``grey`` is not of two dimensions and uint8.
        """
        if grey.ndim != 2 or grey.dtype != np.uint8:
            raise ValueError(
                f"grey is {grey.dtype} of shape {grey.shape}; expected uint8, (height, width)"
            )
        frontal, profile = self._cascades()
        if min(grey.shape) < self.min_size:
            return np.empty((0, 4), np.int64)
        grey = np.ascontiguousarray(grey)
        found = [self._search(frontal, grey, _FRONTAL_NEIGHBOURS)]
        if self.profiles:
            found.append(self._search(profile, grey, _PROFILE_NEIGHBOURS))
            # The cascade knows faces that look to the left.
            mirrored = self._search(
                profile, np.ascontiguousarray(grey[:, ::-1]), _PROFILE_NEIGHBOURS
            )
            mirrored[:, 0] = grey.shape[1] - mirrored[:, 0] - mirrored[:, 2]
            found.append(mirrored)
        return _largest_first(without_overlaps(np.concatenate(found)))

    def _search(self, cascade: Any, grey: NDArray[np.uint8], neighbours: int) -> NDArray[np.int64]:
        boxes = cascade.detectMultiScale(
            grey, _STEP, neighbours, minSize=(self.min_size, self.min_size)
        )
        # Threads of OpenCV's own deliver boxes in any order.
        return _largest_first(np.array(boxes, np.int64).reshape(-1, 4))

    def _cascades(self) -> tuple[Any, Any]:
        """Return the cascades of this thread: searching with one changes it."""
        if not hasattr(self._local, "cascades"):
            cv2 = opencv("finding faces")
            self._local.cascades = tuple(
                cv2.CascadeClassifier(cv2.data.haarcascades + name) for name in (_FRONTAL, _PROFILE)
            )
        return self._local.cascades

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_local"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._local = threading.local()

    def __repr__(self) -> str:
        return (
            f"FaceDetector(min_size={self.min_size}, max_side={self.max_side}, "
            f"profiles={self.profiles})"
        )


def without_overlaps(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keep of boxes that overlap the one that comes first.

    Parameters
    ----------
    boxes : ndarray of int64, shape (n, 4)
        Left, top, width and height, the ones to be preferred first.

    Returns
    -------
    ndarray of int64, shape (n_kept, 4)
        Those that share at most 0.3 of the smaller box's area with any that is kept before.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces.detection import without_overlaps
    >>> without_overlaps(np.array([[0, 0, 10, 10], [1, 1, 8, 8], [20, 0, 10, 10]])).tolist()
    [[0, 0, 10, 10], [20, 0, 10, 10]]
    """
    kept: list[NDArray[np.int64]] = []
    for box in boxes:
        if all(_shared(box, other) <= MAX_OVERLAP for other in kept):
            kept.append(box)
    return np.array(kept, np.int64).reshape(-1, 4)


def _shared(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    corner = np.minimum(a[:2] + a[2:], b[:2] + b[2:])
    sides = np.maximum(corner - np.maximum(a[:2], b[:2]), 0)
    return float(sides.prod() / min(a[2:].prod(), b[2:].prod()))


def _largest_first(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    return boxes[np.lexsort((boxes[:, 0], boxes[:, 1], -boxes[:, 2] * boxes[:, 3]))]
