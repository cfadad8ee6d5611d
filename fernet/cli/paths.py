"""Paths on the command line: what can't be one is refused before any work."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from fernet._io.addresses import NOT_FETCHED, is_address
from fernet._io.names import as_utf8, warn_of_misread
from fernet.cli.errors import InputError

__all__ = ["FilePath", "check_folder", "check_new_folder", "from_home", "real_path"]
__dir__ = __all__.copy


_NO_STREAM = (
    "'-' stands for no stream: /dev/stdin is one, where the system has it, and rows go to stdout "
    "by themselves; a file of that name is ./-"
)


class FilePath(click.Path):
    """A path that names something: Python would take an empty one for the folder one is in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse what a shell makes of a variable that is not set, streams, and addresses."""
        if value == "":
            self.fail("it is empty; expected a path", param, ctx)
        if value == "-":
            self.fail(_NO_STREAM, param, ctx)
        if is_address(value):
            self.fail(f"{value!r} is {NOT_FETCHED}", param, ctx)
        try:
            os.fsencode(value)
        except UnicodeEncodeError:
            self.fail(f"{value!r} can't be found: {as_utf8()}", param, ctx)
        warn_of_misread([os.fsdecode(value)])
        return super().convert(from_home(value) if isinstance(value, str) else value, param, ctx)


def from_home(text: str, folder: Path = Path()) -> str:
    """Put the home folder in the place of ``~``, unless a file has that name.

    A shell leaves ``--data=~/faces`` as it stands, and none has read a file of settings.

    Parameters
    ----------
    text : str
        A path.
    folder : Path, default=Path()
        Where it begins, if it is relative.

    Returns
    -------
    str

    Examples
    --------
    >>> from fernet.cli.paths import from_home
    >>> from_home("faces.csv"), from_home("~/faces.csv").startswith("~")
    ('faces.csv', False)
    """
    return text if os.path.lexists(folder / text) else os.path.expanduser(text)


def check_folder(file: Path, what: str) -> None:
    """Refuse a file to write in a folder that is not there, or that this user may not write to.

    Parameters
    ----------
    file : Path
        The file.
    what : str
        What is to be written into it, such as ``"the rows"``.

    Raises
    ------
    InputError
        Which names the folder.
    """
    if not file.parent.is_dir():
        raise InputError(f"{file.parent}: no such folder to write {what} to")
    # A device, or a file that is open already, may be written to where its folder may not.
    if not file.exists():
        _check_permission(file.parent, what)


def check_new_folder(folder: Path, what: str) -> None:
    """Refuse a folder that this user may not write to, or may not make.

    Parameters
    ----------
    folder : Path
        One that is there, or that is going to be made, with those that it lies in.
    what : str
        What is to be written into it, such as ``"the pictures"``.

    Raises
    ------
    InputError
        Which names the folder that is at fault.

    Examples
    --------
    >>> from pathlib import Path
    >>> from fernet.cli.paths import check_new_folder
    >>> check_new_folder(Path("boxes"), "the pictures")
    """
    there = next((place for place in (folder, *folder.parents) if place.exists()), None)
    if there is None:
        return
    if not there.is_dir():
        raise InputError(f"{there}: no folder, but a file; expected a folder for {what}")
    _check_permission(there, what)


def _check_permission(folder: Path, what: str) -> None:
    if not os.access(folder, os.W_OK):
        raise InputError(f"{folder}: no permission to write {what} into this folder")


def real_path(path: Path) -> Path:
    """Return where a path leads to, links followed as far as they lead anywhere.

    ``Path.resolve`` is the same, but before Python 3.13 it raises RuntimeError for links that go in
    a circle.
    """
    return Path(os.path.realpath(path))
