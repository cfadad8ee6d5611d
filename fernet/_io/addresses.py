"""Tells addresses of the web from paths of files."""

from __future__ import annotations

import os
import re
from pathlib import Path

# Two letters or more: one is a drive of Windows. A `Path` has one slash left of the two.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/{1,3}[^/]|data:[a-z]+/[a-z0-9.+-]+[;,]", re.IGNORECASE)

NOT_FETCHED = "an address; nothing is downloaded here: save the file, and give its path"
"""What to say of one."""


def is_address(path: object) -> bool:
    """Tell whether what should be a path is an address of the web, or of a camera on the net.

    Parameters
    ----------
    path : object
        What a user gave.

    Returns
    -------
    bool
        False for what is no text, and for files that are there.

    Examples
    --------
    >>> from fernet._io.addresses import is_address
    >>> is_address("https://example.com/photo.jpg"), is_address("C:/photo.jpg")
    (True, False)
    """
    if not isinstance(path, (str, os.PathLike)):
        return False
    text = os.fsdecode(path)
    return _ADDRESS.match(text) is not None and not os.path.lexists(text)


def path_of(path: object, name: str = "path") -> Path:
    """Return a path that a user gave.

    Parameters
    ----------
    path : object
        What was given.
    name : str, default="path"
        What to call it in an error.

    Raises
    ------
    TypeError
        If it is no path, such as an open file, bytes or None.

    Examples
    --------
    >>> import io
    >>> from fernet._io.addresses import path_of
    >>> path_of(io.BytesIO())
    Traceback (most recent call last):
        ...
    TypeError: path is of type BytesIO; expected the path of a file or folder
    """
    if not isinstance(path, (str, os.PathLike)):
        what = "None" if path is None else f"of type {type(path).__name__}"
        raise TypeError(f"{name} is {what}; expected the path of a file or folder")
    return Path(path)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse to write to an address of the web.

    Parameters
    ----------
    path : path-like
        Where a file is to be written.

    Raises
    ------
    FileNotFoundError
        If it is one; the message says what to do.

    Examples
    --------
    >>> from fernet._io.addresses import check_writable
    >>> check_writable("s3://bucket/model.safetensors")
    Traceback (most recent call last):
        ...
    FileNotFoundError: s3://bucket/model.safetensors: an address; nothing is sent from here: write \
a file, and copy it there
    """
    if is_address(path):
        raise FileNotFoundError(
            f"{os.fspath(path)}: an address; nothing is sent from here: write a file, and copy it "
            "there"
        )


def not_there(path: str | os.PathLike[str]) -> FileNotFoundError:
    """Return the error of a path at which there is nothing; it says what it is otherwise.

    Examples
    --------
    >>> from fernet._io.addresses import not_there
    >>> not_there("faces.csv")
    FileNotFoundError('faces.csv: no such file or folder')
    """
    text = os.fspath(path)
    reason = NOT_FETCHED if is_address(path) else "no such file or folder"
    if text.startswith("~"):
        reason += "; outside a shell, ~ is found by os.path.expanduser"
    return FileNotFoundError(f"{text}: {reason}")
