"""Labels that a user names, held against those that an estimator knows."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet._io.names import is_utf8
from fernet.emotions import alike_labels, plain_labels
from fernet.estimators.not_images import check_is_data, check_unmasked
from fernet.estimators.other_arrays import array_of

__all__ = [
    "announced_classes",
    "as_labels",
    "check_storable",
    "check_storable_text",
    "comparable_labels",
    "of_one_kind",
    "plain",
    "positions",
    "read_labels",
]
__dir__ = __all__.copy

_TYPES: dict[str, tuple[Any, str]] = {
    "U": (str, "strings"),
    "i": (Integral, "whole numbers"),
    "u": (Integral, "whole numbers"),
    "f": (Real, "numbers"),
    "b": (bool | np.bool_, "booleans"),
}


def plain(value: Any) -> Any:
    """Return a value as a message shows it best: without NumPy's scalars.

    Parameters
    ----------
    value : object
        A label or another parameter; also in lists, tuples and mappings.

    Returns
    -------
    object

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.labels import plain
    >>> plain({np.str_("angry"): [np.int64(1), 2.5]})
    {'angry': [1, 2.5]}
    """
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(plain(item) for item in value)
    return value


def of_one_kind(labels: NDArray[Any], others: NDArray[Any]) -> bool:
    """Tell whether both are numbers, or neither."""
    return (labels.dtype.kind in "biuf") == (others.dtype.kind in "biuf")


def comparable_labels(
    labels: ArrayLike, others: ArrayLike, name: str, name_of_others: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return labels of one type, or say that they can't be compared.

    Parameters
    ----------
    labels, others : array-like of shape (n_labels,) and (n_others,)
        Labels; numbers of emotions and their names are brought together.
    name, name_of_others : str
        What to call them.

    Returns
    -------
    labels, others : ndarray

    Raises
    ------
    ValueError
        If some are numbers and the others words.
    """
    first, second = alike_labels(labels, others)
    if not of_one_kind(first, second):
        raise ValueError(
            f"{name} holds {first.ravel().tolist()[0]!r} and {name_of_others} "
            f"{second.ravel().tolist()[0]!r}; expected labels of one kind, words or numbers"
        )
    return first, second


def read_labels(labels: Any, name: str = "y") -> Any:
    """Return labels as scikit-learn's checks want them, if they are labels.

    Parameters
    ----------
    labels : array-like of shape (n_samples,)
        As a user gave them. What is no such thing is returned as it is, for the checks to refuse.
    name : str, default="y"
        What to call them in an error.

    Returns
    -------
    ndarray, or `labels`
        Columns of a data frame, and arrays of objects, keep their type as far as NumPy has one:
        integers that could be missing stay integers, and booleans booleans.

    Raises
    ------
    TypeError
        If they are a mapping, a set, an iterator, or a table that has yet to be read.
    ValueError
        If a label is missing, masked or bytes, is nothing that a model file can hold, or some are
        text and others are not.

    Examples
    --------
    >>> from fernet.estimators.labels import read_labels
    >>> read_labels(["happy", None])
    Traceback (most recent call last):
        ...
    ValueError: y[1] is None; expected a label
    """
    if labels is not None:
        check_is_data(labels, name, "labels")
    check_unmasked(labels, name, "labels")
    array = _as_column(labels, name)
    if array is None:
        return labels
    is_list = isinstance(labels, list | tuple)
    values = labels if is_list else array.ravel().tolist()
    _check_no_bytes(array, name)
    # Of a list with text in it NumPy makes text alone.
    if array.dtype.kind in ("OUf" if is_list else "Of"):
        _check_none_missing(values, name)
        _check_one_kind(values, name)
    # scikit-learn makes floats of pandas' own integers and booleans.
    is_plain = isinstance(getattr(labels, "dtype", array.dtype), np.dtype)
    if is_plain and array.dtype.kind != "O":
        return labels if is_list else array
    plain_ones = plain_labels(array)
    # Before pandas 2.2 its own integers come as Python's, whatever their width.
    own = getattr(getattr(labels, "dtype", None), "numpy_dtype", None)
    if isinstance(own, np.dtype) and plain_ones.dtype.kind in "biuf":
        return plain_ones.astype(own, copy=False)
    if plain_ones.dtype.kind == "O":
        unhashable = [value for value in values if not isinstance(value, Hashable)]
        check_storable(unhashable[:1] or dict.fromkeys(values), f"{name} holds")
    return plain_ones


def announced_classes(classes: Any) -> NDArray:
    """Return the labels that a user says will come.

    Parameters
    ----------
    classes : array-like or set
        Labels.

    Returns
    -------
    ndarray
        As they are, not sorted.

    Raises
    ------
    ValueError
        If they are no list of labels, or one of them is missing.

    Examples
    --------
    >>> from fernet.estimators.labels import announced_classes
    >>> announced_classes(range(3)).tolist()
    [0, 1, 2]
    """
    given = list(classes) if isinstance(classes, Set) else classes
    if isinstance(given, str | bytes | Mapping) or np.ndim(given) == 0:
        shown = plain(given)
        raise ValueError(f"classes is {shown!r}; expected a list of labels, such as [{shown!r}]")
    return plain_labels(read_labels(given, "classes"))


