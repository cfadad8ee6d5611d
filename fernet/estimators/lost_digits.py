"""Numbers that differ by less than what float32, in which all is computed, keeps of them."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fernet._io.callers import levels_to_caller
from fernet._training.lazy_rows import LazyRows
from fernet._training.scaling import PixelScaling
from fernet.estimators import images

__all__ = ["warn_of_lost_digits"]
__dir__ = __all__.copy

_ROWS_AT_A_TIME = 1024
_MOST_LOST = 1e-2
"""What rounding may add to numbers, as part of their spread: that of some thirty steps."""
_STEPS = 1024
"""Numbers that spread over more of float32's steps lose less than that."""
_FLOAT64_NOISE = 100 * float(np.finfo(np.float64).eps)
"""Numbers that differ by less of their size are the same but for how they were computed."""
_N_NAMED = 3


class _Spread(NamedTuple):
    """Means and standard deviations of columns, and of what float32 leaves out of them."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    lost: NDArray[np.float64]


def warn_of_lost_digits(
    X: Any, indices: NDArray, scaling: PixelScaling, names: NDArray | None
) -> None:
    """Warn of columns whose numbers are far from 0 for what they differ by.

    Parameters
    ----------
    X : array-like or LazyRows
        Images as the user gave them, known to be such; those to be read as they are needed as rows.
    indices : ndarray of int64
        Which of them the scaling has learnt from.
    scaling : PixelScaling
        Learnt.
    names : ndarray of str or None
        Of the columns.

    Warns
    -----
    UserWarning
        If numbers of a more precise type than float32, such as float64 or int64, are rounded by
        more than a hundredth of their standard deviation as they become that.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from fernet._training.scaling import PixelScaling
    >>> from fernet.estimators.lost_digits import warn_of_lost_digits
    >>> X = np.array([[1e9, 0.0], [1e9 + 1, 0.0]])
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_of_lost_digits(X, np.arange(2), PixelScaling("standard").fit(X), None)
    >>> print(str(caught[0].message).partition(":")[0])
    X's column 0 (mean 1e+09, standard deviation 0.5) loses some of what it differs by
    """
    columns = _doubtful(scaling)
    if len(columns) == 0:
        return
    rows = _exact_rows(X)
    if rows is None:
        return
    found = _spread(rows, indices, columns)
    # What one standard deviation of all divides is lost only if it is much of that.
    of = found.std if scaling.scaling == "standard" else _divisors(scaling)[columns]
    varies = found.std > _FLOAT64_NOISE * np.abs(found.mean)
    places = np.flatnonzero(varies & (found.lost > _MOST_LOST * of))
    if len(places):
        _warn(columns[places], found.mean[places[0]], found.std[places[0]], names)


def _divisors(scaling: PixelScaling) -> NDArray[np.float64]:
    assert scaling.scale_ is not None
    divisors: NDArray[np.float64] = scaling.scaled_std / scaling.scale_.astype(np.float64)
    return divisors


def _doubtful(scaling: PixelScaling) -> NDArray[np.intp]:
    """Return columns that are divided by few of float32's steps, or not at all."""
    assert scaling.offset_ is not None
    divisors = _divisors(scaling)
    is_fine = divisors >= _STEPS * np.spacing(np.abs(scaling.offset_)).astype(np.float64)
    if scaling.scaling == "standard":
        is_fine &= scaling.scale_ != np.float32(scaling.scaled_std)
    return np.flatnonzero(~is_fine)


def _exact_rows(X: Any) -> NDArray | LazyRows | None:
    """Return the rows in their own type; None if that's no more precise than float32."""
    if isinstance(X, LazyRows):
        rows: NDArray | LazyRows = X
    else:
        rows = np.asarray(images.as_rows(X)[0])
    return None if np.can_cast(rows.dtype, np.float32) else rows


def _spread(rows: NDArray | LazyRows, indices: NDArray, columns: NDArray[np.intp]) -> _Spread:
    # Sums about the first row, as squares of numbers that are alike lose what they differ by.
    origin = rows[indices[:1]][:, columns].astype(np.float64)[0]
    sums = np.zeros((4, len(columns)))
    for start in range(0, len(indices), _ROWS_AT_A_TIME):
        chunk = rows[indices[start : start + _ROWS_AT_A_TIME]][:, columns].astype(np.float64)
        lost = chunk - chunk.astype(np.float32)
        chunk -= origin
        sums += [chunk.sum(0), np.square(chunk).sum(0), lost.sum(0), np.square(lost).sum(0)]
    mean, square, lost_mean, lost_square = sums / len(indices)
    return _Spread(
        origin + mean,
        np.sqrt(np.maximum(square - mean**2, 0.0)),
        np.sqrt(np.maximum(lost_square - lost_mean**2, 0.0)),
    )


def _warn(columns: NDArray[np.intp], mean: float, std: float, names: NDArray | None) -> None:
    called = [str(column) if names is None else repr(str(names[column])) for column in columns]
    others = [f"{len(called) - _N_NAMED} more"] if len(called) > _N_NAMED else []
    rest = ", ".join([*called[1:_N_NAMED], *others])
    warnings.warn(
        f"X's column {called[0]} (mean {mean:.6g}, standard deviation {std:.3g}) loses some of "
        f"what it differs by{f', as do {rest}' if rest else ''}: it is rounded to float32 before "
        "it is scaled. Take the mean off first, as sklearn's StandardScaler does in a "
        "pipeline",
        UserWarning,
        stacklevel=levels_to_caller(),
    )
