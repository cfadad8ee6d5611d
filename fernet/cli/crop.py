"""``fernet crop``: from photos to faces to learn from."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from fernet.cli.commands import ExampleCommand
from fernet.cli.errors import SOME_UNREADABLE, InputError
from fernet.cli.output import counted
from fernet.cli.paths import FilePath, real_path
from fernet.emotions import MAX_IMAGE_SIZE

if TYPE_CHECKING:
    from fernet.datasets.face_shapes import FaceShape
    from fernet.faces.finding import Face

__all__ = ["crop"]
__dir__ = __all__.copy

_FACES = ("most-certain", "largest", "all", "only")
"""What ``--faces`` takes; "only" cuts out none where there are several."""


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet crop photos/ --out faces/",
        "fernet crop happy/ sad/ group.jpg --out faces/ --faces all",
        "fernet crop photos/ --out faces/ --faces largest --image-size 64 --color",
        "fernet train --data faces/ --from cnn",
    ),
)
@click.argument(
    "paths", nargs=-1, required=True, type=FilePath(path_type=Path, exists=True, readable=False)
)
@click.option(
    "--out",
    type=FilePath(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write the faces to, in folders as those of the photos.",
)
@click.option(
    "--faces",
    "which",
    type=click.Choice(_FACES),
    default=_FACES[0],
    show_default=True,
    help="Of a photo of several the one that the detector is most certain of, the largest, all, or "
    "none of them.",
)
@click.option(
    "--min-size",
    type=click.IntRange(min=0),
    metavar="PIXELS",
    help="Cut out no face with a smaller box.  [default: 24, below which emotions are doubtful]",
)
@click.option("--small-faces", is_flag=True, help="Search a second time, and larger, for a crowd.")
@click.option(
    "--image-size",
    type=click.IntRange(1, MAX_IMAGE_SIZE),
    metavar="PIXELS",
    help="Pixels a side of the faces.  [default: 48]",
)
@click.option(
    "--color/--grey", default=None, help="Whether faces keep their colours.  [default: grey]"
)
@click.option("--force", is_flag=True, help="Write into --out also if there are files in it.")
@click.option("--quiet", is_flag=True, help="No progress bar and no remarks.")
@click.pass_context
def crop(
    ctx: click.Context,
    /,
    paths: tuple[Path, ...],
    out: Path,
    which: str,
    min_size: int | None,
    small_faces: bool,
    image_size: int | None,
    color: bool | None,
    force: bool,
    quiet: bool,
) -> None:
    """Cut faces out of photos, to learn from them.

    PATHS are photos, and folders to be searched with their subfolders. The face of each photo is
    cut out and turned upright just as "fernet predict" does it, and written as a PNG under the
    photo's name, in a folder as the photo's: where folders are named after emotions, --out is a
    data set for "fernet train". Of several PATHS each folder becomes one in --out. Of photos in
    which no face is found nothing is written, and a line on stderr names each. Pictures that are
    faces already, as of 48x48 grey pixels, are kept as they are.

    It needs OpenCV (pip install "fernet-emotion[faces]"). Exit code: 0 if all photos were read, 3
    if some were not, 2 if none has a face.
    """
    from fernet.datasets._left_out import LeftOut
    from fernet.datasets.face_shapes import asked_shape
    from fernet.emotions import IMAGE_SHAPE
    from fernet.faces import FaceDetector
    from fernet.faces.quality import TOO_SMALL_BELOW

    _check(paths, out, force)
    left_out = LeftOut()
    shape = asked_shape(image_size, color) or IMAGE_SHAPE
    least = TOO_SMALL_BELOW if min_size is None else min_size
    cutter = _Cutter(FaceDetector(small_faces=small_faces), shape, which, least)
    counts, written = _Counts(), _Folder(out)
    photos = _photos(paths, left_out.add)
    with _progress(paths, quiet) as advance, closing(_cut_all(cutter, photos)) as cut:
        for photo, faces, reason in cut:
            counts.add(len(faces), reason)
            written.write(faces, photo.place)
            if reason and not quiet:
                click.echo(f"{click.format_filename(photo.path)}: {reason}", err=True)
            advance()
    named = ", ".join(click.format_filename(path) for path in paths)
    if not counts.photos:
        raise InputError("; ".join(filter(None, [f"{named}: no photos", left_out.remark()])))
    if not counts.faces:
        raise InputError(f"{named}: no face in any of {counted(counts.photos, 'photo')}")
    if not quiet:
        remarks = (f"{counts.remark()}, written to {out}", left_out.remark())
        click.echo("\n".join(filter(None, remarks)), err=True)
    if counts.unreadable:
        ctx.exit(SOME_UNREADABLE)


class _Photo(NamedTuple):
    """A photo, and what it is called in ``--out``."""

    path: Path
    place: Path


def _photos(
    paths: Sequence[Path], left_out: Callable[[Path], object] | None = None
) -> Iterator[_Photo]:
    """Give the photos; a folder's come in a folder of its name, unless it is all there is."""
    from fernet.datasets.images import iter_images

    for path in paths:
        if not path.is_dir():
            yield _Photo(path, Path(path.name))
            continue
        root = Path(real_path(path).name) if len(paths) > 1 else Path()
        for photo in iter_images(path, left_out=left_out):
            yield _Photo(photo, root / photo.relative_to(path))


