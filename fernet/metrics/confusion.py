"""Confusion matrices: checked, written as the report's Table 6, and taken apart into labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet._io.text_columns import flush_left, widest
from fernet.emotions import match_classes, plain_labels
from fernet.estimators.labels import plain
from fernet.estimators.not_images import check_unmasked
from fernet.estimators.other_arrays import array_of, column_names
from fernet.metrics._labels import labels_and_names, places_in_table

__all__ = [
    "arranged",
    "as_confusion",
    "confusion_table",
    "count_as_text",
    "in_order_of",
    "in_rows_order",
    "labels_from_confusion",
]
__dir__ = __all__.copy


def labels_from_confusion(matrix: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return labels and predictions that have the given confusion matrix.

    Parameters
    ----------
    matrix : array-like of int of shape (n_classes, n_classes)
        Counts; rows are actual classes, columns predicted ones.

    Returns
    -------
    y_true, y_pred : ndarray of int64 of shape (n_samples,)
        Sorted by actual, then by predicted class; ``n_samples`` is the sum of the matrix.

    Raises
    ------
    ValueError
        If the matrix is not square or holds anything but counts.

    Examples
    --------
    >>> from fernet.metrics import labels_from_confusion
    >>> labels_from_confusion([[2, 1], [0, 1]])
    (array([0, 0, 0, 1]), array([0, 0, 1, 1]))
    """
    counts = as_confusion(matrix)
    if (counts != np.floor(counts)).any():
        raise ValueError("matrix holds a number that is not whole; labels need counts")
    actual, predicted = np.indices(counts.shape).reshape(2, -1)
    repeats = counts.astype(np.int64).ravel()
    return np.repeat(actual, repeats), np.repeat(predicted, repeats)


def confusion_table(
    matrix: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    target_names: Sequence[str] | None = None,
) -> str:
    """Write a confusion matrix as the report's Table 6: actual classes down, predicted across.

    Parameters
    ----------
    matrix : array-like of shape (n_classes, n_classes)
        Rows are actual classes, columns predicted ones.
    labels : array-like of shape (n_classes,), default=None
        The label of each row; by default those that name a data frame's, else 0 to
        ``n_classes - 1``.
    target_names : sequence of str, default=None
        The name of each row; by default as in `per_emotion_report`.

    Returns
    -------
    str
        A heading and a line per class, without a newline at the end.

    Raises
    ------
    ValueError
        If the matrix is not square, or if labels or names do not fit it.

    Examples
    --------
    >>> from fernet.metrics import confusion_table
    >>> print(confusion_table([[165, 1], [8, 23]]))
                  P0   P1
    A0  angry    165    1
    A1  disgust    8   23
    """
    counts, labels = arranged(matrix, labels, target_names)
    shown, names = labels_and_names(np.arange(len(counts)), labels, target_names)
    if len(shown) != len(counts):
        raise ValueError(f"labels has {len(shown)} entries for a matrix of {len(counts)} rows")
    cells = [[count_as_text(value) for value in row] for row in counts.tolist()]
    columns = [f"P{index}" for index in range(len(counts))]
    cell_width = max(4, *(len(cell) for row in [columns, *cells] for cell in row))
    name_width = widest(names)
    index_width = len(columns[-1])
    lines = [" " * (index_width + 2 + name_width) + _cells(columns, cell_width)]
    for index, (name, row) in enumerate(zip(names, cells, strict=True)):
        head = f"{'A' + str(index):<{index_width}}  {flush_left(name, name_width)}"
        lines.append(head + _cells(row, cell_width))
    return "\n".join(lines)


