"""Files and folders that a command reads, so that it writes over none of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fernet.cli.errors import InputError
from fernet.cli.paths import real_path

__all__ = ["Originals"]
__dir__ = __all__.copy


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
