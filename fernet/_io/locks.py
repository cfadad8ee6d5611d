"""Files that one process at a time may write."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fernet._io.names import cut

# mypy knows both names for systems' own, and each of the two modules on its system alone
if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["locked", "try_lock"]

_NO_LOCKS = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL)
_LOCKED_BYTE = (1 << 31) - 2  # Windows keeps others from reading what is locked: far behind the end


def try_lock(descriptor: int, *, where_there_are_none: bool = False) -> bool:
    """Lock an open file until it is closed, or its process has ended in whatever way.

    Parameters
    ----------
    descriptor : int
        Of the file.
    where_there_are_none : bool, default=False
        The answer on a file system that has no locks, as some of clusters have none.

    Returns
    -------
    bool
        False if another holds the lock.
    """
    try:
        _lock(descriptor)
    except OSError as error:
        return where_there_are_none and error.errno in _NO_LOCKS
    return True


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        place = os.lseek(descriptor, 0, os.SEEK_CUR)
        try:
            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, place, os.SEEK_SET)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(path: str | os.PathLike[str]) -> Iterator[None]:
    """Keep others from writing a file for a while, as far as they ask.

    The lock is a file of its own beside it, ``.NAME.lock``, which is removed at the end. One that
    a killed process has left holds nobody up. Where the file system has no locks, nobody is.

    Parameters
    ----------
    path : path-like
        The file to be written; it need not be there, its folder must.

    Yields
    ------
    None

    Raises
    ------
    BlockingIOError
        If another holds the lock; the error names `path`.
    OSError
        If the folder does not exist or can't be written to; the error names `path`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fernet._io.locks import locked
    >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder) / "rows"):
    ...     [path.name for path in Path(folder).iterdir()]
    ['.rows.lock']
    """
    target = Path(os.path.realpath(path))
    lock = target.with_name(f".{cut(target.name)}.lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        error.filename = os.fspath(path)
        raise
    try:
        # Whoever held it may have removed it meanwhile: then the lock is of no file.
        is_mine = try_lock(descriptor, where_there_are_none=True)
        if not (is_mine and _is_at(descriptor, lock)):
            raise BlockingIOError(
                None, "another process is writing it; wait for its end or name another",
                os.fspath(path),
            )  # fmt: skip
        try:
            yield
        finally:
            with suppress(OSError):
                lock.unlink()
    finally:
        os.close(descriptor)
        # Windows removes no open file: this one goes now, unless another has opened it meanwhile.
        if os.name == "nt":
            with suppress(OSError):
                lock.unlink()


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
