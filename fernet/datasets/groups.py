"""Tells from the names of files which images belong together, as those of one person."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["groups_from_names"]
__dir__ = __all__.copy


def groups_from_names(
    filenames: Iterable[str | os.PathLike[str]],
    pattern: str,
    root: str | os.PathLike[str] | None = None,
) -> NDArray[np.str_]:
    """Find in each file's path which group its image belongs to, as whose face it is.

    Images of one person, or of one film, look more alike than those of others. A network that is
    judged by faces of people that it has learnt seems better than it is with strangers, so all
    images of a group belong on one side of a split.

    Parameters
    ----------
    filenames : iterable of str or path-like
        Paths, such as ``filenames`` of what the loaders return.
    pattern : str
        A regular expression that each path has, anywhere. What it matches is the group, or what
        stands in its parentheses: ``"S[0-9]+"`` for CK+'s ``anger/S010_004_00000017.png``,
        ``"[AB]([FM][0-9]+)"`` for KDEF's ``AF01ANS.JPG``. Folders are parted by ``/`` on any
        system.
    root : str or path-like, default=None
        A folder that holds them all; its own path is not searched. Relative paths are from the
        working directory on, or from there.

    Returns
    -------
    groups : ndarray of str, shape (n_files,)
        For ``groups`` of scikit-learn's `StratifiedGroupKFold` and `cross_validate`.

    Raises
    ------
    ValueError
        If the pattern is no regular expression, a path has none such, or an absolute one lies
        elsewhere than in `root`.

    See Also
    --------
    load_image_list : A table's column of people is its ``groups``.

    Examples
    --------
    >>> from fernet.datasets import groups_from_names
    >>> groups_from_names(["anger/S010_004_17.png", "happy/S022_003_9.png"], "S[0-9]+").tolist()
    ['S010', 'S022']
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r} is no regular expression: {error}") from None
    return np.array([_group(compiled, _within(Path(name), root)) for name in filenames], np.str_)


def _within(path: Path, root: str | os.PathLike[str] | None) -> str:
    if root is None:
        return path.as_posix()
    # Without looking at links, as the names do.
    whole, folder = (Path(os.path.abspath(each)) for each in (path, root))
    if whole.is_relative_to(folder):
        return whole.relative_to(folder).as_posix()
    if path.is_absolute():
        raise ValueError(f"root is {os.fspath(root)!r}, which does not hold {os.fspath(path)!r}")
    return path.as_posix()  # from the root on


def _group(pattern: re.Pattern[str], path: str) -> str:
    found = pattern.search(path)
    parts = [] if found is None else [part for part in found.groups() if part is not None]
    group = "/".join(parts) if parts or found is None else found[0]
    if not group:
        raise ValueError(f"pattern {pattern.pattern!r} finds nothing in {path!r}")
    return group
