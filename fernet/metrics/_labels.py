"""Labels and their names, as a report or a table shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet.emotions import class_names, label_numbers, match_classes, plain_labels
from fernet.estimators.labels import plain, read_labels

MEANS = ("macro avg", "weighted avg")
"""Keys of a report's means."""

RESERVED_NAMES = ("accuracy", *MEANS)
"""Keys of a report that are no classes."""


def label_array(values: ArrayLike, name: str) -> NDArray[Any]:
    """Return labels as an array, or say of `name` why they are none."""
    array = plain_labels(read_labels(values, name))
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, but its shape is {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} is empty; a report needs at least one label")
    if array.dtype.kind == "f":
        no_label = ~np.isfinite(array) | (np.floor(array) != array)
        if no_label.any():
            found = plain(array[no_label][0])
            raise ValueError(f"{name} holds {found}; expected labels, whole numbers or words")
    return array


def labels_and_names(
    present: NDArray[Any], labels: ArrayLike | None, target_names: Sequence[str] | None
) -> tuple[NDArray[Any], list[str]]:
    """Settle which labels are shown, in which order, and what each is called."""
    if isinstance(target_names, Set | Mapping):
        found = type(target_names).__name__
        raise ValueError(f"target_names is a {found}; expected a list, in the labels' order")
    shown = present if labels is None else plain_labels(labels)
    if shown.ndim != 1 or shown.size == 0 or len(np.unique(shown)) != len(shown):
        raise ValueError(f"labels must be a list of different labels, got {shown.tolist()}")
    if target_names is None:
        names = class_names(shown)
    else:
        names = [str(name) for name in target_names]
        if labels is None and len(names) > len(shown) and _are_indices(shown, len(names)):
            shown = np.arange(len(names))
        if len(names) != len(shown):
            raise ValueError(f"target_names has {len(names)} names for {len(shown)} labels")
        _refuse_other_places(names, shown)
    taken = [name for name in names if name in RESERVED_NAMES or names.count(name) > 1]
    if taken:
        raise ValueError(f"target_names: {taken[0]!r} is used twice or is a key of the report")
    return shown, names


def _refuse_other_places(names: list[str], shown: NDArray[Any]) -> None:
    """Refuse names of which some are other labels' own words."""
    if shown.dtype.kind in "biuf":
        return
    words = list(map(str, shown.tolist()))
    if moved := [n for i, n in enumerate(names) if n in words and words[i] != n]:
        raise ValueError(
            f"target_names calls {words[names.index(moved[0])]!r} {moved[0]!r}, which is another "
            f"label; expected names in the labels' order, {words}, or labels={names}"
        )


def places_in_table(given: ArrayLike, found: ArrayLike, what: str) -> list[int] | None:
    """Find a user's classes among those that name a table's columns.

    Parameters
    ----------
    given, found : array-like of shape (n_classes,)
        What the user calls the classes, and what the table does.
    what : str
        What to call the table in an error.

    Returns
    -------
    list of int or None
        The place of each; None where the user has other names for them, or not as many.

    Raises
    ------
    ValueError
        If both are words, and some of them are the same in other places: no order is right then.

    Examples
    --------
    >>> from fernet.metrics._labels import places_in_table
    >>> places_in_table(["sad", "happy"], ["happy", "sad"], "matrix")
    [1, 0]
    >>> places_in_table(["froh", "traurig"], ["happy", "sad"], "matrix") is None
    True
    """
    places = match_classes(given, found)
    if sorted(places) == list(range(len(plain_labels(found)))):
        return places
    kinds = [plain_labels(names).dtype.kind for names in (given, found)]
    if len(places) != len(plain_labels(found)) or any(kind in "biuf" for kind in kinds):
        return None
    if any(place not in (-1, index) for index, place in enumerate(places)):
        raise ValueError(
            f"{what} is of the classes {plain(np.asarray(found))}; expected "
            f"{plain(np.asarray(given))}, of which some are there in other places"
        )
    return None


def _are_indices(labels: NDArray[Any], length: int) -> bool:
    numbers = label_numbers(labels.tolist()) if labels.dtype.kind in "iuf" else None
    return numbers is not None and max(numbers) < length
