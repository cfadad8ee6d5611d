"""Faces of a video or a camera, frame by frame."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from fernet._io.errors import noting
from fernet.faces._looks import look_of
from fernet.faces._video_frames import VideoFrames
from fernet.faces.cropping import Box
from fernet.faces.records import LOST, NO_FACE, NO_FRAME, FaceRecord
from fernet.faces.tracks import Tracker

__all__ = ["VIDEO_SUFFIXES", "VideoFaces", "names_video"]
__dir__ = __all__.copy

VIDEO_SUFFIXES = (
    ".3g2",
    ".3gp",
    ".asf",
    ".avi",
    ".divx",
    ".dv",
    ".f4v",
    ".flv",
    ".m2t",
    ".m2ts",
    ".m2v",
    ".m4v",
    ".mjpeg",
    ".mjpg",
    ".mkv",
    ".mov",
    ".mp4",
    ".mpe",
    ".mpeg",
    ".mpg",
    ".mts",
    ".mxf",
    ".ogm",
    ".ogv",
    ".qt",
    ".ts",
    ".vob",
    ".webm",
    ".wmv",
    ".y4m",
)
"""Endings, in lower case, of the file names that are taken for videos."""


def names_video(path: str | os.PathLike[str]) -> bool:
    """Tell by its name whether a file is a video.

    Examples
    --------
    >>> from fernet.faces.video import names_video
    >>> names_video("talk.MP4"), names_video("talk.png")
    (True, False)
    """
    return os.path.splitext(path)[1].lower() in VIDEO_SUFFIXES and not os.path.isdir(path)


_FacesOf = Callable[[NDArray[Any]], list[FaceRecord]]


class VideoFaces:
    """An iterator over the faces of a video's frames, which also counts the frames.

    Faces keep their numbers from frame to frame, see `fernet.faces.tracks.Tracker`. A frame
    without a face gives a record that says so, and so does a frame that can't be decoded, or a
    video that has none which can.

    Parameters
    ----------
    faces_of : callable
        Takes a picture, red first or grey, gives records, as `EmotionRecognizer.faces_of`.
    source : str, path-like or int
        A video's file, or a camera's number. A camera gives its latest frame whenever one is
        asked for; those that came while none was are dropped.
    every : int, default=1
        Look at each so many-th frame alone.
    smooth : float, default=0
        Share of the past in a face's probabilities from look to look, 0 to below 1. Where another
        face comes into the place of one, as at a cut, they begin anew.
    start_score : float, default=0
        Least score of a face to be followed from here on; one of a lower score has a record only
        where it goes on with one that is followed already.

    Attributes
    ----------
    file : str
        The file, or ``"camera 0"`` and so on.
    n_frames : int
        Frames looked at so far.
    n_skipped : int
        Frames left out by `every`.
    n_lost : int
        Frames that could not be decoded; when a file is through also those that an AVI or MP4 that
        is cut off announces and does not have, and what an image of several, such as a TIFF or an
        animated AVIF, has behind the first, which alone OpenCV reads.
    n_dropped : int
        Frames of a camera that came too fast.
    is_cut_off : bool
        Whether the file is shorter than it says it is.

    Raises
    ------
    ImportError
        If OpenCV is not installed.
    FileNotFoundError, OSError
        If there is no such file, or it or the camera can't be opened.
    TypeError
        If `source` is neither a path nor a number, or `every` or `smooth` no number.
    ValueError
        If `every` is below 1, `smooth` or `start_score` out of its range, or `source` below 0.

    Examples
    --------
    >>> from fernet import EmotionRecognizer
    >>> for record in EmotionRecognizer().video("talk.mp4", every=5):  # doctest: +SKIP
    ...     print(record.seconds, record.face, record.emotion)
    """

    def __init__(
        self,
        faces_of: _FacesOf,
        source: str | os.PathLike[str] | int,
        *,
        every: int = 1,
        smooth: float = 0.0,
        start_score: float = 0.0,
    ) -> None:
        self._tracker = Tracker(smooth, start_score)
        self._frames = VideoFrames(source, every=every)
        self._faces_of = faces_of
        self.file = self._frames.file
        self._records = self._look()

    @property
    def n_frames(self) -> int:
        return self._frames.n_frames

    @property
    def n_skipped(self) -> int:
        return self._frames.n_skipped

    @property
    def n_lost(self) -> int:
        return self._frames.n_lost

    @property
    def n_dropped(self) -> int:
        return self._frames.n_dropped

    @property
    def is_cut_off(self) -> bool:
        return self._frames.is_cut_off

    def __iter__(self) -> Iterator[FaceRecord]:
        return self

    def __next__(self) -> FaceRecord:
        return next(self._records)

    def close(self) -> None:
        """Let go of the file or camera."""
        self._records.close()
        self._frames.close()

    def end(self) -> None:
        """Take the frame at hand, or that comes next, for a camera's last; a signal may call it."""
        self._frames.end()

    def remark(self) -> str:
        """Say in a line how many frames there were, and how many are missing."""
        return self._frames.remark()

    def _look(self) -> Generator[FaceRecord, None, None]:
        frame = None
        try:
            for frame in self._frames:
                if frame.image is None:
                    yield FaceRecord(self.file, LOST, frame=frame.number, seconds=frame.seconds)
                else:
                    yield from self._records_of(frame.number, frame.seconds, frame.image)
            if frame is None:
                yield FaceRecord(self.file, NO_FRAME + self._frames.cure())
        finally:
            self._frames.close()

    def _records_of(self, number: int, seconds: float, image: NDArray[Any]) -> Iterator[FaceRecord]:
        with noting(f"in frame {number} of {self.file}"):
            found = self._faces_of(image)
        boxes = [record.box or Box(0, 0, 0, 0) for record in found]
        answers = self._tracker.update(
            boxes,
            [record.probabilities for record in found],
            [record.score for record in found],
            number,
            [look_of(image, box) for box in boxes] if self._tracker.smooth else None,
        )
        if all(face is None for face, _ in answers):
            yield FaceRecord(self.file, NO_FACE, frame=number, seconds=seconds)
        for record, (face, answer) in zip(found, answers, strict=True):
            if face is not None:
                yield replace(
                    record,
                    file=self.file,
                    face=face,
                    emotion=None if answer is None else max(answer, key=answer.__getitem__),
                    probabilities=answer,
                    frame=number,
                    seconds=seconds,
                )
