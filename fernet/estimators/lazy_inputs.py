"""Checks on images that are read as they are needed."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_X_y

from fernet._training.lazy_rows import LazyRows
from fernet.estimators.images import ImageShape
from fernet.estimators.inputs import KEPT_DTYPES
from fernet.estimators.other_arrays import says_array
from fernet.layers.axes import check_channels_last

__all__ = ["as_lazy_rows", "check_labels", "check_rows"]
__dir__ = __all__.copy

_MEMBERS = ("shape", "dtype", "__len__", "__getitem__")


def as_lazy_rows(X: Any, name: str = "X") -> tuple[LazyRows, ImageShape | None] | None:
    """Return images that are to be read as they are needed; None for arrays and all else.

    Parameters
    ----------
    X : object
        What has ``shape``, ``dtype``, a length and items, and says by no protocol that it can
        be an array as a whole.
    name : str, default="X"
        What to call it in an error.

    Returns
    -------
    rows : LazyRows
    image_shape : tuple (height, width, channels) or None
        None where a row is no image.

    Raises
    ------
    ValueError
        If the shape, or the type of the numbers, is none that is read so.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.lazy_inputs import as_lazy_rows
    >>> as_lazy_rows(np.zeros((2, 4))) is None
    True
    """
    if says_array(X) or issparse(X):
        return None
    if not all(hasattr(X, part) for part in _MEMBERS):
        return None
    if not _is_kept(X.dtype):
        raise ValueError(
            f"{name} is read as it is needed, and holds numbers of type {X.dtype}; expected "
            "uint8, float32 or float64"
        )
    shape = tuple(X.shape)
    if not 2 <= len(shape) <= 4:
        raise ValueError(
            f"{name} has shape {shape}; expected (n, n_features), (n, height, width) or "
            "(n, height, width, channels)"
        )
    if len(shape) == 2:
        return LazyRows(X, name=name), None
    check_channels_last(shape[1:], name)
    height, width, channels = (*shape[1:], 1)[:3]
    return LazyRows(X, name=name), (height, width, channels)


def _is_kept(dtype: Any) -> bool:
    """Tell it of a type by its name or its class too, as a few lines around a file may have it."""
    try:
        return np.dtype(dtype) in KEPT_DTYPES
    except TypeError:
        return False


def check_rows(rows: LazyRows, estimator: Any, n_features: int | None, name: str = "X") -> None:
    """Refuse what scikit-learn refuses of an array.

    Parameters
    ----------
    rows : LazyRows
        What was given.
    estimator : estimator
        Whose class is named in an error.
    n_features : int or None
        What a row has to hold; None before the first fit.
    name : str, default="X"
        What to call them in an error.

    Raises
    ------
    ValueError
        If there are none, or a row is of another length.
    """
    if 0 in rows.shape:
        raise ValueError(f"{name} has shape {rows.shape}; expected one sample and feature or more")
    if n_features is not None and rows.shape[1] != n_features:
        raise ValueError(
            f"{name} has {rows.shape[1]} features, but {type(estimator).__name__} is expecting "
            f"{n_features} features as input"
        )


def check_labels(rows: LazyRows, y: Any, estimator: Any) -> Any:
    """Return labels as scikit-learn checks them beside an array of as many rows."""
    stand_in = np.zeros((len(rows), 1), np.uint8)
    return check_X_y(stand_in, y, estimator=estimator, dtype=None)[1]
