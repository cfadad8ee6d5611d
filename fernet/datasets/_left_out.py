"""Counts what a walk through folders leaves out, and says so."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

_SHOWN = 4


class LeftOut:
    """Files among pictures that are none.

    Only the counts and a few names are kept, however many there are.

    Examples
    --------
    >>> from pathlib import Path
    >>> from fernet.datasets._left_out import LeftOut
    >>> left_out = LeftOut()
    >>> for name in ("notes.txt", "talk.mp4", "list.txt"):
    ...     left_out.add(Path(name))
    >>> left_out.count, left_out.remark()
    (3, '3 files left out, which are no pictures (2 .txt, 1 .mp4; the first: notes.txt)')
    """

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._first: Path | None = None
        self._stray: list[Path] = []
        self._n_stray = 0
        self._folders: list[Path] = []
        self._n_folders = 0
        self._table: Path | None = None

    @property
    def count(self) -> int:
        """How many there are."""
        return self._kinds.total() + self._n_stray + self._n_folders

    def add(self, path: Path) -> None:
        """Count a file, or a folder that was not walked through."""
        if path.is_dir():
            self._n_folders += 1
            self._folders = self._folders or [path]
            return
        self._first = self._first or path
        self._kinds[path.suffix.lower() or "without an ending"] += 1

    def add_stray(self, path: Path) -> None:
        """Count a picture that lies beside the folders of classes."""
        self._n_stray += 1
        self._stray = self._stray or [path]

    def add_table(self, path: Path) -> None:
        """Note a table of pictures, which folders that are named after classes make needless."""
        self._table = self._table or path

    def join(self, other: LeftOut) -> None:
        """Count what another has counted."""
        self._kinds += other._kinds
        self._first = self._first or other._first
        self._n_stray += other._n_stray
        self._stray = self._stray or other._stray
        self._n_folders += other._n_folders
        self._folders = self._folders or other._folders
        self._table = self._table or other._table

    def remark(self) -> str:
        """Say how many there are and of which kinds; "" if there are none."""
        remarks = [self._others_remark(), self._stray_remark(), self._folders_remark()]
        return "; ".join(filter(None, [*remarks, self._table_remark()]))

    def _table_remark(self) -> str:
        if self._table is None:
            return ""
        return (
            f"the folders' names count, and not {self._table.name}, which may say otherwise; give "
            f"it itself to go by it: {self._table}"
        )

    def _folders_remark(self) -> str:
        if not self._folders:
            return ""
        count = "1 folder" if self._n_folders == 1 else f"{self._n_folders} folders"
        return f"{count} left out, closed to this user or a link (the first: {self._folders[0]})"

    def _stray_remark(self) -> str:
        if not self._stray:
            return ""
        one = "1 picture left out, which lies"
        lie = one if self._n_stray == 1 else f"{self._n_stray} pictures left out, which lie"
        return f"{lie} in no class's folder (the first: {self._stray[0]})"

    def _others_remark(self) -> str:
        if self._first is None:
            return ""
        kinds = [f"{count} {kind}" for kind, count in self._kinds.most_common(_SHOWN)]
        if len(self._kinds) > _SHOWN:
            kinds.append("...")
        count = self._kinds.total()
        one = ("1 file", "which is no picture")
        files, none = one if count == 1 else (f"{count} files", "which are no pictures")
        return f"{files} left out, {none} ({', '.join(kinds)}; the first: {self._first})"
