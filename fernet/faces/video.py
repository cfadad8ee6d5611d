"""Faces of a video or a camera, frame by frame."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from fernet._io.addresses import is_address, not_there
from fernet.faces._checks import checked_every, checked_video
from fernet.faces._containers import counts_frames, is_cut_off
from fernet.faces._opencv import opencv
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


_USUAL_RATE = 25.0  # frames a second, of files that tell neither a rate nor times

_FacesOf = Callable[[NDArray[Any]], list[FaceRecord]]
_Frames = Generator[tuple[int, float, NDArray[Any] | None], None, None]


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
        Share of the past in a face's probabilities from look to look, 0 to below 1.
    start_score : float, default=0
        Least score of a face to be followed from here on; one of a lower score has a record only
        where it goes on with one that is followed already.

    Attributes
    ----------
    n_frames : int
        Frames looked at so far.
    n_skipped : int
        Frames left out by `every`.
    n_lost : int
        Frames that could not be decoded, and, when an AVI or MP4 file that is cut off is through,
        those that it announces and does not have.
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
        source, every = checked_video(source), checked_every(every)
        self._tracker = Tracker(smooth, start_score)
        self._cv2 = opencv("reading videos")
        self._faces_of = faces_of
        self._every = every
        self._is_camera = isinstance(source, int)
        self.file = f"camera {source}" if isinstance(source, int) else source
        self._latest: _Latest | None = None
        self._ending = False
        self.n_frames = self.n_skipped = self.n_lost = self.n_dropped = 0
        self.is_cut_off = False
        if not isinstance(source, int):
            if is_address(source):
                raise not_there(self.file)
            open(source, "rb").close()  # its error says why, where OpenCV's does not
            if os.path.isfile(source) and os.path.getsize(source) == 0:
                raise OSError(f"{self.file}: the file is empty")
            self.is_cut_off = is_cut_off(source)
        # OpenCV takes a file's name for more than it is, such as an address to fetch; a full path
        # is none. Of its readers FFmpeg alone is used: another takes a name with digits for a
        # pattern of many files.
        if isinstance(source, int):
            self._capture = self._cv2.VideoCapture(source)
        else:
            place = os.path.abspath(source)
            self._capture = self._cv2.VideoCapture(place, self._cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            what = "not a video that can be read"
            if self._is_camera:
                what = "there is none that opens, or another program uses it"
            raise OSError(f"{self.file}: {what}{self._cure()}")
        self._records = self._look()

    def __iter__(self) -> Iterator[FaceRecord]:
        return self

    def __next__(self) -> FaceRecord:
        return next(self._records)

    def close(self) -> None:
        """Let go of the file or camera."""
        self._records.close()
        self._capture.release()

    def end(self) -> None:
        """Take the frame at hand, or that comes next, for a camera's last; a signal may call it."""
        self._ending = True
        if self._latest is not None:
            self._latest.ended = True

    def remark(self) -> str:
        """Say in a line how many frames there were, and how many are missing."""
        parts = ["1 frame" if self.n_frames == 1 else f"{self.n_frames} frames"]
        parts += [f"{self.n_skipped} skipped"] if self._every > 1 else []
        parts += [f"{self.n_dropped} dropped"] if self._is_camera else []
        parts += [f"{self.n_lost} could not be decoded"]
        return ", ".join([*parts, "the file is cut off"] if self.is_cut_off else parts)

    def _cure(self) -> str:
        """Say why a file has no frames, where that is known, or what any OpenCV reads."""
        if self._is_camera:
            return ""
        return "; the file is cut off" if self.is_cut_off else "; save it as MP4 with H.264"

    def _look(self) -> Generator[FaceRecord, None, None]:
        number = None
        frames = self._camera_frames() if self._is_camera else self._file_frames()
        try:
            for number, seconds, image in frames:
                if image is None:
                    self.n_lost += 1
                    yield FaceRecord(self.file, LOST, frame=number, seconds=seconds)
                    continue
                self.n_frames += 1
                yield from self._records_of(number, seconds, self._colors(image))
            if number is None:
                yield FaceRecord(self.file, NO_FRAME + self._cure())
        finally:
            frames.close()
            self._capture.release()

    def _colors(self, image: NDArray[Any]) -> NDArray[Any]:
        if image.ndim == 2:
            return image
        colors: NDArray[Any] = self._cv2.cvtColor(image, self._cv2.COLOR_BGR2RGB)
        return colors

    def _records_of(self, number: int, seconds: float, image: NDArray[Any]) -> Iterator[FaceRecord]:
        found = self._faces_of(image)
        answers = self._tracker.update(
            [record.box or Box(0, 0, 0, 0) for record in found],
            [record.probabilities for record in found],
            [record.score for record in found],
            number,
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

    def _file_frames(self) -> _Frames:
        clock = _Clock(self._capture.get(self._cv2.CAP_PROP_FPS))
        announced = self._capture.get(self._cv2.CAP_PROP_FRAME_COUNT)
        number = 0
        while self._capture.grab():
            seconds = clock.seconds(self._capture.get(self._cv2.CAP_PROP_POS_MSEC))
            if number % self._every:
                self.n_skipped += 1
            else:
                whole, image = self._capture.retrieve()
                yield number, seconds, image if whole else None
            number += 1
        if self.is_cut_off and counts_frames(self.file):
            self.n_lost += max(0, int(announced) - number)

    def _camera_frames(self) -> _Frames:
        latest = self._latest = _Latest(self._capture)
        try:
            while not self._ending and (got := latest.take()) is not None:
                number, seconds, image = got
                if number % self._every:
                    self.n_skipped += 1
                    continue
                yield number, seconds, image
        finally:
            latest.stop()
            self.n_dropped = latest.n_dropped


class _Clock:
    """Tells the times of a file's frames, in order; makes up for those that it has none for.

    Parameters
    ----------
    rate : float
        Frames a second, as the file says; 0, or anything, where it does not.
    """

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate if 0 < rate < math.inf else 1 / _USUAL_RATE
        self._told: float | None = None  # by the file, for the latest frame that it told one for
        self._latest: float | None = None

    def seconds(self, milliseconds: float) -> float:
        """Return the time of the next frame, given what the file says; 0 may mean nothing."""
        told = milliseconds / 1000
        if self._latest is None or self._told is None:
            self._told = self._latest = told if 0 <= told < math.inf else 0.0
        elif told >= self._told and 0 < told < math.inf:
            if told > self._told:
                self._interval = told - self._told
            self._told = told
            self._latest = max(told, self._latest)
        else:
            self._latest += self._interval
        return self._latest


class _Latest:
    """Reads a camera in a thread of its own and keeps the latest frame alone."""

    def __init__(self, capture: Any) -> None:
        self._capture = capture
        self._begin = time.monotonic()
        self._news = threading.Condition()
        self._frame: tuple[int, float, NDArray[Any] | None] | None = None
        self.ended = self._stopped = False
        self.n_dropped = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def take(self) -> tuple[int, float, NDArray[Any] | None] | None:
        """Wait for a frame; None when the camera gives no more."""
        with self._news:
            # With a limit, so that an end is heard while a camera gives nothing.
            while self._frame is None and not self.ended:
                self._news.wait(0.2)
            frame, self._frame = self._frame, None
            return frame

    def stop(self) -> None:
        self._stopped = True
        self._thread.join(5)

    def _run(self) -> None:
        number = 0
        while not self._stopped and self._capture.grab():
            whole, image = self._capture.retrieve()
            with self._news:
                self.n_dropped += self._frame is not None
                self._frame = number, time.monotonic() - self._begin, image if whole else None
                self._news.notify()
            number += 1
        with self._news:
            self.ended = True
            self._news.notify()
