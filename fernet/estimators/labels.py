"""Labels that a user names, held against those that an estimator knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES: dict[str, tuple[Any, str]] = {
    "U": (str, "strings"),
    "i": (Integral, "whole numbers"),
    "u": (Integral, "whole numbers"),
    "f": (Real, "numbers"),
    "b": (bool | np.bool_, "booleans"),
}


def as_labels(classes: NDArray, given: Any, name: str) -> NDArray:
    """Turn labels into an array that fits beside an estimator's classes.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The estimator's.
    given : sequence of labels
        Of the same type.
    name : str
        What to call `given` in an error.

    Returns
    -------
    ndarray
        Of the dtype of `classes`, or of a wider one of the same kind.

    Raises
    ------
    ValueError
        If `given` is empty or no sequence, holds a label twice, or labels of another type.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.labels import as_labels
    >>> as_labels(np.array(["happy", "sad"]), ["contempt"], "classes").tolist()
    ['contempt']
    """
    labels = _as_list(given, name)
    _check_types(classes, labels, name)
    if len(set(labels)) != len(labels):
        raise ValueError(f"{name} is {labels}, which holds a label twice")
    if classes.dtype.kind == "O":
        found = np.empty(len(labels), dtype=object)
        found[:] = labels
        return found
    found = np.array(labels)
    narrow = found.astype(classes.dtype)
    return narrow if np.array_equal(narrow, found) else found


def _as_list(given: Any, name: str) -> list[Any]:
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise ValueError(f"{name} is {given!r}; expected a list of labels, such as [{given!r}]")
    labels = given.tolist() if isinstance(given, np.ndarray) else list(given)
    if not labels:
        raise ValueError(f"{name} is empty; expected at least one label")
    return labels


def _check_types(classes: NDArray, labels: list[Any], name: str) -> None:
    kind = classes.dtype.kind
    wanted, words = _TYPES.get(kind, (type(classes.tolist()[0]), "labels of that type"))
    for label in labels:
        is_boolean = isinstance(label, bool | np.bool_)
        fits = isinstance(label, wanted) and (kind not in "iuf" or not is_boolean)
        if not fits or (isinstance(label, float) and not np.isfinite(label)):
            raise ValueError(
                f"{name} holds {label!r}; expected {words}, as the present classes are: "
                f"{classes.tolist()}"
            )


def positions(classes: NDArray, given: Any, name: str) -> list[int]:
    """Find labels among an estimator's classes.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The estimator's.
    given : sequence of labels
        Each a present class, none twice.
    name : str
        What to call `given` in an error.

    Returns
    -------
    list of int
        Their numbers, in the order of `given`.

    Raises
    ------
    ValueError
        If a label is no class, or for what `as_labels` refuses.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.labels import positions
    >>> positions(np.array(["fear", "happy", "sad"]), ["sad", "fear"], "classes")
    [2, 0]
    """
    labels = as_labels(classes, given, name).tolist()
    known = classes.tolist()
    if unknown := [label for label in labels if label not in known]:
        raise ValueError(f"{name} holds {unknown}; expected labels among {known}")
    return [known.index(label) for label in labels]
