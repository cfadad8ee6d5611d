"""Samples that a search's candidates share, with no copy for each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["RowNumbers", "Rows", "travelling"]
__dir__ = __all__.copy


class Rows(np.ndarray):
    """An array whose rows come as a view where the rows asked for are consecutive.

    NumPy copies rows that are asked for by their numbers, so scikit-learn's searches copy the
    training samples for every candidate. A worker process gets the array that this one is a view
    of, which joblib maps into its memory once.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.model_selection.rows import Rows
    >>> X = np.arange(12).reshape(6, 2)
    >>> rows = Rows.of(X)
    >>> np.shares_memory(rows[[1, 2, 3], ...], X), np.shares_memory(rows[[1, 3], ...], X)
    (True, False)
    """

    _source: NDArray
    _kept: tuple[tuple[NDArray, NDArray], ...] = ()

    @classmethod
    def of(cls, source: NDArray, kept: tuple[tuple[NDArray, NDArray], ...] = ()) -> Rows:
        """View an array; `kept` are pairs of row numbers and these rows."""
        view = source.view(cls)
        view._source, view._kept = source, kept
        return view

    def keep(self, *row_numbers: NDArray) -> None:
        """Copy some rows now, so that asking for just these numbers later makes no copy."""
        for numbers in row_numbers:
            if _as_slice(numbers) is None:
                self._kept = (*self._kept, (numbers, self._source[numbers]))

    def __getitem__(self, key: Any) -> Any:
        if not hasattr(self, "_source"):  # a result of arithmetic
            return super().__getitem__(key)
        numbers = key[0] if isinstance(key, tuple) and key[1:] == (Ellipsis,) else None
        if isinstance(numbers, list | np.ndarray):
            numbers = np.asarray(numbers)
            for kept, rows in self._kept:
                if np.array_equal(kept, numbers):
                    return rows
            consecutive = _as_slice(numbers)
            if consecutive is not None:
                return self._source[consecutive]
        return self._source[key]

    def __reduce__(self) -> tuple:
        if not hasattr(self, "_source"):
            return super().__reduce__()  # type: ignore[return-value]
        # The very arrays: joblib knows by their identity that it has written them already.
        return Rows.of, (self._source, self._kept)


class RowNumbers:
    """Row numbers that travel with a task.

    Of an array, joblib would leave the only copy to one of a dask cluster's workers, and with
    that worker all tasks would be lost that need it. It takes nothing without weak references.
    """

    __slots__ = ("numbers",)

    def __init__(self, numbers: NDArray) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray:
        return np.asarray(self.numbers, dtype=dtype)


def travelling(numbers: Any) -> range | RowNumbers:
    """Return row numbers fit to travel: as a range, if they are consecutive.

    Examples
    --------
    >>> from fernet.model_selection.rows import travelling
    >>> travelling([3, 4, 5])
    range(3, 6)
    """
    numbers = np.asarray(numbers)
    consecutive = _as_slice(numbers)
    if consecutive is None:
        return RowNumbers(numbers)
    return range(consecutive.start, consecutive.stop)


def _as_slice(numbers: NDArray) -> slice | None:
    """Return consecutive row numbers as a slice; None if they are not consecutive."""
    if numbers.ndim != 1 or len(numbers) == 0 or numbers.dtype.kind not in "iu":
        return None
    first, last = int(numbers[0]), int(numbers[-1])
    if first < 0 or last - first + 1 != len(numbers) or (np.diff(numbers) != 1).any():
        return None
    return slice(first, last + 1)
