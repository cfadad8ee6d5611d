"""Viola and Jones's cascades of Haar features, which OpenCV 4's package holds.

``frontalface_alt2`` finds faces that look at the camera, ``profileface`` those that look aside,
with more neighbours asked for, as it is the quicker to see faces in anything.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet.faces._opencv import opencv
from fernet.faces.detections import Detections, without_overlaps

__all__ = ["HaarCascades"]

FRONTAL, PROFILE = "haarcascade_frontalface_alt2.xml", "haarcascade_profileface.xml"
_STEP = 1.1  # from one size that is tried to the next
_FRONTAL_NEIGHBOURS, _PROFILE_NEIGHBOURS = 5, 8
_MIN_SIZE = 30


class HaarCascades:
    """Finds upright faces of 30 pixels or more; for one thread at a time."""

    def __init__(self) -> None:
        cv2 = opencv("finding faces with kind='haar'", "CascadeClassifier")
        self._cv2 = cv2
        self._frontal, self._profile = (
            cv2.CascadeClassifier(cv2.data.haarcascades + name) for name in (FRONTAL, PROFILE)
        )

    def search(self, image: NDArray[np.uint8]) -> Detections:
        """Find the faces of a picture of shape (height, width, 3)."""
        grey = self._cv2.cvtColor(image, self._cv2.COLOR_RGB2GRAY)
        found = [self._boxes(self._frontal, grey, _FRONTAL_NEIGHBOURS)]
        found.append(self._boxes(self._profile, grey, _PROFILE_NEIGHBOURS))
        # The cascade knows faces that look to the left.
        mirrored = self._boxes(
            self._profile, np.ascontiguousarray(grey[:, ::-1]), _PROFILE_NEIGHBOURS
        )
        mirrored[:, 0] = grey.shape[1] - mirrored[:, 0] - mirrored[:, 2]
        rows = np.concatenate([*found, mirrored])
        kept = without_overlaps(rows[:, :4], rows[:, 4])
        return Detections(rows[kept, :4], rows[kept, 4])

    def _boxes(self, cascade: Any, grey: NDArray[np.uint8], neighbours: int) -> NDArray[np.float64]:
        """Return boxes with their scores, shape (n, 5)."""
        if min(grey.shape) < _MIN_SIZE:
            return np.empty((0, 5))
        boxes, counts = cascade.detectMultiScale2(
            grey, _STEP, neighbours, minSize=(_MIN_SIZE, _MIN_SIZE)
        )
        boxes, counts = np.reshape(boxes, (-1, 4)), np.reshape(counts, (-1, 1)).astype(float)
        return np.hstack([boxes, counts / (counts + neighbours)])
