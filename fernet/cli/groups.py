"""Whose faces images are, and how to keep them on one side of a split."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from fernet.cli.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from fernet.cli.faces import Faces

__all__ = [
    "by_option",
    "find_groups",
    "groups_option",
    "remark_on_groups",
    "remark_on_names",
    "split_by_group",
]
__dir__ = __all__.copy


def groups_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--groups`` to a command."""
    return click.option(
        "--groups",
        metavar="PATTERN|COLUMN",
        help="What tells whose face each image is: a regular expression found in its path, such "
        'as "S[0-9]+", or the column of a table. Nobody is then learnt and held out as well. By '
        'default a table\'s column "subject" or the like; "" leaves it to chance. fernet '
        "evaluate takes the same as --by.",
    )(command)


def by_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--by`` to a command."""
    return click.option(
        "--by",
        metavar="PATTERN|COLUMN",
        callback=_not_empty,
        help="Judge groups of faces apart as well, as of one age, sex or person: by a regular "
        'expression found in each path, such as "S[0-9]+", or by the column of a table, as the '
        "--groups of fernet train.",
    )(command)


def _not_empty(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter(
            "expected a regular expression or the name of a column", context, parameter
        )
    return value


def find_groups(
    path: Path, bunch: Any, groups: str | None, option: str = "--groups"
) -> np.ndarray | None:
    """Return the group of each image that was loaded, by a table's column or by its path.

    Parameters
    ----------
    path : Path
        The data set's.
    bunch : Bunch
        What was loaded.
    groups : str or None
        What the option was given; "" asks for none. None goes by the column that a table has
        for it, if any and if it can be split by it.
    option : str, default="--groups"
        What to call it in an error.

    Raises
    ------
    InputError
        If there are no paths, or one doesn't tell.
    """
    from fernet.datasets.groups import groups_from_names

    found: np.ndarray | None = bunch.get("groups")
    if groups == "":
        return None
    if found is not None:
        return found if groups is not None or _free(bunch.target, found).any() else None
    if groups is None:
        return None
    names = bunch.get("filenames")
    if names is None:
        raise InputError(
            f"{option} goes by the files of images, or by a table's column; {path} is a file of "
            f"many, and has no column {groups!r}"
        )
    try:
        return groups_from_names(names, groups, path if path.is_dir() else _folder_of(names, path))
    except ValueError as error:
        no_column = "" if path.is_dir() else f"; {path.name} has no column {groups!r} either"
        raise InputError(f"{option}: {error}{no_column}") from None


def _folder_of(names: Sequence[str], table: Path) -> Path:
    """Return the folder whose own path tells nothing of the images that a table names."""
    if all(Path(name).is_relative_to(table.parent) for name in names):
        return table.parent
    return Path(os.path.commonpath([os.path.dirname(os.path.abspath(name)) for name in names]))


def split_by_group(faces: Faces, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Hold whole groups out, so that about a share of each class is in them.

    Groups that have all images of some class are always learnt, and so are images of no group, who
    may be anybody.

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
        If no group can be held out.
    """
    import numpy as np
    from sklearn.model_selection import StratifiedGroupKFold

    target, groups = faces.target, faces.groups
    assert groups is not None
    free = np.flatnonzero(_free(target, groups))
    names, of_group = np.unique(groups[free], return_inverse=True)
    n_groups = len(names)
    if n_groups == 0:
        _refuse(faces.name, groups, target)
    of_free = target[free]
    n_folds = min(max(2, round(1 / share)), n_groups, int(np.bincount(of_free).max()))
    splits = []
    if n_folds > 1:
        # By its own shuffling scikit-learn 1.6 takes each group for another one.
        shuffled = np.random.default_rng(seed).permutation(n_groups)[of_group]
        folds = StratifiedGroupKFold(n_folds)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The least populated class")
            splits = [free[held_out] for _, held_out in folds.split(free, of_free, shuffled)]
    n_classes = len(np.unique(target))
    complete = [
        held_out
        for held_out in splits
        if len(held_out) and len(np.unique(np.delete(target, held_out))) == n_classes
    ]
    # Without any one of these groups a class still has another.
    complete = complete or [np.flatnonzero(groups == name) for name in names]
    # The first of those with the most classes to judge.
    held_out = max(complete, key=lambda rows: len(np.unique(target[rows])))
    return np.delete(np.arange(len(target)), held_out), held_out


def _free(target: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Tell which images are of groups without which each class still has some."""
    import numpy as np

    of_class = [np.unique(groups[target == label]) for label in np.unique(target)]
    needed = [names[0] for names in of_class if len(names) == 1]
    return ~np.isin(groups, [*needed, ""])


def _refuse(name: str, groups: np.ndarray, target: np.ndarray) -> NoReturn:
    names = sorted(set(groups.tolist()))
    pairs = set(zip(groups.tolist(), target.tolist(), strict=True))
    if len(pairs) == len(names) == len(set(target.tolist())):
        raise InputError(
            f"--groups: in {name} the groups, such as {names[0]!r}, are the labels, one a class; "
            "expected what tells whose face each image is"
        )
    raise InputError(
        f"--groups: {name} has {len(names)}, such as {names[0]!r}, of which none can be held out: "
        "each has all images of a class; expected several for each class, or "
        '--groups "" to leave it to chance'
    )


def remark_on_names(groups: np.ndarray) -> str:
    """Say where groups may not be what they seem: two that are one, or faces of none."""
    import numpy as np

    from fernet.datasets._spelling import written_alike

    names = np.unique(groups).tolist()
    remarks = []
    if alike := written_alike(filter(None, names)):
        name, other = next(iter(alike.items()))
        remarks.append(
            f"the groups {name!r} and {other!r} differ in how they are written alone, and are two"
        )
    if n_without := int((groups == "").sum()):
        remarks.append(f"{n_without} of {len(groups)} images name no group")
    if len(names) == len(groups):
        remarks.append("each image is a group of its own")
    if len(names) == 1:
        remarks.append(f"all {len(groups)} images are of one group, {names[0]!r}")
    return "; ".join(remarks)


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
    return f"groups: {len(learnt)} to learn from, {len(judged)} to test on, none in both"
