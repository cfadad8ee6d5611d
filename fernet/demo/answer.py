"""What the page is told of a photo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fernet.faces.recognizer import EmotionRecognizer
from fernet.plotting._pixel_maps import occlusion_map

__all__ = ["MAX_MAPS", "answer_for"]
__dir__ = __all__.copy

MAX_MAPS = 8
"""Faces of a photo that get a map; each map takes a hundred predictions."""
_PATCHES, _STRIDES = 4, 12  # to a face's side


def answer_for(
    recognizer: EmotionRecognizer,
    file: BinaryIO,
    is_wanted: Callable[[], bool] = lambda: True,
) -> dict[str, Any]:
    """Find the faces of a photo, their emotions, and what these depend on.

    Parameters
    ----------
    recognizer : EmotionRecognizer
        What looks at it.
    file : binary file object
        The photo.
    is_wanted : callable, default=always
        Asked before each map; where it returns False, there are no more of them.

    Returns
    -------
    dict
        ``width`` and ``height`` of the upright photo, ``emotions``, and ``faces``: for each its
        ``box``, ``score``, ``angle``, ``quality``, whether it is ``doubtful``, ``emotion``,
        ``probabilities`` in the order of the emotions, its ``side`` in pixels as the network saw
        it, their levels as ``pixels`` (a grey one each, or red, green and blue) and ``importance``
        (a whole number, 0 to 100, for each, of how much the emotion's probability falls where that
        part of the face is covered; None beyond `MAX_MAPS` faces, or where it is not wanted).
        Faces that the recognizer leaves out are not among them.

    Raises
    ------
    ImageError
        If it can't be read.
    ImportError
        If OpenCV is needed and not installed.
    """
    photo = recognizer.photo(file)
    found = recognizer.faces_in(photo)
    faces = []
    for number, (face, record) in enumerate(zip(found, recognizer.judge(found), strict=True)):
        if record.emotion is None or record.probabilities is None:
            continue
        importance = None
        if number < MAX_MAPS and is_wanted():
            index = recognizer.emotions_.index(record.emotion)
            importance = _importance(_Judge(recognizer), face.pixels, index)
        faces.append(
            {
                "box": face.box._asdict(),
                "score": face.score,
                "angle": face.angle,
                "quality": None if face.quality is None else face.quality.value,
                "doubtful": record.is_doubtful,
                "emotion": record.emotion,
                "probabilities": list(record.probabilities.values()),
                "side": len(face.pixels),
                "pixels": face.pixels.ravel().tolist(),
                "importance": importance,
            }
        )
    width, height = photo.size
    return {
        "width": width,
        "height": height,
        "emotions": recognizer.emotions_,
        "faces": faces,
    }


class _Judge:
    """The recognizer's answers as a table: it knows units and columns of its model."""

    def __init__(self, recognizer: EmotionRecognizer) -> None:
        self._recognizer = recognizer

    def predict_proba(self, rows: NDArray[np.uint8]) -> NDArray[np.float64]:
        faces = list(rows.reshape(len(rows), *self._recognizer.face_shape_))
        answers = self._recognizer.probabilities(faces)
        return np.array(
            [[answer[name] for name in self._recognizer.emotions_] for answer in answers]
        )


def _importance(model: _Judge, face: NDArray[np.uint8], index: int) -> list[int]:
    side = len(face)
    images = face.reshape(1, side, side, -1)
    patch, stride = max(1, side // _PATCHES), max(1, side // _STRIDES)
    falls = np.maximum(occlusion_map(model, images, index, patch=patch, stride=stride), 0)
    most = falls.max()
    scaled: list[int] = (
        np.rint(falls / most * 100 if most > 0 else falls).astype(int).ravel().tolist()
    )
    return scaled
