"""Frames of a video or a camera."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

from numpy.typing import NDArray

from fernet._io.addresses import is_address, not_there
from fernet.faces._checks import checked_every, checked_video
from fernet.faces._containers import counts_frames, is_cut_off, n_pictures
from fernet.faces._opencv import opencv

__all__ = ["Frame", "VideoFrames"]
__dir__ = __all__.copy

_USUAL_RATE = 25.0  # frames a second, of files that tell neither a rate nor times


class Frame(NamedTuple):
    """A frame: its number, from 0, its time, and its picture, red first or grey.

    The picture is None where the frame can't be decoded.
    """

    number: int
    seconds: float
    image: NDArray[Any] | None


class VideoFrames:
    """An iterator over the frames of a video or a camera, which also counts them.

    Parameters
    ----------
    source : str, path-like or int
        A video's file, or a camera's number. A camera gives its latest frame whenever one is
        asked for; those that came while none was are dropped.
    every : int, default=1
        Give each so many-th frame alone.

    Attributes
    ----------
    file : str
        The file, or ``"camera 0"`` and so on.
    n_frames, n_skipped, n_lost, n_dropped : int
        As of `fernet.faces.video.VideoFaces`.
    is_cut_off : bool
        Whether the file is shorter than it says it is.

    Raises
    ------
    ImportError, FileNotFoundError, OSError, TypeError, ValueError
        As `fernet.faces.video.VideoFaces` does.
    """

    def __init__(self, source: str | os.PathLike[str] | int, *, every: int = 1) -> None:
        source, every = checked_video(source), checked_every(every)
        self._cv2 = opencv("reading videos")
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
        self._capture = self._open(source)
        if not self._capture.isOpened():
            what = "not a video that can be read"
            if self._is_camera:
                what = "there is none that opens, or another program uses it"
            raise OSError(f"{self.file}: {what}{self.cure()}")
        self._frames = self._look()

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        return next(self._frames)

    def close(self) -> None:
        """Let go of the file or camera."""
        self._frames.close()
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

    def cure(self) -> str:
        """Say why a file has no frames, where that is known, or what any OpenCV reads."""
        if self._is_camera:
            return ""
        return "; the file is cut off" if self.is_cut_off else "; save it as MP4 with H.264"

    def _open(self, source: str | int) -> Any:
        if isinstance(source, int):
            return self._cv2.VideoCapture(source)
        # OpenCV takes a file's name for more than it is, such as an address to fetch; a full path
        # is none. Of its readers FFmpeg alone is used: another takes a name with digits for a
        # pattern of many files.
        return self._cv2.VideoCapture(os.path.abspath(source), self._cv2.CAP_FFMPEG)

    def _look(self) -> Generator[Frame, None, None]:
        frames = self._camera_frames() if self._is_camera else self._file_frames()
        try:
            for number, seconds, image in frames:
                if image is None:
                    self.n_lost += 1
                    yield Frame(number, seconds, None)
                else:
                    self.n_frames += 1
                    yield Frame(number, seconds, self._colors(image))
        finally:
            frames.close()
            self._capture.release()

    def _colors(self, image: NDArray[Any]) -> NDArray[Any]:
        if image.ndim == 2:
            return image
        colors: NDArray[Any] = self._cv2.cvtColor(image, self._cv2.COLOR_BGR2RGB)
        return colors

    def _file_frames(self) -> Generator[Frame, None, None]:
        rate = self._capture.get(self._cv2.CAP_PROP_FPS)
        clock = _Clock(rate)
        announced = self._capture.get(self._cv2.CAP_PROP_FRAME_COUNT)
        number, seconds = 0, 0.0
        while self._capture.grab():
            seconds = clock.seconds(self._capture.get(self._cv2.CAP_PROP_POS_MSEC))
            if number % self._every:
                self.n_skipped += 1
            else:
                whole, image = self._capture.retrieve()
                yield Frame(number, seconds, image if whole else None)
            number += 1
        # OpenCV reads but the first picture of some kinds.
        if number == 1 and (n_there := n_pictures(self.file)) > 1:
            self.n_lost += n_there - 1
        elif self.is_cut_off and counts_frames(self.file):
            self.n_lost += max(0, int(announced) - number)
        # By the last one's time: frames that were left out while it was filmed count too.
        elif number and 0 < rate < math.inf and counts_frames(self.file, up_to_the_last=True):
            self.n_lost += max(0, int(announced) - 1 - round(seconds * rate))

    def _camera_frames(self) -> Generator[Frame, None, None]:
        latest = self._latest = _Latest(self._capture)
        try:
            while not self._ending and (got := latest.take()) is not None:
                number, seconds, image = got
                if number % self._every:
                    self.n_skipped += 1
                    continue
                yield Frame(number, seconds, image)
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
        self._frame: Frame | None = None
        self.ended = self._stopped = False
        self.n_dropped = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def take(self) -> Frame | None:
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
                seconds = time.monotonic() - self._begin
                self._frame = Frame(number, seconds, image if whole else None)
                self._news.notify()
            number += 1
        with self._news:
            self.ended = True
            self._news.notify()
