"""Whose faces images are, and how to keep them on one side of a split."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fernet.cli.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from fernet.cli.faces import Faces

__all__ = ["find_groups", "groups_option", "remark_on_groups", "split_by_group"]
__dir__ = __all__.copy


def groups_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--groups`` to a command."""
    return click.option(
        "--groups",
        metavar="PATTERN|COLUMN",
        help="What tells whose face each image is: a regular expression found in its path, such "
        'as "S[0-9]+", or the column of a table. Nobody is then learnt and held out as well.',
    )(command)


def find_groups(path: Path, bunch: Any, groups: str | None) -> np.ndarray | None:
    """Return the group of each image that was loaded, by a table's column or by its path.

    Parameters
    ----------
    path : Path
        The data set's.
    bunch : Bunch
        What was loaded.
    groups : str or None
        What ``--groups`` was given; None goes by the column that a table has for it, if any.

    Raises
    ------
    InputError
        If there are no paths, or one doesn't tell.
    """
    from fernet.datasets.groups import groups_from_names

    found: np.ndarray | None = bunch.get("groups")
    if found is not None or groups is None:
        return found
    names = bunch.get("filenames")
    if names is None:
        raise InputError(f"--groups goes by the files of images; {path} is a file of many")
    try:
        return groups_from_names(names, groups, path if path.is_dir() else path.parent)
    except ValueError as error:
        raise InputError(f"--groups: {error}") from None


def split_by_group(faces: Faces, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Hold whole groups out, so that about a share of each class is in them.

    Parameters
    ----------
    faces : Faces
        With groups.
    share : float
        Of the images, above 0 and below 1.
    seed : int
        Decides which groups.

    Returns
    -------
    rows, held_out : ndarray of int64
        Rows of images, in order. Every class is among the first.

    Raises
    ------
    InputError
        If there is one group, or all images of a class are of one.
    """
    import numpy as np
    from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold

    groups, target = faces.groups, faces.target
    assert groups is not None
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise InputError(
            f"--groups: all images of {faces.name} are of one group, {str(groups[0])!r}; "
            "expected two or more, to learn from some and be judged by others"
        )
    _check_spread(faces)
    n_folds = min(max(2, round(1 / share)), n_groups, int(np.bincount(target).max()))
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")
        splits = list(folds.split(target, target, groups))
    n_classes = len(np.unique(target))
    complete = [s for s in splits if len(s[1]) and len(np.unique(target[s[0]])) == n_classes]
    # Without any one group a class still has another.
    complete = complete or list(LeaveOneGroupOut().split(target, groups=groups))
    # The first of those with the most classes to judge.
    rows, held_out = max(complete, key=lambda split: len(np.unique(target[split[1]])))
    return rows, held_out


def _check_spread(faces: Faces) -> None:
    import numpy as np

    groups = faces.groups
    assert groups is not None
    for label in np.unique(faces.target):
        of_class = np.unique(groups[faces.target == label])
        if len(of_class) == 1:
            name = faces.target_names[label]
            raise InputError(
                f"--groups: all images of {name!r} in {faces.name} are of one group, "
                f"{str(of_class[0])!r}; each class needs two or more, to learn from one and be "
                f"judged by another{faces.how_to_leave_out(name)}"
            )


def remark_on_groups(training: Faces, test: Faces) -> str:
    """Say how many groups there are, and how many a data set's own split has on both sides."""
    import numpy as np

    if training.groups is None or test.groups is None:
        return ""
    learnt, judged = np.unique(training.groups), np.unique(test.groups)
    if both := len(np.intersect1d(learnt, judged)):
        return (
            f"{both} of {len(judged)} groups that are tested on are learnt from as well, so the "
            "test says less of strangers"
        )
    return f"{len(learnt)} groups are learnt from, {len(judged)} others tested on"
