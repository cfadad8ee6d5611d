"""A file of rows that grows beside its place and survives an interruption."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import IO, Any

from fernet._io.files import naming, replace
from fernet._io.locks import try_lock
from fernet._io.names import cut, escaped
from fernet.cli.errors import InputError

__all__ = ["ResumableFile"]
__dir__ = __all__.copy


class ResumableFile:
    """The rows of a long run, as ``OUT.<what the run is>.partial`` until the last is written.

    A run of the same model and options finds that file, keeps the rows of the files it would
    come to first, in the same order and as they were, and goes on behind them. The last file's
    rows are written again: some of them may be missing.

    Parameters
    ----------
    out : Path
        The name that the file takes at the end.
    layout : {"csv", "jsonl"}
        Its form.
    settings : object
        All that the rows depend on, as JSON takes it.
    heading : str
        What the file begins with.
    """

    def __init__(self, out: Path, layout: str, settings: Any, heading: str) -> None:
        self._given = out
        self.out = Path(os.path.realpath(out))
        if self.out.is_dir():
            raise InputError(f"{out}: a folder, expected a file to write")
        mark = hashlib.sha256(json.dumps([layout, settings]).encode()).hexdigest()[:8]
        self._stem = cut(self.out.name, 200)
        self.partial = self.out.with_name(f"{self._stem}.{mark}.partial")
        self._layout = layout
        self._heading = heading
        self.n_resumed = 0

    def open(self) -> IO[str]:
        """Open the file for more rows; nobody else may write it meanwhile."""
        with naming(self._given):
            self._file = open(self.partial, "a+", encoding="utf-8", newline="")
        if not try_lock(self._file.fileno(), where_there_are_none=True):
            self._file.close()
            raise InputError(f"{self.partial}: another run is writing it")
        return self._file

    def of_other_runs(self) -> list[Path]:
        """Return what runs with other options have left unfinished, and nobody is writing."""
        name = re.compile(rf"{re.escape(self._stem)}\.[0-9a-f]{{8}}\.partial")
        found = (path for path in self.out.parent.iterdir() if name.fullmatch(path.name))
        return sorted(path for path in found if path != self.partial and _is_left(path))

    def skip_done(self, files: Iterable[Any], *, start_over: bool) -> Iterator[Any]:
        """Return the files that have no rows yet; cut off the rows that are of no use.

        Parameters
        ----------
        files : iterable of Path or Unreadable
            All files, in the order of their rows.
        start_over : bool
            Whether to drop what is there.
        """
        rest = iter(files)
        keep = 0
        pending: list[Any] = []
        if not start_over:
            keep, pending = self._match(rest)
        if keep == 0:
            self._file.truncate(0)
            self._file.write(self._heading)
            self._file.flush()
        else:
            self._file.truncate(keep)
        self._file.seek(0, os.SEEK_END)
        return chain(pending, rest)

    def _match(self, files: Iterator[Any]) -> tuple[int, list[Any]]:
        """Compare rows with files; return the bytes to keep and a file taken one too far."""
        keep = 0
        interrupted = os.fstat(self._file.fileno()).st_mtime_ns
        previous: tuple[int, str] | None = None
        for start, name, is_first in self._rows():
            if previous is None:
                keep = start
            elif is_first:
                file = next(files, None)
                if file is None:
                    return keep, []
                if _name(file) != previous[1] or _last_change(file) > interrupted:
                    return keep, [file]
                self.n_resumed += 1
                keep = start
            if previous is None or is_first:
                previous = start, name
        return keep, []

    def _rows(self) -> Iterator[tuple[int, str, bool]]:
        """Give each whole row's place in bytes, its file, and whether it is that file's first."""
        with open(self.partial, "rb") as file:
            offset = len(self._heading.encode())
            if file.read(offset) != self._heading.encode():
                return
            row = b""
            for line in file:
                row += line
                # A name may hold a line's end; it is quoted then, and quotes come in pairs.
                if self._layout == "csv" and row.count(b'"') % 2:
                    continue
                parsed = self._parse(row)
                if parsed is None:
                    return
                yield offset, *parsed
                offset += len(row)
                row = b""

    def _parse(self, row: bytes) -> tuple[str, bool] | None:
        if not row.endswith(b"\n"):
            return None
        try:
            text = row.decode()
            if self._layout == "jsonl":
                document = json.loads(text)
                return document["file"], _is_first(document["face"], document.get("frame"))
            cells = next(csv.reader([text], strict=True))
            names = next(csv.reader([self._heading]))
            values = dict(zip(names, cells, strict=True))
            return values["file"], _is_first(values["face"], values.get("frame"))
        # What a machine that lost its power leaves in a file's end may be anything.
        except (ValueError, KeyError, TypeError, csv.Error):
            return None

    def finish(self) -> None:
        """Give the file its name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        if self.out.exists():
            self.partial.chmod(self.out.stat().st_mode & 0o777)
        if os.name == "nt":  # which gives no other name to an open file
            self._file.close()
        replace(self.partial, self.out)
        self._file.close()

    def close(self) -> None:
        """Leave the file as it is, to go on with later."""
        # Of a full disk this comes a second time, for the rows that are still to be written.
        with suppress(OSError):
            self._file.close()


def _is_first(face: Any, frame: Any) -> bool:
    """Tell whether a row is a file's first, by its face and, in a video, its frame."""
    return face in (None, "", 1, "1") and frame in (None, "", 0, "0")


def _name(file: Any) -> str:
    return escaped(_path(file))


def _path(file: Any) -> Any:
    return getattr(file, "file", file)


def _last_change(file: Any) -> int:
    """Return when a file was last written, replaced or let be read, 0 for what is none."""
    try:
        found = os.stat(_path(file))
    except OSError:
        return 0
    # Cameras and copies give a file any time; that of its entry is the system's own, but on
    # Windows, where it is that of the file's making.
    return max(found.st_mtime_ns, found.st_ctime_ns) if os.name == "nt" else found.st_ctime_ns


def _is_left(path: Path) -> bool:
    """Tell whether nobody is writing a file."""
    try:
        with open(path, "a") as file:
            return try_lock(file.fileno(), where_there_are_none=True)
    except OSError:
        return False
