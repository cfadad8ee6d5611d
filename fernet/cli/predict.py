"""``fernet predict``: the emotion in each image, a row per file."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import click

from fernet.cli.commands import ExampleCommand
from fernet.cli.errors import SOME_UNREADABLE, InputError

OK = "ok"
CHUNK = 256
FORMATS = ("table", "csv", "jsonl")


@dataclass(slots=True)
class Row:
    """One file's answer, or why there is none."""

    file: str
    status: str
    emotion: str | None = None
    probabilities: dict[str, float] | None = None


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet predict runs/mlp-1/model.safetensors photo.jpg",
        "fernet predict runs/mlp-1/model.safetensors faces/ --format csv > emotions.csv",
    ),
)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "layout",
    type=click.Choice(FORMATS),
    help="Form of the rows; by default what the ending of --out says, else a table.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format jsonl.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write the rows to, whole or not at all; by default stdout.",
)
@click.option("--quiet", is_flag=True, help="No progress bar and no closing remark.")
@click.pass_context
def predict(
    ctx: click.Context,
    /,
    model: Path,
    paths: tuple[Path, ...],
    layout: str | None,
    as_json: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Tell the emotion in images.

    MODEL is a file that "fernet train" wrote. Each of PATHS is an image of any size, or a folder,
    searched with its subfolders. Images are cropped to the middle square, turned grey and
    resized to 48x48 pixels, so a face should fill the picture.

    Every file gets a row with its name, a status ("ok", or why it can't be read), the emotion
    and the probability of each emotion (in percent in a table, else 0 to 1). Exit code: 0 if
    all files were read, 3 if some were not, 2 if the model is unusable.
    """
    layout = _choose_layout(layout, as_json, out)
    predictor = _Predictor(model)
    files = list(_files(paths))
    write = {"table": _write_table, "csv": _write_csv, "jsonl": _write_json_lines}[layout]
    counter = _Counter()
    with _progress(len(files), quiet or (out is None and layout == "table")) as advance:
        rows = counter.watch(predictor.rows(files), advance)
        if out is None:
            write(sys.stdout, rows, predictor.names)
        else:
            from fernet._files import atomic_writer

            with atomic_writer(out, text=True) as file:
                write(file, rows, predictor.names)
    if not quiet and (counter.unreadable or out is not None):
        click.echo(counter.remark(out), err=True)
    if counter.unreadable:
        ctx.exit(SOME_UNREADABLE)


class _Predictor:
    """A loaded model and the names of its classes."""

    def __init__(self, path: Path) -> None:
        from fernet.cli.models import class_names, load
        from fernet.emotions import IMAGE_SHAPE

        self.model = load(path)
        self.names = class_names(self.model)
        n_pixels = IMAGE_SHAPE[0] * IMAGE_SHAPE[1]
        if self.model.n_features_in_ != n_pixels:
            raise InputError(
                f"{path}: the model takes {self.model.n_features_in_} values an image; "
                f"images can be read for models of {n_pixels} (48x48 grey pixels)"
            )

    def rows(self, files: Iterable[tuple[Path, str | None]]) -> Iterator[Row]:
        """Read and classify, a chunk of files at a time, in order."""
        from concurrent.futures import ThreadPoolExecutor

        import numpy as np

        with ThreadPoolExecutor() as pool:
            for chunk in _chunks(files):
                faces = list(pool.map(_read, chunk))
                good = [face for face, _ in faces if face is not None]
                chances = iter(self.model.predict_proba(np.stack(good)) if good else ())
                for (path, _), (face, status) in zip(chunk, faces, strict=True):
                    row = None if face is None else next(chances)
                    yield self._row(click.format_filename(path), status, row)

    def _row(self, file: str, status: str, chances: Any) -> Row:
        if chances is None:
            return Row(file, status)
        emotion = self.names[int(chances.argmax())]
        return Row(file, status, emotion, dict(zip(self.names, chances.tolist(), strict=True)))


def _chunks(files: Iterable[tuple[Path, str | None]]) -> Iterator[list[tuple[Path, str | None]]]:
    iterator = iter(files)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _choose_layout(layout: str | None, as_json: bool, out: Path | None) -> str:
    if as_json:
        if layout not in (None, "jsonl"):
            raise click.UsageError(f"--json and --format {layout} contradict each other")
        return "jsonl"
    if layout is None and out is not None and out.suffix[1:] in FORMATS:
        return out.suffix[1:]
    return layout or "table"


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, str | None]]:
    """List the files with, for what is no file to read, the status that says why."""
    from fernet.datasets.images import list_images

    for path in paths:
        if not path.is_dir():
            yield path, None
        elif images := list_images(path):
            yield from ((image, None) for image in images)
        else:
            yield path, "folder without images"


def _read(entry: tuple[Path, str | None]) -> tuple[Any, str]:
    """Return the face and "ok", or None and why it can't be read."""
    from fernet.datasets.images import ImageError, read_face

    path, fault = entry
    if fault is not None:
        return None, fault
    try:
        return read_face(path).ravel(), OK
    except OSError as error:
        return None, (error.strerror or str(error)).lower()
    except ImageError as error:
        return None, str(error).removeprefix(f"{path}: ")


class _Counter:
    """Counts rows on their way to the writer."""

    def __init__(self) -> None:
        self.total = self.unreadable = 0

    def watch(self, rows: Iterable[Row], advance: Callable[[], object]) -> Iterator[Row]:
        for row in rows:
            self.total += 1
            self.unreadable += row.status != OK
            advance()
            yield row

    def remark(self, out: Path | None) -> str:
        files = "1 file" if self.total == 1 else f"{self.total} files"
        place = "" if out is None else f", written to {out}"
        return f"{files}, {self.unreadable} unreadable{place}"


def _progress(n_files: int, hidden: bool) -> Any:
    """Return a context that gives a function to call after each file."""
    from fernet.cli.output import is_terminal, stderr_console

    if hidden or not is_terminal(sys.stderr):
        return nullcontext(lambda: None)
    from fernet.cli.progress import counting_bar

    return counting_bar(stderr_console(), "predicting", n_files)


def _write_csv(stream: IO[str], rows: Iterable[Row], names: list[str]) -> None:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow(["file", "status", "emotion", *names])
    for row in rows:
        chances = row.probabilities or {}
        numbers = [f"{chances[name]:.6f}" if name in chances else "" for name in names]
        writer.writerow([row.file, row.status, row.emotion or "", *numbers])
        _flush_line(stream, line)
    _flush_line(stream, line)


def _flush_line(stream: IO[str], line: io.StringIO) -> None:
    stream.write(line.getvalue())
    line.seek(0)
    line.truncate()


def _write_json_lines(stream: IO[str], rows: Iterable[Row], names: list[str]) -> None:
    for row in rows:
        document = {
            "file": row.file,
            "status": row.status,
            "emotion": row.emotion,
            "probabilities": row.probabilities,
        }
        stream.write(json.dumps(document) + "\n")


def _write_table(stream: IO[str], rows: Iterable[Row], names: list[str]) -> None:
    from fernet.cli.output import is_terminal, plain_table, print_rich_table

    headings = ["file", "emotion", *names, "status"]
    cells = []
    for row in rows:
        chances = row.probabilities or {}
        numbers = [f"{100 * chances[name]:.1f}" if name in chances else "-" for name in names]
        cells.append([row.file, row.emotion or "-", *numbers, row.status])
    if is_terminal(stream):
        print_rich_table("Probability of each emotion in percent", headings, cells)
    else:
        stream.write("\n".join(plain_table(headings, cells)) + "\n")
