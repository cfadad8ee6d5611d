"""Files that a command may not write over: those that it reads, and those of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from fernet.cli.errors import InputError
from fernet.cli.paths import real_path

__all__ = ["Originals", "check_is_own"]
__dir__ = __all__.copy

_START = 1 << 24  # bytes of a file that tell what it is


class Originals:
    """What is read.

    Parameters
    ----------
    paths : iterable of Path
        Files, and folders with all that lies in them.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._places = {real_path(path) for path in paths}

    def check(self, target: Path, option: str) -> None:
        """Refuse to write where an original lies, or into the folder of originals.

        Parameters
        ----------
        target : Path
            File or folder to write, by whatever links it leads there.
        option : str
            What was asked for, to begin the error with.

        Raises
        ------
        InputError
            If it is one of them.

        Examples
        --------
        >>> from pathlib import Path
        >>> from fernet.cli.originals import Originals
        >>> Originals([Path("photos")]).check(Path("boxes/photos/me.jpg"), "--annotate boxes")
        """
        real = real_path(target)
        if not self._places.isdisjoint((real, *real.parents)):
            raise InputError(f"{option}: {target} would be written over")


def check_is_own(
    target: Path, option: str, command: str, begins_as_own: Callable[[bytes], bool]
) -> None:
    """Refuse to write over a file that is there, unless the same command wrote it.

    Empty files may be written over, and what is no regular file, such as a pipe.

    Parameters
    ----------
    target : Path
        File to write.
    option : str
        What was asked for, to begin the error with.
    command : str
        What the command is called.
    begins_as_own : callable
        Tells it by the first bytes of a file.

    Raises
    ------
    InputError
        If it did not.
    """
    from fernet._io.files import is_replaceable

    if not target.is_file() or not is_replaceable(target):
        return
    with open(target, "rb") as file:
        start = file.read(_START)
    if start and not begins_as_own(start):
        raise InputError(
            f"{option}: {target} is there, and {command} did not write it; name another file, or "
            "remove this one first"
        )
