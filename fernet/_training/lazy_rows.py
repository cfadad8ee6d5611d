"""Data sets that are read as they are needed, and reading them while something else computes."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["LazyRows", "ReadAhead"]
__dir__ = __all__.copy

_ROWS_AT_A_TIME = 1024
_FEW_ROWS = 8


class LazyRows:
    """Rows of numbers that are read when they are asked for, however many there are.

    They are asked for as those of an array of two axes are: ``rows[indices]``, ``rows[3:5]``.

    Parameters
    ----------
    source : object
        With ``shape`` (n, ...), ``dtype``, and its rows as an array by ``source[indices]``.
    rows : ndarray of shape (n_rows,), int64, default=None
        Which rows of the source these are; None takes all.
    dtype : dtype, default=None
        What the numbers become; None leaves them as they are.
    name : str, default="X"
        What to call the source in an error.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.lazy_rows import LazyRows
    >>> rows = LazyRows(np.arange(24, dtype=np.uint8).reshape(6, 2, 2))
    >>> rows.shape, rows.take(np.array([5, 0]))[:].tolist()
    ((6, 4), [[20, 21, 22, 23], [0, 1, 2, 3]])
    """

    ndim = 2

    def __init__(
        self,
        source: Any,
        rows: NDArray | None = None,
        dtype: DTypeLike | None = None,
        name: str = "X",
    ) -> None:
        self._source, self._rows, self._name = source, rows, name
        n_features = int(np.prod(source.shape[1:]))
        self.shape = (int(source.shape[0] if rows is None else len(rows)), n_features)
        self.dtype = np.dtype(source.dtype if dtype is None else dtype)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self.shape[0] * self.shape[1]

    def __getitem__(self, index: Any) -> NDArray:
        if isinstance(index, int | np.integer):
            one: NDArray = self[np.array([index])][0]
            return one
        if isinstance(index, slice):
            index = np.arange(*index.indices(len(self)))
        index = np.asarray(index, dtype=np.int64)
        if self._rows is not None:
            index = self._rows[index]
        found = np.asarray(self._source[index])
        expected = (len(index), *self._source.shape[1:])
        if found.shape != expected or found.dtype != self._source.dtype:
            raise ValueError(
                f"{self._name}[rows] gave {len(index)} rows as an array of shape {found.shape} and "
                f"type {found.dtype}; expected {expected} and {self._source.dtype}, as "
                f"{self._name}.shape and {self._name}.dtype say"
            )
        return np.ascontiguousarray(found.reshape(len(index), self.shape[1]), dtype=self.dtype)

    def take(self, indices: NDArray) -> Self:
        """Return some of the rows, still to be read."""
        rows = indices if self._rows is None else self._rows[indices]
        return type(self)(self._source, rows, self.dtype, self._name)

    def astype(self, dtype: DTypeLike, order: str = "C") -> Self:
        """Return the same rows, to be read as another type; `order` is always C."""
        return type(self)(self._source, self._rows, dtype, self._name)

    def min(self) -> float:
        """Return the lowest number; the first time, all rows are read."""
        return self._extremes[0]

    def max(self) -> float:
        """Return the highest number; the first time, all rows are read."""
        return self._extremes[1]

    def has_above(self, level: float) -> bool:
        """Tell whether there is a higher number; all rows are read if the first ones have none."""
        return bool((self[:_FEW_ROWS] > level).any()) or self.max() > level

    @functools.cached_property
    def _extremes(self) -> tuple[float, float]:
        low, high = np.inf, -np.inf
        for start in range(0, len(self), _ROWS_AT_A_TIME):
            chunk = self[start : start + _ROWS_AT_A_TIME]
            low, high = min(low, float(chunk.min())), max(high, float(chunk.max()))
            if not (np.isfinite(low) and np.isfinite(high)):
                raise ValueError(f"Input {self._name} contains NaN or infinity.")
        return low, high


class ReadAhead:
    """Reads a batch of rows while the last one is being computed with.

    At most one batch waits.

    Parameters
    ----------
    rows : LazyRows
        What to read.
    order : ndarray of int64
        The order in which rows will be asked for, a batch at a time. Others may be asked for
        too; none is read in advance then.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.lazy_rows import LazyRows, ReadAhead
    >>> rows = LazyRows(np.arange(6.0).reshape(3, 2))
    >>> ReadAhead(rows, np.arange(3)).read(np.array([0, 1])).tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """

    def __init__(self, rows: LazyRows, order: NDArray) -> None:
        self._rows = rows
        self.expect(order)

    def expect(self, order: NDArray) -> None:
        """Say in which order rows will be asked for from now on."""
        self._order, self._position = order, 0
        self._next: tuple[NDArray, Future[NDArray]] | None = None

    def read(self, indices: NDArray) -> NDArray:
        """Return rows, and begin to read those that follow them.

        Parameters
        ----------
        indices : ndarray of shape (N,), int64
            Which rows.

        Returns
        -------
        ndarray of shape (N, n_features)
        """
        waiting, self._next = self._next, None
        if waiting is not None and np.array_equal(waiting[0], indices):
            found = waiting[1].result()
        else:
            found = self._rows[indices]
        for start in (self._position, 0):
            end = start + len(indices)
            if np.array_equal(self._order[start:end], indices):
                self._position = end
                following = self._order[end : end + len(indices)]
                if len(following):
                    self._next = following, _in_background(self._rows.__getitem__, following)
                break
        return found


def _in_background(read: Callable[[NDArray], NDArray], indices: NDArray) -> Future[NDArray]:
    future: Future[NDArray] = Future()

    def run() -> None:
        try:
            future.set_result(read(indices))
        # Whoever asks for the rows gets to know.
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name="fernet-read-ahead").start()
    return future
