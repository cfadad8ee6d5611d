"""What ``fernet predict`` looks at, and the pictures it writes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fernet._io.names import with_ending
from fernet.cli.errors import InputError
from fernet.cli.originals import Originals
from fernet.cli.paths import real_path

if TYPE_CHECKING:
    from fernet.faces.records import FaceRecord

__all__ = ["Annotator", "pictures"]
__dir__ = __all__.copy

_PENDING = 8  # pictures that may wait to be drawn
_LONGEST_SIDE = 65500  # pixels of a JPEG


def pictures(
    paths: Iterable[Path], left_out: Callable[[Path], object] | None = None
) -> Iterator[Any]:
    """Give the files one by one; what is no file to read comes as `Unreadable`.

    Parameters
    ----------
    paths : iterable of Path
        Files, and folders to walk through.
    left_out : callable, default=None
        Called with each file in a folder that is no picture.
    """
    from fernet.faces.sources import expand

    for path in paths:
        yield from expand(path, left_out)


class Annotator:
    """Writes pictures with boxes and labels into a folder, in threads.

    Parameters
    ----------
    folder : Path
        Where to. A file that was named comes under its name, a folder that was named as a folder
        of its name, with its subfolders; what is not ``*.jpg`` gets that ending too, and a number
        where another picture has that name.
    paths : sequence of Path
        What was named.
    """

    def __init__(self, folder: Path, paths: Sequence[Path]) -> None:
        from fernet._io.many_files import ManyFiles

        self._writer = ManyFiles()
        # A shell's pattern may name very many files, and each is looked up.
        self._files: dict[str, Path] = {}
        self._folders: dict[str, Path] = {}
        self._taken: set[Path] = set()
        self._option, self._originals = f"--annotate {folder}", Originals(paths)
        out = real_path(folder)
        for path in paths:
            is_folder, real = path.is_dir(), real_path(path)
            place = out / (real.name or "pictures")
            if is_folder and out.is_relative_to(real):
                raise InputError(f"{self._option}: lies in {path}, among the pictures to be read")
            if path.exists() and not (is_folder or path.is_file()):
                raise InputError(f"--annotate: {path} is no file, and can't be read a second time")
            self._originals.check(place, self._option)
            if place in self._taken:
                raise InputError(
                    f"{self._option}: two of PATHS are called {place.name}; "
                    "name them in runs of their own"
                )
            self._taken.add(place)
            (self._folders if is_folder else self._files)[os.fspath(path)] = place

    def watch(self, records: Iterable[FaceRecord]) -> Generator[FaceRecord, None, None]:
        """Draw each picture, and pass its records on then: rows say that a picture is done."""
        pending: deque[tuple[list[FaceRecord], Future[None]]] = deque()
        with ThreadPoolExecutor() as pool:
            for group in _by_picture(records):
                pending.append((group, pool.submit(self._draw, group)))
                while pending and (len(pending) > _PENDING or pending[0][1].done()):
                    yield from _drawn(*pending.popleft())
            while pending:
                yield from _drawn(*pending.popleft())

    def _draw(self, group: list[FaceRecord]) -> None:
        from fernet.datasets.photos import read_with
        from fernet.faces.annotation import annotated

        if group[0].box is None:
            return
        target = self._target(Path(group[0].file))
        self._originals.check(target, self._option)
        target.parent.mkdir(parents=True, exist_ok=True)
        picture = read_with(group[0].file, lambda image: annotated(image, group))
        picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        with self._writer.open(target) as file:
            picture.save(file, "JPEG", quality=90)

    def _target(self, file: Path) -> Path:
        target = self._place(file)
        if target.suffix.lower() in (".jpg", ".jpeg"):
            return target
        endings = chain([".jpg"], (f"-{number}.jpg" for number in count(2)))
        names = (with_ending(target.name, ending) for ending in endings)
        # By what lies there, not by what was written: an interrupted run goes on with the same.
        free = (name for name in names if not self._is_of_another(file, target.with_name(name)))
        return target.with_name(next(free))

    def _place(self, file: Path) -> Path:
        """Return where a file comes that was named, or that lies in a folder that was."""
        if (place := self._files.get(os.fspath(file))) is not None:
            return place
        for root, place in self._folders.items():
            within = file.relative_to(root) if file.is_relative_to(root) else None
            # "../photos/a.jpg" begins with ".", and does not lie there.
            if within is not None and ".." not in within.parts:
                return place / within
        raise ValueError(f"{file} is in none of the folders")

    def _is_of_another(self, file: Path, target: Path) -> bool:
        """Tell whether a picture that lies beside a file, or was named beside it, comes there."""
        return target in self._taken or os.path.lexists(file.with_name(target.name))


def _by_picture(records: Iterable[FaceRecord]) -> Iterator[list[FaceRecord]]:
    """Put the records of each picture together; the first of them has the first face, or none."""
    group: list[FaceRecord] = []
    for record in records:
        if group and record.face in (None, 1):
            yield group
            group = []
        group.append(record)
    if group:
        yield group


def _drawn(group: list[FaceRecord], drawing: Future[None]) -> list[FaceRecord]:
    """Return a picture's records once it is drawn."""
    drawing.result()
    return group
