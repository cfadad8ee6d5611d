"""The table of ``fernet predict`` on a terminal, which is as narrow as it happens to be."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from fernet._io.text_columns import flush_left, flush_right, n_columns, widest
from fernet.cli.tables import Style, folded

if TYPE_CHECKING:
    from fernet.faces.records import FaceRecord

__all__ = ["ScreenTable"]
__dir__ = __all__.copy

_LEAST_NAME = 8
"""Columns that a file's name gets on the narrowest terminal."""
_ENOUGH_NAME = 20
"""Columns of a name that are enough for all of the rest to be shown beside it."""
_NARROW = 60
"""Columns of a terminal below which gaps are one column wide, and headings short."""

_NARROW_STATUS = 9
"""Columns of such a terminal that the status of a face has."""


class _Column(NamedTuple):
    heading: str
    cell: Callable[[FaceRecord], str]
    is_text: bool = False


class ScreenTable:
    """Lays out records for a terminal; no value is cut, and a name that is has a mark.

    What has no emotion has what its status says in the place of one, and doubtful ones have a
    question mark. If there is no room
    for everything, rows have the file, the face, its emotion with the probability, and the status.

    Parameters
    ----------
    names : sequence of str
        The emotions.
    shown_name : callable
        Gives a record's file as text.
    width : int
        Columns of the terminal.
    style : Style
        What signs can be printed.
    with_frames : bool, default=False
        Whether rows have a frame and its time.
    wide : bool, default=False
        Whether rows have everything, however long the lines.

    Examples
    --------
    >>> import io
    >>> from fernet.cli.predict.screen_table import ScreenTable
    >>> from fernet.cli.tables import Style
    >>> from fernet.faces.records import FaceRecord
    >>> table = ScreenTable(["happy"], lambda record: record.file, 40, Style(io.StringIO()))
    >>> print(table.lines([FaceRecord("photo.jpg", "no face found")])[-1])
    photo.jpg no face found
    """

    def __init__(
        self,
        names: Sequence[str],
        shown_name: Callable[[FaceRecord], str],
        width: int,
        style: Style,
        *,
        with_frames: bool = False,
        wide: bool = False,
    ) -> None:
        self._names = names
        self._shown_name = shown_name
        self._width = width
        self._style = style
        self._with_frames = with_frames
        self._wide = wide
        self._gap = " " * (1 if width < _NARROW and not wide else 2)

    def lines(self, records: Sequence[FaceRecord]) -> list[str]:
        """Return the lines of some records' table: a title, the headings, a rule, the rows."""
        longest = widest(["file", *map(self._shown_name, records)])
        rest = self._rest(self._columns(everything=True), records)
        room = self._width - n_columns(rest[0]) - len(self._gap)
        title = "Probability of each emotion in percent"
        if not self._wide and room < min(longest, _ENOUGH_NAME):
            rest = self._rest(self._columns(everything=False), records)
            room = self._width - n_columns(rest[0]) - len(self._gap)
            title = "Emotions in percent; all columns: --wide"
        room = longest if self._wide else max(_LEAST_NAME, min(longest, room))
        lines = textwrap.wrap(title, self._width)
        lines += self._row("file", [rest[0].rstrip()], room)
        lines.append(self._style.rule * (room + len(self._gap) + n_columns(rest[0])))
        for record, cells in zip(records, rest[1:], strict=True):
            is_judged = record.emotion is not None
            texts = self._judged(record, cells) if is_judged else self._status(record, room)
            lines += self._row(self._shown_name(record), texts, room)
        return lines

    def _columns(self, *, everything: bool) -> list[_Column]:
        columns = []
        if self._with_frames:
            if everything or self._width >= _NARROW:
                columns.append(_Column("frame", lambda r: "" if r.frame is None else str(r.frame)))
            columns.append(
                _Column("seconds", lambda r: "" if r.seconds is None else f"{r.seconds:.3f}")
            )
        heading = "face" if everything or self._width >= _NARROW else "#"
        columns.append(_Column(heading, lambda r: "" if r.face is None else str(r.face)))
        if everything:
            columns += [
                _Column("box", _box),
                _Column("score", _score),
                _Column("quality", _quality),
            ]
        columns.append(_Column("emotion", _emotion, True))
        if everything:
            columns += [_Column(name, _probability_of(name)) for name in self._names]
        else:
            columns.append(_Column("%", _probability))
        return [*columns, _Column("status", self._first_of_status, True)]

    def _rest(self, columns: Sequence[_Column], records: Sequence[FaceRecord]) -> list[str]:
        """Return all that stands beside the file, of the headings and of each record judged."""
        rows = [[column.heading for column in columns]]
        rows += [
            [column.cell(record) if record.emotion is not None else "" for column in columns]
            for record in records
        ]
        widths = [widest(column) for column in zip(*rows, strict=True)]
        return [
            self._gap.join(
                (flush_left if column.is_text else flush_right)(cell, width)
                for column, cell, width in zip(columns, row, widths, strict=True)
            )
            for row in rows
        ]

    def _status_lines(self, record: FaceRecord) -> list[str]:
        is_folded = self._width < _NARROW and not self._wide
        return textwrap.wrap(record.status, _NARROW_STATUS if is_folded else self._width)

    def _first_of_status(self, record: FaceRecord) -> str:
        return self._status_lines(record)[0]

    def _judged(self, record: FaceRecord, cells: str) -> list[str]:
        first, *more = self._status_lines(record)
        place = n_columns(cells.rstrip()) - n_columns(first)
        return [cells.rstrip(), *(" " * place + line for line in more)]

    def _status(self, record: FaceRecord, room: int) -> list[str]:
        """Return what stands in the place of an emotion."""
        text = record.status if record.face is None else f"face {record.face}: {record.status}"
        if record.seconds is not None:
            text = f"{record.seconds:.3f} s: {text}"
        width = self._width - room - len(self._gap)
        return [text] if self._wide else textwrap.wrap(text, max(width, _LEAST_NAME))

    def _row(self, name: str, texts: list[str], room: int) -> list[str]:
        parts = folded(name, room, self._style.mark)
        return [
            (part + " " * (room - n_columns(part)) + self._gap + text).rstrip()
            for part, text in zip_longest(parts, texts, fillvalue="")
        ]


def _box(record: FaceRecord) -> str:
    box = record.box
    return "" if box is None else f"{box.width}x{box.height}+{box.x}+{box.y}"


def _score(record: FaceRecord) -> str:
    return "" if record.score is None else f"{record.score:.2f}"


def _quality(record: FaceRecord) -> str:
    return "" if record.quality is None else f"{record.quality.value:.2f}"


def _emotion(record: FaceRecord) -> str:
    return (record.emotion or "") + (" ?" if record.is_doubtful else "")


def _probability_of(name: str) -> Callable[[FaceRecord], str]:
    return lambda record: f"{100 * (record.probabilities or {})[name]:.1f}"


def _probability(record: FaceRecord) -> str:
    return f"{100 * (record.probabilities or {})[record.emotion or '']:.1f}"
