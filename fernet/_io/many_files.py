"""Many files written into one folder."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager
from typing import IO, Any

from fernet._io.files import TEMPORARY, atomic_writer
from fernet._io.names import cut

__all__ = ["ManyFiles"]


class ManyFiles:
    """Opens files as `atomic_writer` does, and looks into a folder once for what was left there.

    To look anew for each of the files that a folder is filled with takes time that grows with the
    square of their number.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fernet._io.many_files import ManyFiles
    >>> writer = ManyFiles()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a", "b"):
    ...         with writer.open(Path(folder) / name) as file:
    ...             _ = file.write(b"whole")
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['a', 'b']
    """

    def __init__(self) -> None:
        self._left: dict[str, set[str]] = {}
        self._looking = threading.Lock()

    def open(self, path: str | os.PathLike[str]) -> AbstractContextManager[IO[Any]]:
        """Return what `atomic_writer` does for bytes; threads may call it.

        Parameters
        ----------
        path : path-like
            The file to write.
        """
        folder, name = os.path.split(os.path.realpath(path))
        # One thread's temporary files would be taken for leftovers by another that looks later.
        with self._looking:
            if folder not in self._left:
                self._left[folder] = _unfinished_in(folder)
        return atomic_writer(path, clears=cut(name) in self._left[folder])


def _unfinished_in(folder: str) -> set[str]:
    """Return the names, cut, of the targets whose temporary files a folder has."""
    try:
        with os.scandir(folder) as entries:
            found = [TEMPORARY.fullmatch(entry.name) for entry in entries]
    except OSError:  # not there yet, or not to be looked at
        return set()
    return {match[1] for match in found if match}
