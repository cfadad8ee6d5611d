"""``fernet crop``: from photos and videos to faces to learn from."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from fernet.cli.commands import ExampleCommand
from fernet.cli.crop.cutter import FACES, Counts, Cutter, cut_all
from fernet.cli.crop.face_folder import FaceFolder
from fernet.cli.crop.photos import Photo, Photos, folders_in
from fernet.cli.decoders import silence_decoders
from fernet.cli.errors import SOME_UNREADABLE, InputError
from fernet.cli.originals import Originals
from fernet.cli.paths import FilePath, real_path
from fernet.emotions import MAX_IMAGE_SIZE

__all__ = ["crop"]
__dir__ = __all__.copy


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet crop photos/ --out faces/",
        "fernet crop happy/ sad/ group.jpg --out faces/ --faces all",
        "fernet crop photos/ --out faces/ --faces largest --image-size 64 --color",
        "fernet crop clips/ --out faces/ --every 25",
        "fernet train --data faces/ --from cnn",
    ),
)
@click.argument("paths", nargs=-1, required=True, type=FilePath(path_type=Path, readable=False))
@click.option(
    "--out",
    type=FilePath(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write the faces to, in folders as those of the photos.",
)
@click.option(
    "--faces",
    "which",
    type=click.Choice(FACES),
    default=FACES[0],
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
@click.option(
    "--every",
    type=click.IntRange(1),
    metavar="N",
    help="Cut faces out of videos too, out of each N-th frame.",
)
@click.option("--small-faces", is_flag=True, help="Search a second time, and larger, for a crowd.")
@click.option(
    "--turned-faces",
    is_flag=True,
    help="Search lying and on the head as well, for faces that lie among upright ones.",
)
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
    every: int | None,
    small_faces: bool,
    turned_faces: bool,
    image_size: int | None,
    color: bool | None,
    force: bool,
    quiet: bool,
) -> None:
    """Cut faces out of photos and videos, to learn from them.

    PATHS are photos, and folders to be searched with their subfolders. The face of each photo is
    cut out and turned upright just as "fernet predict" does it, and written as a PNG under the
    photo's name, in a folder as the photo's: where folders are named after emotions, --out is a
    data set for "fernet train". Of several PATHS each folder becomes one in --out. Of photos in
    which no face is found nothing is written, and a line on stderr names each. Pictures that are
    faces already, as of 48x48 grey pixels, are kept as they are. Of videos each N-th frame is a
    photo with --every, and they are left out without.

    It needs OpenCV (pip install "fernet-emotion[faces]"). Exit code: 0 if all photos were read, 3
    if some were not, 2 if none has a face.
    """
    from fernet.datasets._left_out import LeftOut
    from fernet.datasets.face_shapes import asked_shape
    from fernet.emotions import IMAGE_SHAPE
    from fernet.faces import FaceDetector
    from fernet.faces.quality import TOO_SMALL_BELOW

    originals = Originals(paths)
    _check(paths, out, every, force)
    for folder in folders_in(paths):
        originals.check(out / folder, f"--out {out}")
    silence_decoders()
    left_out = LeftOut()
    shape = asked_shape(image_size, color) or IMAGE_SHAPE
    least = TOO_SMALL_BELOW if min_size is None else min_size
    detector = FaceDetector(small_faces=small_faces or "auto", quarter_turns=turned_faces or "auto")
    cutter = Cutter(detector, shape, which, least)
    counts, written = Counts(), FaceFolder(out, originals)
    photos = Photos(paths, every, left_out.add)
    with _progress(photos, quiet) as advance, closing(cut_all(cutter, photos)) as cut:
        for photo, faces, reason in cut:
            counts.add(photo, len(faces), reason)
            written.write(faces, photo.place)
            # A video has too many frames without a face to name each.
            if reason and photo.frame is None and not quiet:
                click.echo(f"{click.format_filename(photo.path)}: {reason}", err=True)
            advance(photo)
    named = ", ".join(click.format_filename(path) for path in paths)
    if not counts.looked_at():
        raise InputError("; ".join(filter(None, [f"{named}: no photos", left_out.remark()])))
    if not counts.faces:
        raise InputError(f"{named}: {counts.why_none()}")
    if not quiet:
        replaced = f", {written.n_replaced} over what was there" if written.n_replaced else ""
        remarks = (f"{counts.remark()}, written to {out}{replaced}", left_out.remark())
        click.echo("\n".join(filter(None, remarks)), err=True)
    if counts.unreadable:
        ctx.exit(SOME_UNREADABLE)


def _check(paths: Sequence[Path], out: Path, every: int | None, force: bool) -> None:
    from fernet._io.addresses import not_there
    from fernet.datasets._picture_table import is_table
    from fernet.faces.video import names_video

    for path in paths:
        if not path.exists():
            raise not_there(path)
        if every is None and names_video(path):
            raise InputError(f"{path}: a video; --every 25 cuts faces out of each 25th frame")
        if is_table(path):
            raise InputError(
                f"{path}: a table of pictures; expected the folder that they are in. The table "
                "finds their faces when it lies in --out; where it has boxes, fernet train --data "
                f"{path} cuts the faces out at them"
            )
        folder = path if path.is_dir() else path.parent
        inside = real_path(out).is_relative_to(real_path(folder))
        if inside if path.is_dir() else real_path(out) == real_path(folder):
            raise InputError(f"--out {out}: lies in {folder}, among the photos")
    if not force and out.is_dir() and any(out.iterdir()):
        raise InputError(f"--out {out}: there are files in it; --force writes among them")


def _progress(photos: Photos, quiet: bool) -> Any:
    """Return a context that gives a function to call after each photo and frame."""
    from fernet._io.terminals import is_terminal
    from fernet.cli.output import stderr_console
    from fernet.cli.progress import counting_bar

    if quiet or not is_terminal(sys.stderr):
        return nullcontext(lambda photo: None)
    return _files_of(counting_bar(stderr_console(), "cutting", photos.count()))


@contextmanager
def _files_of(bar: Any) -> Iterator[Callable[[Photo], None]]:
    """Advance a bar by files: a video is one, whose frames and what is said of its end go on."""
    with bar as advance:
        before: Photo | None = None

        def step(photo: Photo) -> None:
            nonlocal before
            of_video = before.path if before is not None and before.frame is not None else None
            if photo.path != of_video or photo.frame == 0:
                advance()
            before = photo

        yield step