def _check(paths: Sequence[Path], out: Path, force: bool) -> None:
    from fernet.faces.video import names_video

    for path in paths:
        if path.is_file() and names_video(path):
            raise InputError(f"{path}: a video; expected photos, such as its frames, or folders")
        folder = path if path.is_dir() else path.parent
        inside = real_path(out).is_relative_to(real_path(folder))
        if inside if path.is_dir() else real_path(out) == real_path(folder):
            raise InputError(f"--out {out}: lies in {folder}, among the photos")
    if not force and out.is_dir() and any(out.iterdir()):
        raise InputError(f"--out {out}: there are files in it; --force writes among them")


@dataclass(slots=True)
class _Counts:
    """How it went."""

    photos: int = 0
    faces: int = 0
    unreadable: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, n_faces: int, reason: str) -> None:
        self.photos += 1
        self.faces += n_faces
        if reason in _REASONS:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1
        elif reason:
            self.unreadable += 1

    def remark(self) -> str:
        """Say it in a sentence."""
        parts = [f"{count} {_REASONS[reason]}" for reason, count in self.reasons.items()]
        if self.unreadable:
            parts.append(f"{self.unreadable} unreadable")
        details = f" ({', '.join(parts)})" if parts else ""
        return f"{counted(self.faces, 'face')} of {counted(self.photos, 'photo')}{details}"


_NONE, _SMALL, _SEVERAL = "no face found", "the face is too small", "several faces"
_REASONS = {_NONE: "without a face", _SMALL: "with a smaller one", _SEVERAL: "with several"}
"""Why nothing is cut out of a photo that can be read, and what the remark says of it."""


@dataclass(frozen=True, slots=True)
class _Cutter:
    """What is cut out of a photo."""

    detector: Any
    shape: FaceShape
    which: str
    min_size: int

    def cut(self, photo: Any) -> tuple[list[Face], str]:
        """Return the faces, and why there are none."""
        from fernet.datasets.photos import ImageError
        from fernet.faces.finding import find_faces, read_side, take_photo

        try:
            taken = take_photo(photo, read_side(self.detector), colors=True)
        except (ImageError, OSError) as error:
            return [], _reason(photo, error)
        found = find_faces(taken, self.detector, shape=self.shape)
        large = [face for face in found if self._is_large(face)]
        if not large:
            return [], _SMALL if found else _NONE
        if self.which == "only" and len(large) > 1:
            return [], _SEVERAL
        if self.which == "all":
            return large, ""
        if self.which == "largest":
            return [max(large, key=lambda face: face.box.width * face.box.height)], ""
        return large[:1], ""

    def _is_large(self, face: Face) -> bool:
        # What was not searched is a face, whatever its size.
        return face.score is None or max(face.box.width, face.box.height) >= self.min_size


def _reason(photo: Any, error: Exception) -> str:
    text = str(getattr(error, "strerror", None) or error)
    return text.removeprefix(f"{os.fspath(photo)}: ")


def _cut_all(
    cutter: _Cutter, photos: Iterator[_Photo]
) -> Generator[tuple[_Photo, list[Face], str], None, None]:
    """Cut faces in threads, photos in order."""
    from joblib import Parallel, delayed

    def cut(photo: _Photo) -> tuple[_Photo, list[Face], str]:
        return photo, *cutter.cut(photo.path)

    yield from Parallel(n_jobs=-1, prefer="threads", return_as="generator")(
        delayed(cut)(photo) for photo in photos
    )


class _Folder:
    """Where faces go, each under a name of its own: photos may be called as another's second face.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._taken: set[Path] = set()

    def write(self, faces: list[Face], photo: Path) -> None:
        """Write a photo's faces; its path is relative to that of all photos."""
        from PIL import Image

        from fernet._io.files import atomic_writer

        for face in faces:
            place = self.path / self._free_name(photo)
            place.parent.mkdir(parents=True, exist_ok=True)
            with atomic_writer(place) as file:
                Image.fromarray(face.pixels).save(file, "PNG")

    def _free_name(self, photo: Path) -> Path:
        name = photo.name.removesuffix(".png")
        endings = chain([".png"], (f"-{number}.png" for number in count(2)))
        names = (photo.with_name(name + ending) for ending in endings)
        found = next(name for name in names if name not in self._taken)
        self._taken.add(found)
        return found


def _progress(paths: Sequence[Path], quiet: bool) -> Any:
    """Return a context that gives a function to call after each photo."""
    from fernet._io.terminals import is_terminal
    from fernet.cli.output import stderr_console
    from fernet.cli.progress import counting_bar

    if quiet or not is_terminal(sys.stderr):
        return nullcontext(lambda: None)
    return counting_bar(stderr_console(), "cutting", sum(1 for _ in _photos(paths)))