def as_confusion(matrix: ArrayLike) -> NDArray[np.int64] | NDArray[np.floating]:
    """Return a confusion matrix as an array.

    Parameters
    ----------
    matrix : array-like of shape (n_classes, n_classes)
        Counts or weights.

    Returns
    -------
    ndarray of int or float of shape (n_classes, n_classes)
        Signed and of 64 bits, so that differences and sums are what they seem.

    Raises
    ------
    ValueError
        If it is not square, is empty or holds a negative, non-finite or masked number, or if a
        data frame's rows and columns are of different classes.
    """
    counts, _ = in_rows_order(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.size == 0:
        raise ValueError(f"matrix must be square, but its shape is {counts.shape}")
    return checked_counts(counts, "matrix")


def checked_counts(counts: NDArray[Any], name: str) -> NDArray[np.int64] | NDArray[np.floating]:
    """Return counts or weights, signed and of 64 bits.

    Raises
    ------
    ValueError
        If they are no numbers, or one is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.metrics.confusion import checked_counts
    >>> 100 * checked_counts(np.array([200], np.uint8), "matrix")
    array([20000])
    """
    if counts.dtype.kind not in "iuf":
        raise ValueError(f"{name} must hold numbers, but its dtype is {counts.dtype}")
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise ValueError(f"{name} holds a number that is negative or not finite")
    return counts.astype(np.float64) if counts.dtype.kind == "f" else counts.astype(np.int64)


def arranged(
    matrix: ArrayLike, labels: ArrayLike | None, target_names: Sequence[str] | None
) -> tuple[NDArray[Any], ArrayLike | None]:
    """Return a confusion matrix and the labels of its rows, in the order that a user names.

    Parameters
    ----------
    matrix : array-like of shape (n_classes, n_classes)
        Counts or weights; a data frame, such as `pandas.crosstab` makes, may name its classes.
    labels, target_names : sequence or None
        What the user calls the rows.

    Returns
    -------
    counts : ndarray of shape (n_classes, n_classes)
        As `as_confusion` returns it.
    labels : array-like or None
        The user's, else the data frame's.

    Raises
    ------
    ValueError
        For what `as_confusion` refuses.
    """
    counts = as_confusion(matrix)
    _, found = in_rows_order(matrix)
    given = target_names if labels is None else labels
    if found is None or given is None:
        return counts, labels if found is None else found
    return in_order_of(given, found, counts), labels


def in_order_of(given: ArrayLike, found: ArrayLike, counts: NDArray[Any]) -> NDArray[Any]:
    """Bring classes into a user's order, if what the user gives are the same ones.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.metrics.confusion import in_order_of
    >>> in_order_of(["sad", "happy"], ["happy", "sad"], np.array([[5, 1], [2, 9]])).tolist()
    [[9, 2], [1, 5]]
    """
    places = places_in_table(given, found, "matrix")
    return counts if places is None else counts[np.ix_(places, places)]


def in_rows_order(matrix: ArrayLike) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return a matrix with its columns in the order of its rows, and the labels of both.

    Parameters
    ----------
    matrix : array-like of shape (n_classes, n_classes)
        A table whose columns have names is taken by them, and so are a data frame's rows; rows
        without names are in the order of the columns.

    Returns
    -------
    matrix : ndarray
    labels : ndarray of shape (n_classes,) or None
        None where there are no names.

    Raises
    ------
    ValueError
        If rows and columns are of different classes, the last ones are totals, or entries are
        masked.

    Examples
    --------
    >>> import pandas as pd
    >>> from fernet.metrics.confusion import in_rows_order
    >>> named = pd.DataFrame([[1, 5], [9, 2]], ["happy", "sad"], ["sad", "happy"])
    >>> in_rows_order(named)[0].tolist()
    [[5, 1], [2, 9]]
    """
    check_unmasked(matrix, "matrix", "counts")
    counts = plain_labels(array_of(matrix, "matrix"))
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        return counts, None
    if hasattr(matrix, "columns") and hasattr(matrix, "index"):
        rows, columns = _named(matrix.index), _named(matrix.columns)
    else:
        rows, columns = None, _named(column_names(matrix))
    if rows is None or columns is None:
        found = columns if rows is None else rows
        return counts, None if found is None else plain_labels(found)
    places = match_classes(rows, columns)
    if not _are_all(places, len(counts)):
        raise ValueError(
            f"matrix has rows {plain(rows)} and columns {plain(columns)}; expected the same classes"
        )
    counts = counts[:, places]
    if len(counts) > 2 and _sums_up(counts) and _sums_up(counts.T):
        raise ValueError(
            f"matrix ends with totals, {plain(rows[-1])!r}; expected classes alone, as in "
            "matrix.iloc[:-1, :-1]"
        )
    return counts, plain_labels(rows)


def _named(names: Any) -> list[Any] | None:
    """Return the names along an axis, unless they do but count: as what has none is called."""
    # A range of pandas counts, as its index of whole numbers need not.
    if names is None or type(names).__name__ == "RangeIndex":
        return None
    counted = [f"column_{place}" for place in range(len(names))]
    return None if list(names) == counted else list(names)


def _sums_up(counts: NDArray[Any]) -> bool:
    if counts.dtype.kind not in "iuf" or not counts.any():
        return False
    return np.array_equal(counts[:-1].sum(axis=0), counts[-1])


def _are_all(places: list[int], length: int) -> bool:
    return sorted(places) == list(range(length))


def count_as_text(value: float) -> str:
    """Write a count in full, a sum of weights in six figures."""
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def _cells(cells: Sequence[str], width: int) -> str:
    return "".join(f" {cell:>{width}}" for cell in cells)
