"""Finds image files in folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from fernet._io.addresses import not_there
from fernet._io.names import warn_of_misread
from fernet.datasets._kinds import is_hidden, is_picture


def list_images(path: str | os.PathLike[str]) -> list[Path]:
    """List the images in a folder and the folders within it.

    Parameters
    ----------
    path : str or path-like
        A folder, or one file, which is returned whatever its name.

    Returns
    -------
    images : list of Path
        Files that are pictures of the kinds that `read_face` takes, by their names' endings or,
        where these tell nothing, by their content; sorted by path. Hidden files and folders,
        and what systems put among pictures (``__MACOSX``, ``Thumbs.db``), are passed over.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.

    Examples
    --------
    >>> import tempfile
    >>> from fernet.datasets.images import list_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     list_images(folder)
    []
    """
    return list(iter_images(path))


def iter_images(
    path: str | os.PathLike[str], *, left_out: Callable[[Path], object] | None = None
) -> Iterator[Path]:
    """Give the images of `list_images` one by one, without ever holding all of them.

    Parameters
    ----------
    path : str or path-like
        A folder, or one file, which is given whatever its name.
    left_out : callable, default=None
        Called with each file met on the way that is no picture, and with each folder that is not
        walked through: a link, or one that this user may not look into.

    Yields
    ------
    Path
        In the order of `list_images`. In memory are the names of one folder at each depth.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    OSError
        At the first image, if the folder can't be looked into.

    Warns
    -----
    UserWarning
        If the locale's encoding takes names for others than they are.

    Examples
    --------
    >>> import tempfile
    >>> from fernet.datasets.images import iter_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     next(iter_images(folder), None)
    """
    root = Path(path)
    if not root.exists():
        raise not_there(root)
    warn_of_misread([str(root)])
    return _walk(root, left_out or (lambda path: None)) if root.is_dir() else iter([root])


def _walk(
    folder: Path, left_out: Callable[[Path], object], *, is_root: bool = True
) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(
                (entry.name, entry.is_dir(follow_symlinks=False), _may_be_opened(entry))
                for entry in entries
                if not is_hidden(entry.name)
            )
    except OSError:
        if is_root:
            raise
        left_out(folder)
        return
    warn_of_misread(name for name, *_ in found)
    for name, is_folder, may_be_opened in found:
        path = folder / name
        if is_folder:
            yield from _walk(path, left_out, is_root=False)
        elif may_be_opened and is_picture(path):
            yield path
        else:
            left_out(path)


def _may_be_opened(entry: os.DirEntry[str]) -> bool:
    """Tell files, and links that lead nowhere, from pipes and devices: opening these may wait."""
    try:
        is_file = entry.is_file()
    except OSError:  # links in a circle
        is_file = False
    return is_file or (entry.is_symlink() and not os.path.exists(entry.path))
