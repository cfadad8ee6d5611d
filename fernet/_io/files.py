"""Writing a file so that nobody ever sees half of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

__all__ = ["atomic_writer"]


@contextmanager
def atomic_writer(path: str | os.PathLike[str], *, text: bool = False) -> Iterator[IO[Any]]:
    """Open a file for writing that appears under its name only when it is whole.

    The bytes go to a temporary file in the same folder, reach the disk, and take the name in one
    step. If anything fails before, whatever had the name keeps it, untouched, and the temporary
    file is removed.

    Parameters
    ----------
    path : path-like
        The file to write. An existing file is replaced and its permissions are kept; a symbolic
        link is followed.
    text : bool, default=False
        Whether the file takes ``str``, written as UTF-8 with newlines as given, and not bytes.

    Yields
    ------
    file object
        Open for writing.

    Raises
    ------
    OSError
        If the folder does not exist or can't be written to.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fernet._io.files import atomic_writer
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     note = Path(folder) / "note.txt"
    ...     with atomic_writer(note, text=True) as file:
    ...         _ = file.write("whole")
    ...         print(note.exists())
    ...     print(note.read_text())
    False
    whole
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"{os.fspath(path)!r} is a folder, expected a file to write")
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    # Not tempfile: it makes files that only their owner may read.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with _as_file(descriptor, text) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            temporary.chmod(target.stat().st_mode & 0o777)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _as_file(descriptor: int, text: bool) -> IO[Any]:
    if text:
        return open(descriptor, "w", encoding="utf-8", newline="")
    return open(descriptor, "wb")


def _sync_folder(folder: Path) -> None:
    """Make the new name itself last through a power cut; Windows has no such call."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
