"""The photos, and frames of videos, that faces are cut out of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from fernet.cli.output import counted
from fernet.cli.paths import real_path

__all__ = ["Photo", "Photos", "folders_in"]
__dir__ = __all__.copy


class Photo(NamedTuple):
    """A photo, or a frame of a video.

    Parameters
    ----------
    path : Path
        Its file.
    place : Path
        What it is called in ``--out``.
    picture : object
        What `fernet.faces.finding.take_photo` takes; None for what can't be read, and ``fault``
        says why.
    frame : int, default=None
        Its number in a video, from 0.
    fault : str, default=""
    is_end : bool, default=False
        Whether it is no picture, but what is to be said of a video behind its frames.
    """

    path: Path
    place: Path
    picture: Any
    frame: int | None = None
    fault: str = ""
    is_end: bool = False


def folders_in(paths: Sequence[Path]) -> list[Path]:
    """Return the folders, in ``--out``, that those of several paths become which are folders."""
    return [_folder_for(path) for path in paths if path.is_dir()] if len(paths) > 1 else []


def _folder_for(path: Path) -> Path:
    return Path(real_path(path).name)


class Photos:
    """Gives the photos of files and folders, and the frames of videos.

    Parameters
    ----------
    paths : sequence of Path
        Files, and folders to walk through. A folder's photos come in a folder of its name, unless
        it is all there is.
    every : int or None
        Give each so many-th frame of videos; None leaves videos out.
    left_out : callable
        Called with each file in a folder that is neither a photo nor a video to look at.
    """

    def __init__(
        self, paths: Sequence[Path], every: int | None, left_out: Callable[[Path], object]
    ) -> None:
        self._paths, self._every, self._left_out = paths, every, left_out

    def __iter__(self) -> Iterator[Photo]:
        for path, place in self._files(self._left_out):
            if self._is_video(path):
                yield from self._frames(path, place)
            else:
                yield Photo(path, place, path)

    def count(self) -> int:
        """Count the files, photos and videos; each is looked at in its turn."""
        return sum(1 for _ in self._files(lambda path: None))

    def _is_video(self, path: Path) -> bool:
        from fernet.faces.video import names_video

        return self._every is not None and names_video(path)

    def _files(self, left_out: Callable[[Path], object]) -> Iterator[tuple[Path, Path]]:
        for path in self._paths:
            if not path.is_dir():
                yield path, Path(path.name)
                continue
            root = _folder_for(path) if len(self._paths) > 1 else Path()
            for file in self._walk(path, left_out):
                yield file, root / file.relative_to(path)

    def _walk(self, folder: Path, left_out: Callable[[Path], object]) -> Iterator[Path]:
        """Give the photos of a folder, then its videos."""
        from fernet.datasets.images import iter_images

        videos: list[Path] = []

        def look_at(path: Path) -> None:
            (videos.append if self._is_video(path) else left_out)(path)

        yield from iter_images(folder, left_out=look_at)
        yield from sorted(videos)

    def _frames(self, path: Path, place: Path) -> Iterator[Photo]:
        from fernet.faces._video_frames import VideoFrames
        from fernet.faces.records import NO_FRAME

        try:
            frames = VideoFrames(path, every=self._every or 1)
        except OSError as error:
            fault = error.strerror or str(error).removeprefix(f"{path}: ")
            yield Photo(path, place, None, fault=fault)
            return
        frame, n_named = None, 0
        with closing(frames):
            for frame in frames:
                n_named += frame.image is None
                of_frame = place.with_name(f"{place.name}-{frame.number:06d}")
                fault = "" if frame.image is not None else "the frame can't be decoded"
                yield Photo(path, of_frame, frame.image, frame.number, fault)
        if frame is None:
            yield Photo(path, place, None, fault=NO_FRAME + frames.cure())
        elif frames.is_cut_off:
            yield Photo(path, place, None, fault="the file is cut off", is_end=True)
        elif n_lost := frames.n_lost - n_named:
            fault = f"{counted(n_lost, 'frame')} at its end can't be decoded"
            yield Photo(path, place, None, fault=fault, is_end=True)
