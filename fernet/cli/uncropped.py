"""Photos given to learn from in the place of faces."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fernet.faces import FaceDetector

__all__ = ["remark_on_photos"]
__dir__ = __all__.copy

_LOOKED_AT = 24
_LEAST_SIDE = 96
"""Pixels of a picture's shorter side below which it is hardly a photo of more than a face."""
_SHARE = 0.6
"""Of a picture's shorter side that a face takes at least where it was cut out to be learnt: the
detector's box is 0.965 of what `fernet.faces.cropping.crop_face` cuts out."""
_MOSTLY = 0.6


def remark_on_photos(filenames: Sequence[str]) -> str:
    """Say so where pictures are of much more than a face.

    What is learnt then are small faces among much else, and what ``fernet predict`` shows to the
    network are faces cut out. A few pictures from all over are looked at, if OpenCV is there.

    Parameters
    ----------
    filenames : sequence of str

    Returns
    -------
    str
        "" where the faces fill the pictures, or it can't be told.
    """
    if not filenames or importlib.util.find_spec("cv2") is None:
        return ""
    import numpy as np

    from fernet.faces import FaceDetector

    places = np.unique(np.linspace(0, len(filenames) - 1, _LOOKED_AT).round().astype(int))
    detector = FaceDetector()
    shares = [_share(filenames[place], detector) for place in places]
    n_small = sum(share < _SHARE for share in shares)
    if n_small < _MOSTLY * len(places):
        return ""
    return (
        f"in {n_small} of {len(places)} pictures looked at, the face takes less than "
        f"{100 * _SHARE:.0f} % of the shorter side; fernet crop cuts faces out as fernet predict "
        "does, and a network learns more of these"
    )


def _share(file: str, detector: FaceDetector) -> float:
    """Return how much of a photo's shorter side its face takes; 1 where that can't be told."""
    from fernet.datasets.photos import ImageError
    from fernet.faces.finding import find_faces, read_side, take_photo

    try:
        photo = take_photo(file, read_side(detector), colors=True)
    except (ImageError, OSError):
        return 1.0
    side = min(photo.size)
    faces = find_faces(photo, detector) if side >= _LEAST_SIDE else []
    return max(faces[0].box[2:]) / side if faces else 1.0
