"""Writing a file so that nobody ever sees half of it, and reading one up to a limit."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from fernet._io.addresses import check_writable, path_of
from fernet._io.locks import try_lock
from fernet._io.names import cut

__all__ = [
    "TEMPORARY",
    "UnwrittenWarning",
    "atomic_writer",
    "check_room",
    "clear_leftovers",
    "is_replaceable",
    "naming",
    "naming_no_room",
    "read_at_most",
    "read_open",
    "replace",
]

TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{12}\.tmp", re.DOTALL)
"""Names of temporary files, and in them the target's, cut to what a file system takes."""
_MAX_LINKS = 40  # as many as Linux follows
_MAX_ATTEMPTS = 10
_REPLACE_ATTEMPTS = 10 if os.name == "nt" else 1
_PAUSE_SECONDS = 0.05
_BINARY = getattr(os, "O_BINARY", 0)  # Windows writes other ends of lines without
_CHUNK = 1 << 20
_NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_UNKNOWN_CALL = (errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)  # a file system's word


class UnwrittenWarning(UserWarning):
    """A file that was asked for lacks what could not be written; the work goes on without."""


@contextmanager
def atomic_writer(
    path: str | os.PathLike[str], *, text: bool = False, clears: bool = True
) -> Iterator[IO[Any]]:
    """Open a file for writing that appears under its name only when it is whole.

    The bytes go to a temporary file in the same folder, reach the disk, and take the name in one
    step. If anything fails before, whatever had the name keeps it, untouched, and the temporary
    file is removed; those that killed processes have left are cleared first. What is no regular
    file, such as a pipe, a device or ``/dev/stdout``, is written into as the bytes come.

    Parameters
    ----------
    path : path-like
        The file to write. An existing file is replaced and its permissions are kept; a symbolic
        link is followed.
    text : bool, default=False
        Whether the file takes ``str``, written as UTF-8 with newlines as given, and not bytes.
    clears : bool, default=True
        Whether to look for what killed processes have left; `fernet._io.many_files` says when
        not to.

    Yields
    ------
    file object
        Open for writing.

    Raises
    ------
    OSError
        If the folder does not exist or can't be written to, or it is an address of the web; the
        error names `path`.
    TypeError
        If `path` is none, such as an open file.

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
    path_of(path)
    check_writable(path)
    if not is_replaceable(path):
        with _closing(_as_file(_open_in_place(path), text), path) as file:
            yield file
        return
    if clears:
        clear_leftovers(path)
    target = Path(os.path.realpath(path))
    temporary, descriptor = _open_temporary(path)
    try:
        with _closing(_as_file(descriptor, text), path) as file:
            yield file
            with naming(path):
                file.flush()
                os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            temporary.chmod(target.stat().st_mode & 0o777)
        with naming(path):
            replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def replace(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Give a file the name of another in one step, as ``os.replace`` does.

    On Windows that fails while a file is open, be it for the moment in which a virus scanner reads
    it: there it is tried again for half a second.

    Parameters
    ----------
    source : path-like
        The file.
    target : path-like
        Its new name; what had it is gone then.
    """
    for left in reversed(range(_REPLACE_ATTEMPTS)):
        try:
            os.replace(source, target)
        except PermissionError:
            if left == 0:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def is_replaceable(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is that of a regular file, there already or yet to be made.

    Parameters
    ----------
    path : path-like
        Where something is to be written.

    Returns
    -------
    bool
        False for pipes, devices, sockets, and names of open files such as ``/dev/stdout``, even
        where that leads to a regular file: others may be writing there too.

    Raises
    ------
    IsADirectoryError
        If it is a folder.
    FileNotFoundError
        If it is empty, which the system takes for the folder one is in.
    OSError
        If it can't be looked at, for example a link that leads to itself.

    Examples
    --------
    >>> import os
    >>> from fernet._io.files import is_replaceable
    >>> is_replaceable("rows.csv"), is_replaceable(os.devnull)
    (True, False)
    """
    if not os.fspath(path):
        raise FileNotFoundError(errno.ENOENT, "Expected the path of a file", path)
    if _descriptor(path) is not None:
        return False
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return True
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{os.fspath(path)!r} is a folder, expected a file to write")
    return stat.S_ISREG(mode)


def read_at_most(path: str | os.PathLike[str], n_bytes: int) -> bytes:
    """Read a file that may be a stranger's, and no larger than it should be.

    Parameters
    ----------
    path : path-like
        The file; a pipe is read to its end.
    n_bytes : int
        The most that is read.

    Returns
    -------
    bytes
        All of it.

    Raises
    ------
    ValueError
        If it is larger.
    OSError
        If it can't be read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fernet._io.files import read_at_most
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     note = Path(folder) / "note.txt"
    ...     _ = note.write_text("short")
    ...     read_at_most(note, 5)
    b'short'
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size  # 0 of a pipe
        if size > n_bytes:
            raise ValueError(_too_large(n_bytes))
        return read_open(file, n_bytes, max(size, _CHUNK))


def read_open(file: IO[bytes], n_bytes: int, chunk: int = _CHUNK) -> bytes:
    """Read an open file to its end, as `read_at_most` does a path's.

    Parameters
    ----------
    file : binary file object
    n_bytes : int
        The most that is read.
    chunk : int, default=2**20
        Bytes to ask for at once: not `n_bytes`, as Python makes room for all that it is asked for.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If there is more.
    """
    parts, left = [], n_bytes + 1
    while left > 0 and (part := file.read(min(left, chunk))):
        parts.append(part)
        left -= len(part)
    if left <= 0:
        raise ValueError(_too_large(n_bytes))
    return b"".join(parts)


def _too_large(n_bytes: int) -> str:
    return f"larger than {n_bytes} bytes, the most that is read"


def check_room(path: str | os.PathLike[str], n_bytes: int) -> None:
    """Make sure that a file of some size could be written now; nothing of it stays.

    Parameters
    ----------
    path : path-like
        The file. Of pipes and devices nothing can be known before.
    n_bytes : int
        Its size, 1 or more.

    Raises
    ------
    OSError
        If the folder does not exist or can't be written to, or there is no room; the error names
        `path`.
    """
    if not is_replaceable(path):
        return
    clear_leftovers(path)
    temporary, descriptor = _open_temporary(path)
    try:
        with naming(path):
            _allocate(descriptor, n_bytes)
    finally:
        os.close(descriptor)
        temporary.unlink(missing_ok=True)


def clear_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove the temporary files of a target whose writers were killed.

    Parameters
    ----------
    path : path-like
        The target. Files that are being written stay.
    """
    target = Path(os.path.realpath(path))
    own = cut(target.name)
    # A folder may be one to write into and not to look at, and others may clear it too.
    with suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            found = TEMPORARY.fullmatch(entry.name)
            if found and found[1] == own and entry.is_file(follow_symlinks=False):
                _remove_if_left(Path(entry.path))


def _remove_if_left(temporary: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(temporary, os.O_WRONLY)
        try:
            is_left = try_lock(descriptor)
            # While the lock is held, so that nobody takes up the name meanwhile. Windows removes no
            # open file, and so none that another has opened either.
            if is_left and os.name == "posix":
                temporary.unlink()
        finally:
            os.close(descriptor)
        if is_left and os.name != "posix":
            temporary.unlink()


def _open_temporary(path: str | os.PathLike[str]) -> tuple[Path, int]:
    """Make a temporary file for a target, locked as long as it is open."""
    target = Path(os.path.realpath(path))
    for attempts_left in reversed(range(_MAX_ATTEMPTS)):
        temporary = target.with_name(f".{cut(target.name)}.{secrets.token_hex(6)}.tmp")
        # Not tempfile: it makes files that only their owner may read.
        with naming(path):
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
        # Before it was locked another may have taken it for one left behind, and be removing it.
        is_mine = try_lock(descriptor, where_there_are_none=True)
        if attempts_left == 0 or (is_mine and temporary.exists()):
            break
        os.close(descriptor)
        temporary.unlink(missing_ok=True)
    return temporary, descriptor


def _allocate(descriptor: int, n_bytes: int) -> None:
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, n_bytes)
        except OSError as error:
            # glibc writes where a file system knows no such call, musl leaves that to others.
            if error.errno not in _UNKNOWN_CALL:
                raise
        else:
            return
    chunk = bytes(_CHUNK)
    for start in range(0, n_bytes, len(chunk)):
        os.write(descriptor, chunk[: n_bytes - start])


def _descriptor(path: str | os.PathLike[str]) -> int | None:
    """Return the number of the open file that a path such as ``/dev/stdout`` stands for."""
    place = os.path.abspath(path)
    own = {"/dev/fd", f"/proc/{os.getpid()}/fd"}
    for _ in range(_MAX_LINKS):
        folder, name = os.path.split(place)
        if name.isdigit() and (folder in own or os.path.realpath(folder) in own):
            return int(name)
        try:
            place = os.path.normpath(os.path.join(folder, os.readlink(place)))
        # No link: the end of the way.
        except OSError:
            return None
    return None


def _open_in_place(path: str | os.PathLike[str]) -> int:
    """Open what is no regular file for writing, without making or emptying anything."""
    number = _descriptor(path)
    if number is None:
        return os.open(path, os.O_WRONLY | _BINARY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()  # what came first stays first
    with naming(path):
        # A copy, not opened anew: it goes on where others that write there have come to.
        return os.dup(number)


@contextmanager
def _closing(file: IO[Any], path: str | os.PathLike[str]) -> Iterator[IO[Any]]:
    try:
        with naming_no_room(path):
            yield file
    finally:
        with naming(path):
            file.close()


@contextmanager
def naming_no_room(path: str | os.PathLike[str]) -> Iterator[None]:
    """Have the system's errors of a write for which there is no room name the file."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in _NO_ROOM:
            error.filename = os.fspath(path)
        raise


@contextmanager
def naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Have the system's errors name the file that was asked for, or say that its folder is missing.

    Parameters
    ----------
    path : path-like
        Where something is written.

    Examples
    --------
    >>> from fernet._io.files import naming
    >>> with naming("gone/model.onnx"):
    ...     raise FileNotFoundError(2, "No such file or directory", "gone/.temporary")
    Traceback (most recent call last):
        ...
    FileNotFoundError: [Errno 2] The folder of this file is not there: 'gone/model.onnx'
    """
    try:
        yield
    except OSError as error:
        error.filename = os.fspath(path)
        folder = os.path.dirname(os.path.realpath(path))
        if isinstance(error, FileNotFoundError) and not os.path.exists(folder):
            error.strerror = "The folder of this file is not there"
        raise


def _as_file(descriptor: int, text: bool) -> IO[Any]:
    if text:
        return open(descriptor, "w", encoding="utf-8", newline="")
    return open(descriptor, "wb")


def _sync_folder(folder: Path) -> None:
    """Make the new name itself last through a power cut; Windows has no such call."""
    if os.name != "posix":
        return
    # A folder may be one to write into and not to look at.
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
