"""The rows of ``fernet predict``: CSV, JSON lines, and a table that does not wait for the end."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, TypeVar

from fernet._io.names import escaped, printable
from fernet._io.terminals import is_terminal
from fernet._io.text_columns import flush_left, plain_table, widest
from fernet.cli.tables import Style, terminal_width

if TYPE_CHECKING:
    from fernet.faces.records import FaceRecord

__all__ = ["TABLE_ROWS", "RowWriter", "begins_as_rows", "shown_name"]
__dir__ = __all__.copy

_Row = TypeVar("_Row")

_BOX = ("x", "y", "width", "height")
_MEASURES = ("score", "angle", "quality")
_FRAME = ["frame", "seconds"]
_OF_CSV = ["file", "face", *_BOX, *_MEASURES, "emotion"]
_OF_TABLE = ["file", "face", "box", "score", "quality", "emotion"]
_OF_JSON = {"file", "face", "box", "emotion", "probabilities", "status"}
TABLE_ROWS = 200
"""Rows that a table lays out at a time; so many are in memory."""


class RowWriter:
    """Writes records in one of the forms.

    Parameters
    ----------
    layout : {"table", "csv", "jsonl"}
        The form.
    names : sequence of str
        The emotions.
    with_frames : bool, default=False
        Whether rows have a frame and its time, as those of videos do.
    wide : bool, default=False
        Whether a table on a terminal has all columns, though they be wider than the terminal.
    """

    def __init__(
        self, layout: str, names: Sequence[str], *, with_frames: bool = False, wide: bool = False
    ) -> None:
        self.names = list(names)
        self.wide = wide
        self.with_frames = with_frames
        self._write: Callable[[IO[str], Iterable[FaceRecord]], None] = {
            "csv": self._write_csv,
            "jsonl": self._write_json_lines,
            "table": self._write_table,
        }[layout]
        self._layout = layout

    def write(self, stream: IO[str], records: Iterable[FaceRecord]) -> None:
        """Write records as they come."""
        self._write(stream, records)

    def heading(self) -> str:
        """Return what a file of this form begins with."""
        if self._layout != "csv":
            return ""
        place = [*self._frame_names(), "face", *_BOX, *_MEASURES]
        return _csv_line(["file", *place, "emotion", *self._chances(), "status"])

    def _chances(self) -> list[str]:
        from fernet.faces.frames import probability_columns

        return probability_columns(self.names)

    def _frame_names(self) -> list[str]:
        return _FRAME if self.with_frames else []

    def _write_csv(self, stream: IO[str], records: Iterable[FaceRecord]) -> None:
        for record in records:
            chances = record.probabilities or {}
            frame = [_or_blank(record.frame), _seconds(record)] if self.with_frames else []
            numbers = [f"{chances[name]:.6f}" if name in chances else "" for name in self.names]
            box = record.box or ("",) * 4
            face, emotion = _or_blank(record.face), record.emotion or ""
            name = shown_name(record)
            row = [name, *frame, face, *box, *_measures(record), emotion, *numbers, record.status]
            stream.write(_csv_line(row))

    def _write_json_lines(self, stream: IO[str], records: Iterable[FaceRecord]) -> None:
        for record in records:
            document: dict[str, Any] = {"file": shown_name(record)}
            if self.with_frames:
                document |= {"frame": record.frame, "seconds": record.seconds}
            document |= {
                "face": record.face,
                "box": None if record.box is None else record.box._asdict(),
                "score": record.score,
                "angle": None if record.face is None else record.angle,
                "quality": _quality(record),
                "emotion": record.emotion,
                "probabilities": record.probabilities,
                "status": record.status,
            }
            stream.write(json.dumps(document) + "\n")

    def _write_table(self, stream: IO[str], records: Iterable[FaceRecord]) -> None:
        if is_terminal(stream):
            self._write_screen_table(stream, records)
            return
        frame = self._frame_names()
        headings = [
            "file",
            *frame,
            "face",
            "box",
            "score",
            "quality",
            "emotion",
            *self._chances(),
            "status",
        ]
        cells = map(self._cells, records)
        widths: list[int] = []
        for block in _blocks(cells):
            # Later blocks keep the first one's columns, and its headings are the only ones.
            ruler = [flush_left(*pair) for pair in zip(headings, widths, strict=False)]
            lines = plain_table(ruler or headings, block)
            stream.write("\n".join(lines[1:] if widths else lines) + "\n")
            widths = widths or [widest(c) for c in zip(headings, *block, strict=True)]

    def _write_screen_table(self, stream: IO[str], records: Iterable[FaceRecord]) -> None:
        from fernet.cli.predict.screen_table import ScreenTable

        kind = {"with_frames": self.with_frames, "wide": self.wide}
        for block in _blocks(records):
            table = ScreenTable(self.names, _in_a_line, terminal_width(), Style(stream), **kind)
            stream.write("\n".join(table.lines(block)) + "\n")

    def _cells(self, record: FaceRecord) -> list[str]:
        chances = record.probabilities or {}
        numbers = [f"{100 * chances[name]:.1f}" if name in chances else "-" for name in self.names]
        frame = [_or_blank(record.frame), _seconds(record)] if self.with_frames else []
        box = "-"
        if record.box is not None:
            box = f"{record.box.width}x{record.box.height}+{record.box.x}+{record.box.y}"
        face = "-" if record.face is None else str(record.face)
        name = _in_a_line(record)
        score = "-" if record.score is None else f"{record.score:.2f}"
        quality = "-" if record.quality is None else f"{record.quality.value:.2f}"
        emotion = (record.emotion or "-") + (" ?" if record.is_doubtful else "")
        return [name, *frame, face, box, score, quality, emotion, *numbers, record.status]


def begins_as_rows(start: bytes) -> bool:
    r"""Tell whether a file's first bytes are those of one that `RowWriter` wrote, in any form.

    Examples
    --------
    >>> from fernet.cli.predict.rows import RowWriter, begins_as_rows
    >>> begins_as_rows(RowWriter("csv", ["happy"]).heading().encode())
    True
    >>> begins_as_rows(b"image,label\n")
    False
    """
    try:
        line = start.partition(b"\n")[0].decode()
        if line.startswith("{"):
            return json.loads(line).keys() >= _OF_JSON
        in_csv, in_table = next(csv.reader([line]), []), line.split()
    except (ValueError, csv.Error):
        return False
    return _are_headings(in_csv, _OF_CSV) or _are_headings(in_table, _OF_TABLE)


def _are_headings(cells: Sequence[str], expected: Sequence[str]) -> bool:
    """Compare all headings but those of emotions, which a model names."""
    place = [cells[0], *cells[3:]] if cells[1:3] == _FRAME else cells
    return place[: len(expected)] == expected and cells[-1] == "status"


def _blocks(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Give rows so many at a time, and those that there are where an interruption ends them."""
    block: list[_Row] = []
    try:
        for row in rows:
            block.append(row)
            if len(block) == TABLE_ROWS:
                yield block
                block = []
    except (Exception, KeyboardInterrupt):
        if block:
            yield block
        raise
    if block:
        yield block


