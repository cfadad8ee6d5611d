"""When which face of a video showed what."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from fernet.faces.records import LOST, NO_FACE, FaceRecord

__all__ = ["EmotionTimeline"]
__dir__ = __all__.copy


class EmotionTimeline:
    """The probabilities of each face of a video over time, gathered from its records.

    Only numbers are kept, some 40 bytes for each face of a frame.

    Parameters
    ----------
    records : iterable of FaceRecord, default=()
        Of one video and one model, in order, as `EmotionRecognizer.video` gives them.

    Attributes
    ----------
    names : list of str
        The emotions; empty until a face has one.
    counts : Counter of str
        In how many frames a face showed which emotion most; two faces of a frame count twice.
    n_faceless : int
        Frames without a face.

    See Also
    --------
    fernet.plotting.EmotionTimelineDisplay : Draws it.

    Examples
    --------
    >>> from fernet.faces import EmotionTimeline
    >>> from fernet.faces.records import FaceRecord
    >>> timeline = EmotionTimeline()
    >>> for frame, share in enumerate((0.9, 0.8, 0.3)):
    ...     chances = {"happy": share, "sad": 1 - share}
    ...     emotion = max(chances, key=chances.get)
    ...     timeline.add(FaceRecord("talk.mp4", "ok", 1, None, emotion, chances, frame, frame / 25))
    >>> timeline.counts.most_common(), timeline.n_frames
    ([('happy', 2), ('sad', 1)], 3)
    >>> seconds, shares = timeline.face(1)
    >>> seconds.tolist(), shares.shape
    ([0.0, 0.04, 0.08], (3, 2))
    """

    def __init__(self, records: Iterable[FaceRecord] = ()) -> None:
        self.names: list[str] = []
        self.counts: Counter[str] = Counter()
        self.n_faceless = 0
        self._frame: int | None = None
        self._seconds = array("d")
        self._faces: dict[int, tuple[array[float], array[float]]] = {}
        for record in records:
            self.add(record)

    def add(self, record: FaceRecord) -> None:
        """Take the next record; those of pictures, and of frames that are lost, say nothing.

        Parameters
        ----------
        record : FaceRecord
            Of the same frame as the last one, or a later one.

        Raises
        ------
        ValueError
            If it has the probabilities of other emotions than the records before.
        """
        if record.frame is None or record.seconds is None or record.status == LOST:
            return
        chances = record.probabilities
        if self.names and chances is not None and set(chances) != set(self.names):
            raise ValueError(
                f"record has probabilities of {list(chances)}; expected those of the records "
                f"before: {self.names}"
            )
        if record.frame != self._frame:
            self._frame = record.frame
            self._seconds.append(record.seconds)
        self.n_faceless += record.status == NO_FACE
        if record.face is None or record.probabilities is None or record.emotion is None:
            return
        self.names = self.names or list(record.probabilities)
        self.counts[record.emotion] += 1
        seconds, shares = self._faces.setdefault(record.face, (array("d"), array("f")))
        seconds.append(record.seconds)
        shares.extend(record.probabilities[name] for name in self.names)

    @property
    def n_frames(self) -> int:
        """How many frames were looked at."""
        return len(self._seconds)

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Times of the frames that were looked at."""
        return np.array(self._seconds)

    @property
    def faces(self) -> list[int]:
        """Numbers of the faces, those that were seen most often first."""
        return sorted(self._faces, key=lambda face: (-len(self._faces[face][0]), face))

    def face(self, number: int) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Return a face's times, and its probabilities at these.

        Parameters
        ----------
        number : int
            One of `faces`.

        Returns
        -------
        seconds : ndarray of shape (n,)
        probabilities : ndarray of shape (n, n_emotions), float32
            In the order of `names`.

        Raises
        ------
        ValueError
            If there is no face of that number.
        """
        if number not in self._faces:
            expected = f"one of {self.faces}" if self._faces else "none, as no face has an emotion"
            raise ValueError(f"number is {number!r}; expected {expected}")
        seconds, shares = self._faces[number]
        table = np.array(shares, np.float32).reshape(len(seconds), -1)
        return np.array(seconds), table
