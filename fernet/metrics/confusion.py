"""Confusion matrices: checked, written as the report's Table 6, and taken apart into labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet._io.text_columns import flush_left, widest
from fernet.metrics._labels import labels_and_names

__all__ = ["as_confusion", "confusion_table", "count_as_text", "labels_from_confusion"]
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
        The label of each row; by default 0 to ``n_classes - 1``.
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
    counts = as_confusion(matrix)
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
        Signed, so that differences are what they seem.

    Raises
    ------
    ValueError
        If it is not square, is empty or holds a negative or non-finite number.
    """
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.size == 0:
        raise ValueError(f"matrix must be square, but its shape is {counts.shape}")
    if counts.dtype.kind not in "iuf":
        raise ValueError(f"matrix must hold numbers, but its dtype is {counts.dtype}")
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise ValueError("matrix holds a number that is negative or not finite")
    return counts.astype(np.int64) if counts.dtype.kind == "u" else counts


def count_as_text(value: float) -> str:
    """Write a count in full, a sum of weights in six figures."""
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def _cells(cells: Sequence[str], width: int) -> str:
    return "".join(f" {cell:>{width}}" for cell in cells)