def shown_name(record: FaceRecord) -> str:
    """Return a file's name as text that any stream takes."""
    return escaped(record.file)


def _in_a_line(record: FaceRecord) -> str:
    """Return a file's name as a table shows it."""
    return printable(shown_name(record))


def _measures(record: FaceRecord) -> list[str]:
    """Return the cells of `_MEASURES`."""
    score = "" if record.score is None else f"{record.score:.4f}"
    quality = "" if record.quality is None else f"{record.quality.value:.4f}"
    return [score, "" if record.face is None else f"{record.angle:.1f}", quality]


def _quality(record: FaceRecord) -> dict[str, float] | None:
    """Return the quality as JSON has it: its value and what it is made of."""
    if record.quality is None:
        return None
    measures = {name: round(number, 4) for name, number in record.quality._asdict().items()}
    del measures["turn_left"]
    return {"value": round(record.quality.value, 4), **measures}


def _or_blank(number: int | None) -> str:
    return "" if number is None else str(number)


def _seconds(record: FaceRecord) -> str:
    return "" if record.seconds is None else f"{record.seconds:.3f}"


def _csv_line(values: Sequence[Any]) -> str:
    line = io.StringIO()
    # Some Pythons quote, of the ends of lines, those alone that the terminator holds.
    csv.writer(line, lineterminator="\r\n").writerow(values)
    return line.getvalue().removesuffix("\r\n") + "\n"
