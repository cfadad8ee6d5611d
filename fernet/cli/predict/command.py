"""``fernet predict``: the emotion of each face in pictures, videos and cameras, a row per face."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from fernet.cli.commands import ExampleCommand
from fernet.cli.errors import SOME_UNREADABLE
from fernet.cli.finite_float import FiniteFloat
from fernet.cli.models import FOR_PHOTOS, HELP, METAVAR, MODEL, views_option
from fernet.cli.paths import FilePath
from fernet.cli.predict.job import Job
from fernet.cli.predict.layouts import FORMATS

__all__ = ["predict"]
__dir__ = __all__.copy


# As OpenCV and Linux name one.
_CAMERA = re.compile(r"(?:/dev/video)?(\d{1,3})")


def _no_cameras(
    ctx: click.Context, param: click.Parameter, paths: tuple[Path, ...]
) -> tuple[Path, ...]:
    """Say how a camera is asked for where one is given as a path."""
    for path in paths:
        found = _CAMERA.fullmatch(str(path))
        if found and (path.is_char_device() or not path.exists()):
            raise click.BadParameter(
                f"{str(path)!r} is no picture; a camera is --camera {int(found[1])}", ctx, param
            )
    return paths


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet predict photo.jpg",
        "fernet predict holiday/ --out emotions.csv --annotate holiday-with-boxes/",
        "fernet predict faces/ --no-detect --model runs/mlp-1 --json",
        "fernet predict talk.mp4 --every 5 --smooth 0.8 --out talk.csv --plot talk.png",
        "fernet predict --camera 0",
    ),
)
# One that can't be read is a row among the others, and no end of them.
@click.argument(
    "paths", nargs=-1, type=FilePath(path_type=Path, readable=False), callback=_no_cameras
)
@click.option(
    "--model",
    default=FOR_PHOTOS,
    show_default=True,
    type=MODEL,
    metavar=METAVAR,
    help=HELP,
)
@views_option
@click.option(
    "--detect/--no-detect",
    default=True,
    help="Look for faces (the default), or take each picture's middle square for one.",
)
@click.option(
    "--small-faces",
    is_flag=True,
    help="Search every picture a second time, and larger, for faces of a crowd; some ten times "
    "as long.",
)
@click.option(
    "--turned-faces",
    is_flag=True,
    help="Search every picture lying and on its head as well, for faces that lie among upright "
    "ones; four times as long.",
)
@click.option(
    "--min-score",
    type=FiniteFloat(0, 1),
    metavar="SCORE",
    help="Judge no face that the detector is less certain of, from 0 to 1; none below 0.7 is found "
    "unless this is lower.",
)
@click.option(
    "--min-size",
    type=click.IntRange(0),
    default=0,
    metavar="PIXELS",
    help="Judge no face with a smaller box.",
)
@click.option(
    "--min-quality",
    type=FiniteFloat(0, 1),
    default=0.0,
    metavar="SHARE",
    help="Judge no face of which the network keeps a smaller share of its accuracy, from 0 to 1.",
)
@click.option(
    "--camera", type=click.IntRange(0), metavar="N", help="Look at a camera, until Ctrl-C."
)
@click.option(
    "--every",
    type=click.IntRange(1),
    default=1,
    metavar="N",
    help="Of a video or camera, look at each N-th frame alone.",
)
@click.option(
    "--smooth",
    type=FiniteFloat(0, 1, max_open=True),
    default=0.0,
    metavar="SHARE",
    help="Share of the past in a face's probabilities from frame to frame that is looked at, 0 to "
    "below 1.",
)
@click.option(
    "--annotate",
    type=FilePath(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder to write the pictures to with boxes and labels.",
)
@click.option(
    "--plot",
    type=FilePath(path_type=Path, dir_okay=False),
    help="Draw a video's emotions over time, a strip a face, as .png, .svg, .pdf or what else "
    "matplotlib writes.",
)
@click.option(
    "--format",
    "layout",
    type=click.Choice(FORMATS),
    help="Form of the rows; by default what the ending of --out says, else a table.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format jsonl.")
@click.option(
    "--wide",
    is_flag=True,
    help="Boxes and all probabilities in a table on a terminal that is too narrow for them.",
)
@click.option(
    "--out",
    type=FilePath(path_type=Path, dir_okay=False),
    help="File to write the rows to, whole or not at all: .csv, .jsonl or .ndjson, .txt for a "
    "table; by default stdout. Rows of an earlier run are replaced, other files are not.",
)
@click.option(
    "--resume/--no-resume",
    default=True,
    help="Go on with an interrupted run to the same --out (the default), or start it again.",
)
@click.option("--quiet", is_flag=True, help="No progress bar and no closing remark.")
@click.pass_context
def predict(ctx: click.Context, /, paths: tuple[Path, ...], **options: Any) -> None:
    """Tell the emotion of each face in pictures.

    Each of PATHS is a picture of any size, a folder, searched with its subfolders for pictures,
    or a video. Finding faces needs OpenCV (pip install "fernet-emotion[faces]"); pictures of
    48x48 grey pixels, or as a model of your own takes them, are taken for faces that are cut out
    already, and with --no-detect any picture's middle square is.

    Every face gets a row: file, number of the face, box (x, y of its upper left corner, width,
    height, in pixels), the detector's score and the quality of the face's picture (the share of
    its accuracy that the network keeps; 1 is best), emotion, probability of each emotion (in
    percent in a table, else 0 to 1) and status: "ok". Emotions of faces of less than 24 pixels, or
    of a quality below three quarters, are doubtful: a table has a question mark behind them. A face
    below a limit, a picture without a face or one that can't be read gets a row whose status says
    so. Rows of videos have the frame's number and time too, and a face keeps its number from frame
    to frame. On a terminal that is too narrow for all of it, the table has the file, the emotion
    with its probability and the status; --wide shows the rest.

    An interrupted run to a CSV or JSON lines file goes on where it stopped when it is given
    again, or at the first picture that was written or replaced since, with a video from its
    beginning. Exit code: 0 if all pictures and videos were read, 3 if
    some were not, 2 if the model is unusable. Files in a folder that are no pictures, videos among
    them, are left out: the closing remark counts them, the exit code does not. Videos are to be
    named themselves. HEIC photos count as unreadable, unless pillow-heif is there (pip install
    "fernet-emotion[heic]").
    """
    job = Job(paths, **options)
    job.run()
    if not job.quiet and job.has_remarks:
        click.echo("\n".join(job.remarks()), err=True)
    if not job.has_read_all:
        ctx.exit(SOME_UNREADABLE)
