"""Reads FER2013's CSV in blocks into growing arrays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

from fernet._io.strangers import in_the_place
from fernet.datasets._class_folders import usage_of_split
from fernet.datasets._csv_header import (
    N_PIXELS,
    Header,
    find_roles,
    other_size,
    read_header,
    size_in_words,
    without_pixels,
)
from fernet.datasets._csv_source import CsvSource, open_csv
from fernet.datasets._picture_names import first_lines
from fernet.datasets._pixel_csv import Role, Split, Status, parse_rows
from fernet.datasets._pixel_rows import n_pixels_of
from fernet.datasets._strangers import other_data, refuse_documents
from fernet.datasets._table_rows import Row
from fernet.emotions import EMOTIONS

USAGES = ("Training", "PublicTest", "PrivateTest")
CONTEMPT = "contempt"
"""The eighth class, label 7, that CK+ has in files of this form."""

# A block that stays in the cache between being read and being parsed; a row is about 8 kB.
BLOCK_SIZE = 1 << 20
_FIRST_CAPACITY = 4096
_HEAD_BYTES = 1 << 13  # room for two lines of anything but pixels


class Rows(NamedTuple):
    """What a file holds: uint8 (n, 2304), int64 (n,) and uint8 (n,), an index into USAGES.

    A file without labels has -1 for each. `may_count_from_one` if a label of all splits is 7, and
    none 0.
    """

    pixels: np.ndarray
    labels: np.ndarray
    usages: np.ndarray
    has_contempt: bool = False
    may_count_from_one: bool = False


def is_other_form(rows: Sequence[Row]) -> bool:
    """Tell by its first two rows whether a table of pixels can't be FER2013's, faults or not.

    That is one of pictures of another size, of other words than its emotions, or without a column
    of labels while others are not known either.

    Examples
    --------
    >>> from fernet.datasets._fer_csv import is_other_form
    >>> from fernet.datasets._table_rows import Row
    >>> heads = Row(1, ["emotion", "pixels"])
    >>> is_other_form([heads, Row(2, ["sad", "7 " * 2304])])
    False
    >>> is_other_form([heads, Row(2, ["bored", "7 " * 2304])])
    True
    """
    n_pixels = n_pixels_of(rows)
    if n_pixels != N_PIXELS:
        return bool(size_in_words(n_pixels))
    try:
        roles = find_roles(rows[0].fields)
    except ValueError:
        return True
    words = [rows[1].fields[place].strip().lower() for place in np.flatnonzero(roles == Role.LABEL)]
    return any(word.isalpha() and word not in (*EMOTIONS, CONTEMPT) for word in words)


def read_csv(path: Path, wanted: tuple[str, ...], *, block_size: int = BLOCK_SIZE) -> Rows:
    """Read the rows of the wanted splits; every row of the file is checked.

    Parameters
    ----------
    path : Path
        The CSV, plain or compressed.
    wanted : tuple of str
        Names of splits, out of ``USAGES``.
    block_size : int, default=1 MiB
        Bytes read at a time. No row may be longer.

    Raises
    ------
    ValueError
        If the file is not such a CSV; the message says where.
    """
    with open_csv(path) as source:
        reader = _CsvReader(source, wanted, block_size)
        while reader.fill():
            reader.parse()
        return reader.finish()


class _CsvReader:
    """One pass over a CSV: a block of text, the arrays filled so far and the line reached."""

    def __init__(self, source: CsvSource, wanted: tuple[str, ...], block_size: int) -> None:
        self._source = source
        self._wanted_names = wanted
        kept = [usage in wanted for usage in USAGES]
        self._wanted = np.array([*kept, any(kept[Split.PUBLIC_TEST :])], np.uint8)
        self._block = np.empty(block_size + 2, np.uint8)
        self._room = self._block.data[:block_size]
        self._start = self._stop = 0
        self._final = False
        self._header: Header | None = None
        self._label_counts = np.zeros(len(EMOTIONS) + 1, np.int64)
        self._line = 1
        self._n_rows = 0
        self._seen = np.zeros(len(Split), np.int64)
        self._pixels = np.empty((_FIRST_CAPACITY, N_PIXELS), np.uint8)
        self._labels = np.empty(_FIRST_CAPACITY, np.int64)
        self._usages = np.empty(_FIRST_CAPACITY, np.uint8)

    def fill(self) -> bool:
        """Move the rest of the last block to the front and read on; False after the end."""
        if self._final:
            return False
        rest = self._stop - self._start
        if rest == len(self._room):
            self._fail(f"longer than {len(self._room)} bytes; a row of FER2013 has about 8000")
        self._block[:rest] = self._block[self._start : self._stop].copy()
        self._start, self._stop = 0, rest
        while self._stop < len(self._room):
            n_read = self._source.readinto(self._room[self._stop :])
            if n_read == 0:
                self._final = True
                break
            self._stop += n_read
        return True

    def parse(self) -> None:
        """Parse all whole rows of the block, after the header if it is the first."""
        if self._header is None:
            self._header = self._read_header()
        while True:
            status, self._start, self._n_rows, n_lines, token, detail = parse_rows(
                self._block,
                self._start,
                self._stop,
                self._final,
                self._header.roles,
                self._wanted,
                self._pixels,
                self._labels,
                self._usages,
                self._n_rows,
                self._seen,
                self._label_counts,
                self._header.separator,
            )
            self._line += n_lines
            if status == Status.NEED_INPUT:
                return
            if status != Status.OUTPUT_FULL:
                self._fail(self._describe(status, token, detail) + self._cut_short())
            self._resize(2 * len(self._pixels))

    def finish(self) -> Rows:
        """Give the arrays their final length and hand them over."""
        if not self._seen.any():
            raise ValueError(f"{self._source.name}: a header and no rows")
        self._tell_which_test()
        if self._n_rows == 0:
            raise ValueError(
                f"{self._source.name}: no {' or '.join(self._wanted_names)} rows; "
                f"found {_counted(self._seen)}"
            )
        self._resize(self._n_rows)
        has_contempt = bool(self._label_counts[len(EMOTIONS)])
        from_one = has_contempt and not self._label_counts[0]
        return Rows(self._pixels, self._labels, self._usages, has_contempt, from_one)

    def _tell_which_test(self) -> None:
        """Name the rows of a split that is called test: the last of the two or three there are."""
        *seen, n_tests = self._seen.tolist()
        self._seen = self._seen[: len(USAGES)]
        if n_tests == 0:
            return
        usage = usage_of_split("test", has_validation=seen[Split.PUBLIC_TEST] > 0)
        last = USAGES.index(str(usage))
        self._seen[last] += n_tests
        usages = self._usages[: self._n_rows]
        usages[usages == Split.TEST] = last
        kept = np.flatnonzero(self._wanted[usages])
        for rows in (self._pixels, self._labels, self._usages):
            rows[: len(kept)] = rows[kept]
        self._n_rows = len(kept)

    def _resize(self, n_rows: int) -> None:
        # In place: the system moves pages instead of copying them. Nothing else refers to
        # these arrays, which refcheck can not see while a debugger or profiler looks on.
        self._pixels.resize((n_rows, N_PIXELS), refcheck=False)
        self._labels.resize(n_rows, refcheck=False)
        self._usages.resize(n_rows, refcheck=False)

    def _read_header(self) -> Header:
        """Read the first line and go behind it."""
        text = self._block[: self._stop].tobytes().removeprefix(b"\xef\xbb\xbf")
        if not text.strip():
            raise ValueError(f"{self._source.name}: the file is empty")
        if stranger := in_the_place(text[:64]):
            raise ValueError(f"{self._source.name}: {stranger}")
        if stranger := other_data(text[:64]):
            raise ValueError(f"{self._source.name}: not a CSV file, but {stranger}")
        refuse_documents(Path(self._source.name), text.decode("utf-8", "replace"))
        line, newline, _ = text.partition(b"\n")
        if b"\0" in text or (not newline and len(text) == len(self._room)):
            raise ValueError(f"{self._source.name}: not a CSV file, plain or compressed")
        self._start = self._stop - len(text) + len(line) + len(newline)
        try:
            header = read_header(line.decode("utf-8", "replace").strip("\r"))
        except ValueError as error:
            lines = first_lines(text[:_HEAD_BYTES].decode("utf-8", "replace"))
            if known := without_pixels(lines):
                raise ValueError(f"{self._source.name}: {known}") from None
            self._fail(str(error))
        self._line += 1
        return header

    def _describe(self, status: int, token: int, detail: int) -> str:
        """Say what is wrong with the row at fault."""
        value = self._value_at(token)
        if status == Status.BAD_LABEL:
            numbers = (
                f"a whole number from 0 to {len(EMOTIONS) - 1}, or {len(EMOTIONS)} for {CONTEMPT}"
            )
            words = f"one of {', '.join((*EMOTIONS, CONTEMPT))}"
            is_word = value.strip("'").isalpha()
            cure = "; load_image_list takes other words" if is_word else ""
            return f"the emotion is {value}; expected {words if is_word else numbers}{cure}"
        if status == Status.BAD_PIXEL:
            return f"pixel {detail} is {value}; expected a whole number from 0 to 255"
        if status == Status.BAD_PIXEL_COUNT:
            return other_size(detail)
        if status == Status.BAD_USAGE:
            names = ", ".join(USAGES)
            return f"the usage is {value}; expected {names}, or train, validation and test"
        if status == Status.BAD_FIELD_COUNT:
            assert self._header is not None
            return f"{detail} fields; expected {len(self._header.roles)} as in the header"
        return f"quotes that do not close or stand within the value at {value}"

    def _value_at(self, token: int) -> str:
        """Quote the value at fault, shortened."""
        text = self._block[token : min(token + 24, self._stop)].tobytes()
        for separator in (b"\n", b"\r", b",", b";", b"\t", b'"', b" "):
            text = text.partition(separator)[0]
        return repr(text.decode("ascii", "backslashreplace"))

    def _cut_short(self) -> str:
        """Hint at truncation if the row at fault is the last and has no newline."""
        if self._final and b"\n" not in self._block[self._start : self._stop].tobytes():
            return "; the file ends within this row and may be cut short"
        return ""

    def _fail(self, fault: str) -> NoReturn:
        raise ValueError(f"{self._source.name}, line {self._line}: {fault}")


def _counted(seen: np.ndarray) -> str:
    """List the splits that are there with their number of rows."""
    return ", ".join(f"{count} {usage}" for usage, count in zip(USAGES, seen, strict=True) if count)