def _as_column(labels: Any, name: str) -> NDArray | None:
    """Return labels as an array; None if they are none, or not in a line or a single column."""
    if labels is None or isinstance(labels, str | bytes):
        return None
    labels = array_of(labels, name)
    try:
        array = np.asarray(labels)
    except (TypeError, ValueError):
        return None
    if array.dtype.kind == "T":  # NumPy's texts of any length, of which scikit-learn knows nothing
        array = array.astype(object)
    return array if array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1) else None


def _check_no_bytes(labels: NDArray, name: str) -> None:
    """Refuse text that has yet to be decoded, as HDF5 files hold it."""
    if labels.dtype.kind not in "SO":
        return
    found = next((value for value in labels.ravel().tolist() if isinstance(value, bytes)), None)
    if found is not None:
        raise ValueError(
            f"{name} holds {_shortened(found)}, of type bytes; expected text, numbers or booleans: "
            f"np.char.decode(np.asarray({name}, 'S')) makes text of bytes"
        )


def _check_none_missing(values: Sequence[Any], name: str) -> None:
    for position, value in enumerate(values):
        if is_missing(value):
            raise ValueError(f"{name}[{position}] is {value}; expected a label")


def is_missing(value: Any) -> bool:
    """Tell whether a value stands for one that is not there: None, NaN, or pandas' NA.

    Examples
    --------
    >>> from fernet.estimators.labels import is_missing
    >>> is_missing(float("nan")), is_missing("")
    (True, False)
    """
    # NaN is not itself; pandas' NA says neither yes nor no to that.
    is_nan = isinstance(value, float) and value != value
    return value is None or is_nan or type(value).__name__ in ("NAType", "NaTType")


def _check_one_kind(values: Sequence[Any], name: str) -> None:
    texts = [isinstance(value, str) for value in values]
    if any(texts) and not all(texts):
        text, other = values[texts.index(True)], values[texts.index(False)]
        raise ValueError(
            f"{name} holds text and other things, such as {_shortened(text)} and "
            f"{_shortened(other)}; expected labels of one kind"
        )


# What a model file's schema has room for.
_MAX_TEXT = 1000
_MAX_CLASSES = 4096


def check_storable(labels: Iterable[Any], they_hold: str) -> None:
    """Refuse, before any work is done, labels or names that a model file can't hold.

    Parameters
    ----------
    labels : iterable
        Labels, or an array of them.
    they_hold : str
        How a sentence on them begins, such as "y holds".

    Raises
    ------
    ValueError
        If there are more than 4096, or one is not a string of at most 1000 characters that
        UTF-8 can write, a finite number of at most 64 bits, or a boolean.

    Examples
    --------
    >>> from fernet.estimators.labels import check_storable
    >>> check_storable(["happy", 3, 2.5, True], "y holds")
    """
    values = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
    if len(values) > _MAX_CLASSES:
        raise ValueError(f"{they_hold} {len(values)} labels; expected at most {_MAX_CLASSES}")
    for value in values:
        if fault := _why_not_storable(value):
            raise ValueError(
                f"{they_hold} {_shortened(value)}, {fault}; expected strings, numbers or booleans "
                "that a model file can hold"
            )


def check_storable_text(texts: Iterable[str], name: str) -> None:
    """Refuse text that a model file can't hold, such as the names of columns.

    Parameters
    ----------
    texts : iterable of str
        Any number of them.
    name : str
        What to call them in an error.

    Raises
    ------
    ValueError
        If one is longer than 1000 characters, or UTF-8 can't write it.

    Examples
    --------
    >>> from fernet.estimators.labels import check_storable_text
    >>> check_storable_text(["pixel 0", "pixel 1"], "the names of X's columns")
    """
    for text in texts:
        if fault := _why_not_storable(text):
            raise ValueError(f"{name}: {_shortened(text)} is {fault}; a model file can't hold it")


def _why_not_storable(value: Any) -> str:
    if isinstance(value, str):
        if len(value) > _MAX_TEXT:
            return f"a text of {len(value)} characters, more than {_MAX_TEXT}"
        return "" if is_utf8(value) else "a text that UTF-8 can't write"
    if isinstance(value, bool | np.bool_):
        return ""
    if isinstance(value, Integral):
        return "" if -(2**63) <= int(value) < 2**64 else "a number of more than 64 bits"
    if isinstance(value, float | np.float32 | np.float16):
        return "" if np.isfinite(value) else "no finite number"
    return f"of type {type(value).__name__}"


def _shortened(value: Any) -> str:
    text = ascii(plain(value))
    return text if len(text) <= 60 else text[:57] + "..."


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
    check_storable(labels, f"{name} holds")
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
        shown = plain(given)
        raise ValueError(f"{name} is {shown!r}; expected a list of labels, such as [{shown!r}]")
    labels = given.tolist() if isinstance(given, np.ndarray) else list(given)
    labels = [plain(label) for label in labels]
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
