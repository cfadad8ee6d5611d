"""Arrays of other libraries: tensors, and all that says that it can be an array."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

__all__ = ["array_of", "as_table_like", "column_names", "holds_tensors", "says_array", "table_of"]
__dir__ = __all__.copy

_PARTS = ("__array__", "__array_interface__", "__dlpack__", "__dataframe__")
_TENSORS = "fixed_shape_tensor"


def says_array(value: Any) -> bool:
    """Tell whether something says, by the protocols for that, that it can be an array.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.other_arrays import says_array
    >>> says_array(np.zeros(2)), says_array([0, 0])
    (True, False)
    """
    return any(hasattr(value, part) for part in _PARTS)


def array_of(value: Any, name: str) -> Any:
    """Make a NumPy array of another library's, or of a tensor.

    Arrow's columns of tensors keep their tensors' shape, in data frames too.

    Parameters
    ----------
    value : object
        What a user gave.
    name : str
        What to call it in an error.

    Returns
    -------
    object
        Numbers of a type that NumPy does not know by itself, such as bfloat16, as float32. Other
        arrays of NumPy, masked ones too, and what has neither ``__array__`` nor ``__dlpack__``,
        come back as they are.

    Raises
    ------
    ValueError
        If a tensor can't be an array, as one on a GPU, or one of a column is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.other_arrays import array_of
    >>> array_of(np.zeros(2), "X").shape, array_of("photo.jpg", "X")
    ((2,), 'photo.jpg')
    """
    if isinstance(value, np.ndarray):
        return _of_known_type(value)
    try:
        if holds_tensors(value):
            return _arrow_column(value).to_numpy_ndarray()
        if hasattr(value, "__array__"):
            return _of_known_type(np.asarray(value))
        if hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
    # What a tensor of another library raises says how to make an array of it.
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        raise ValueError(f"{name} is of type {type(value).__name__}: {error}") from error
    return value


def _of_known_type(array: np.ndarray) -> np.ndarray:
    """Return numbers of another library's type as float32; NumPy takes them for bytes."""
    is_other = array.dtype.kind == "V" and array.dtype.type not in (np.void, np.record)
    return array.astype(np.float32) if is_other else array


def holds_tensors(value: Any) -> bool:
    """Tell whether something is a column of Arrow's tensors, of which NumPy would make rows.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.other_arrays import holds_tensors
    >>> holds_tensors(np.zeros((2, 4)))
    False
    """
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        dtype = getattr(value, "type", None)
    return not (dtype is None or isinstance(dtype, np.dtype)) and _TENSORS in str(dtype)


def _arrow_column(value: Any) -> Any:
    """Return a column as Arrow's own: pandas and polars hold one, and Arrow's may be in chunks."""
    if hasattr(value, "array"):
        value = value.array.__arrow_array__()
    elif hasattr(value, "to_arrow"):
        value = value.to_arrow()
    return value.combine_chunks() if hasattr(value, "combine_chunks") else value


def table_of(value: Any) -> Any:
    """Return Arrow's batch of rows as a table, whose columns' names scikit-learn sees.

    Examples
    --------
    >>> from fernet.estimators.other_arrays import table_of
    >>> table_of([[0, 255]])
    [[0, 255]]
    """
    if not (type(value).__name__ == "RecordBatch" and hasattr(value, "schema")):
        return value
    return import_module(type(value).__module__.partition(".")[0]).Table.from_batches([value])


def column_names(value: Any) -> list[Any] | None:
    """Return the names of a table's columns; None for what has none.

    Parameters
    ----------
    value : object
        What a user gave: a data frame of pandas or polars, a table of Arrow, an array of xarray
        with coordinates along its last axis, or anything else.

    Returns
    -------
    list or None

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.other_arrays import column_names
    >>> column_names(np.zeros((2, 4))) is None
    True
    """
    # Of Arrow `columns` are the columns themselves.
    names = getattr(value, "column_names", getattr(value, "columns", None))
    if names is not None:
        return list(names)
    axes = getattr(value, "dims", None)
    if not (isinstance(axes, tuple) and axes and axes[-1] in getattr(value, "coords", ())):
        return None
    return list(value.coords[axes[-1]].to_numpy().tolist())


def as_table_like(values: np.ndarray, table: Any) -> Any:
    """Return an array as a data frame with the columns of another, if that is one.

    Parameters
    ----------
    values : ndarray of shape (n_samples, ...)
        Other numbers in the places of those of `table`.
    table : object
        What a user gave: a data frame of pandas or polars, a table of Arrow, or anything else.

    Returns
    -------
    data frame, table or ndarray

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fernet.estimators.other_arrays import as_table_like
    >>> frame = pd.DataFrame([[0, 255]], columns=["left", "right"])
    >>> as_table_like(np.array([[1, 254]]), frame).columns.tolist()
    ['left', 'right']
    """
    if values.ndim != 2:
        return values
    if hasattr(table, "iloc"):
        return type(table)(values, columns=table.columns, index=table.index)
    if hasattr(table, "column_names"):
        return type(table).from_arrays(list(values.T), names=table.column_names)
    if hasattr(table, "columns") and hasattr(table, "schema"):
        return type(table)(values, schema=table.columns)
    return values
