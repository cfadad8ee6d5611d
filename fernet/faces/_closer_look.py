"""A second look at a face that was found, for landmarks that say how far it is turned.

YuNet's landmarks lean to the upright, the more so the smaller a face is searched. Of 11 faces of
photographs turned by 10, 20, 30 and 45 degrees, either way, a search with the face 48 to 130
pixels large told 3 to 8, 2 to 7, 3 to 13 and 3 to 22 of these in the median; made 210 pixels
large, 8 to 9, 15 to 19, 24 to 25 and 24 to 28; and after turning by what was told and looking
again, up to three times in all, 11, 19 to 20, 29 to 30 and 43 to 46. Upright faces stayed at 0.

Faces that lie on their side or stand on their head are found at times, 16 and 63 of 100 of
FER2013's PublicTest, with landmarks as if they were upright. Turned so that they are, their scores
are higher by 0.04 and more, and never were higher for upright ones turned (215 faces).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet.faces._opencv import opencv
from fernet.faces.detections import Detections

__all__ = ["look_closer", "turn_of"]

_PATCH = 320  # pixels
_ROOM = 1.5  # patch's side by the box's
_LOOKS = 3
_SURE = 8.0  # degrees that the last look may differ by from the one before
_MIN_SCORE = 0.3
_UPRIGHT_SCORE = 0.9  # that no face had which lay or stood on its head
# A score after quarter turns that is to be believed, and by how much it has to be higher. Without
# the first, 11 of 240 faces that were blurred, noisy or cut in half were turned, with it one.
_TURNED_SCORE, _BETTER = 0.86, 0.03


def look_closer(
    image: NDArray[np.uint8],
    box: NDArray[np.float64],
    landmarks: NDArray[np.float64],
    search: Callable[..., Detections],
) -> NDArray[np.float64]:
    """Return better landmarks of a face.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        The picture.
    box : ndarray of float64, shape (4,)
        Left, top, width and height of the face.
    landmarks : ndarray of float64, shape (5, 2)
        Those that are known, which are returned where the looks show no face.
    search : callable
        From a picture and a least score to `Detections`.

    Returns
    -------
    ndarray of float64, shape (5, 2)
        In the picture's pixels.
    """
    cv2: Any = opencv("finding faces")
    center = box[:2] + box[2:] / 2
    scale = _PATCH / (_ROOM * float(box[2:].max()))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC

    def look(angle: float) -> tuple[float, NDArray[np.float64] | None]:
        """Return a score, and the landmarks, of the face turned back by some degrees."""
        # To the patch: turned back about the box's centre, which comes to the middle.
        matrix = cv2.getRotationMatrix2D(center.tolist(), -angle, scale)
        matrix[:, 2] += _PATCH / 2 - center
        patch = cv2.warpAffine(
            image, matrix, (_PATCH, _PATCH), flags=how, borderMode=cv2.BORDER_REPLICATE
        )
        found = search(patch, _MIN_SCORE)
        if found.landmarks is None or len(found.boxes) == 0:
            return 0.0, None
        middles = found.boxes[:, :2] + found.boxes[:, 2:] / 2
        nearest = int(np.linalg.norm(middles - _PATCH / 2, axis=1).argmin())
        points = (found.landmarks[nearest] - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        return float(found.scores[nearest]), points

    angle, score, points = 0.0, *look(0.0)
    if score < _UPRIGHT_SCORE:
        turned = [(quarter, *look(quarter)) for quarter in (90.0, 180.0, -90.0)]
        best = max(turned, key=lambda seen: seen[1])
        if best[1] > max(_TURNED_SCORE, score + _BETTER):
            angle, score, points = best
    for n_looks in range(1, _LOOKS + 1):
        if points is None:
            break
        landmarks = points
        turn = turn_of(landmarks)
        if n_looks == _LOOKS or abs((turn - angle + 180) % 360 - 180) < _SURE:
            break
        angle = turn
        _, points = look(angle)
    return landmarks


def turn_of(landmarks: NDArray[np.float64]) -> float:
    """Return how far a face is turned within the picture, as its landmarks say.

    Parameters
    ----------
    landmarks : ndarray of float64, shape (2, 2) or (5, 2)
        As in `Detections`.

    Returns
    -------
    float
        Degrees, above -180 and at most 180, positive for a turn against the clock. With a mouth,
        the mean of what the eyes say and of what the line from them to the mouth says. 0 of
        points that are not known.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces._closer_look import turn_of
    >>> round(turn_of(np.array([[10.0, 30.0], [30.0, 10.0]])), 3)
    45.0
    """
    if np.isnan(landmarks).any():
        return 0.0
    left, right = landmarks[:2]
    across = complex(*(right - left))
    if len(landmarks) == 5:
        down = complex(*(landmarks[3:].mean(0) - (left + right) / 2))
        # A quarter turn takes the line to the mouth to the line between the eyes.
        down *= -1j
        across = across / (abs(across) or 1.0) + down / (abs(down) or 1.0)
    degrees = float(-np.degrees(np.angle(across)))
    return degrees + 0.0
