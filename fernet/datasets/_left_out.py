"""Counts the files that a walk through folders leaves out, and says so."""

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

    @property
    def count(self) -> int:
        """How many there are."""
        return self._kinds.total()

    def add(self, path: Path) -> None:
        """Count a file."""
        self._first = self._first or path
        self._kinds[path.suffix.lower() or "without an ending"] += 1

    def remark(self) -> str:
        """Say in one clause how many there are and of which kinds; "" if there are none."""
        if self._first is None:
            return ""
        kinds = [f"{count} {kind}" for kind, count in self._kinds.most_common(_SHOWN)]
        if len(self._kinds) > _SHOWN:
            kinds.append("...")
        one = self.count == 1
        files, none = (
            ("1 file", "which is no picture")
            if one
            else (
                f"{self.count} files",
                "which are no pictures",
            )
        )
        return f"{files} left out, {none} ({', '.join(kinds)}; the first: {self._first})"
