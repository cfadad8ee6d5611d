"""What users hand in as images, as rows of numbers: lists, frames, arrays of any type and order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from fernet._training.lazy_rows import LazyRows
from fernet.estimators.not_images import (
    check_is_data,
    check_items,
    check_modes,
    check_unmasked,
    holds_items,
)
from fernet.estimators.other_arrays import array_of, holds_tensors, table_of
from fernet.layers.axes import check_channels_last

__all__ = [
    "ImageShape",
    "are_pixels",
    "are_whole",
    "as_rows",
    "check_no_single_image",
    "check_numbers",
    "check_size",
    "compact",
    "sample_shape",
    "shape_of",
]
__dir__ = __all__.copy

ImageShape = tuple[int, int, int]
"""Height, width, channels."""

_ROWS_AT_A_TIME = 4096
_BYTE = 255
_HALF_A_BYTE = 127
_NO_NUMBERS = {"M": "dates", "m": "spans of time", "V": "records"}
_NO_NUMBER_TYPES = {np.datetime64: "M", np.timedelta64: "m", np.void: "V", np.record: "V"}
_TIMES = {"date": "M", "time": "M", "duration": "m"}
_WHOLE_NAMES = {"bool": "b", "int": "i", "uint": "u"}
_WHOLE_TYPES = (bool, int, np.bool_, np.integer)
_LARGEST = float(np.finfo(np.float32).max)


def as_rows(X: Any, name: str = "X") -> tuple[Any, ImageShape | None]:
    """Lay images out as rows; leave what already is rows, or a data frame of them, as it is.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Lists of images, nested lists, and columns of a data frame that hold arrays, count as
        arrays.
    name : str, default="X"
        What to call it in an error.

    Returns
    -------
    rows : array-like of shape (n, n_features)
        C-ordered if it was made from images.
    image_shape : tuple (height, width, channels) or None
        None where `X` was given as rows.

    Raises
    ------
    TypeError
        If it is nothing that holds images, such as None.
    ValueError
        If images or rows differ in size, one is None, images have their channels first, or have
        other axes than those above; if they are text, dates, records, or hold masked entries.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.images import as_rows
    >>> rows, shape = as_rows([np.zeros((48, 48)), np.ones((48, 48))])
    >>> rows.shape, shape
    ((2, 2304), (48, 48, 1))
    """
    if type(X) is np.ndarray and X.ndim == 2 and X.dtype.kind in "biuf":
        return X, None  # rows of numbers, without a look at what else there might be
    check_is_data(X, name)
    X = table_of(X)
    if holds_tensors(X) or not (hasattr(X, "columns") or hasattr(X, "iloc")):
        X = array_of(X, name)
    check_numbers(X, name)
    check_items(X, name)
    X = _stacked(X, name)
    # Sparse ones, of any number of axes, are refused by scikit-learn's checks.
    ndim = 2 if issparse(X) else getattr(X, "ndim", 2)
    if ndim in (3, 4):
        X = np.asarray(X)
        height, width, channels = (*X.shape[1:], 1)[:3]
        check_channels_last(X.shape[1:], name)
        rows = np.ascontiguousarray(X).reshape(len(X), height * width * channels)
        return rows, (height, width, channels)
    if ndim > 4:
        raise ValueError(
            f"{name} has {ndim} axes, shape {X.shape}; expected rows, (n, height, width) or "
            "(n, height, width, channels)"
        )
    return X, None


def _stacked(X: Any, name: str) -> Any:
    """Make an array of images in a list, a column or a data set; return anything else as it is."""
    if holds_items(X):
        X = [X[place] for place in range(len(X))]
    is_column = getattr(X, "ndim", None) == 1 and _is_objects(X)
    if not (isinstance(X, list | tuple) or is_column) or len(X) == 0:
        return X
    images = list(X)
    if (absent := next((i for i, image in enumerate(images) if image is None), None)) is not None:
        raise ValueError(f"{name}[{absent}] is None; expected an image")
    check_modes(images, name)
    places = [f"{name}[{place}]" for place in range(len(images))]
    images = [
        _whole(array_of(image, place), place) for image, place in zip(images, places, strict=True)
    ]
    if len(shape_of(images[0]) or ()) < (1 if is_column else 2):
        _check_lengths(images, name)
        return X
    shapes = list(dict.fromkeys(shape_of(image) for image in images))
    if len(shapes) > 1:
        what = "images" if len(shapes[0] or ()) > 1 else "rows"
        raise ValueError(
            f"{name} holds {what} of shapes {shapes[0]} and {shapes[1]}; expected one size"
        )
    return np.stack([np.asarray(image) for image in images])


def _whole(image: Any, name: str) -> Any:
    """Make one array of an array of arrays, as which polars and Arrow give lists of lists."""
    if not (isinstance(image, np.ndarray) and _is_objects(image) and image.ndim == 1):
        return image
    lines = [_whole(line, name) for line in image]
    if not lines or not all(isinstance(line, np.ndarray) for line in lines):
        return image
    _check_lengths(lines, name)
    return np.stack(lines)


def _is_objects(X: Any) -> bool:
    return getattr(getattr(X, "dtype", None), "kind", None) == "O"


def _check_lengths(rows: Sequence[Any], name: str) -> None:
    lengths = list(dict.fromkeys(len(row) for row in rows if hasattr(row, "__len__")))
    if len(lengths) > 1:
        raise ValueError(
            f"{name} holds rows of lengths {lengths[0]} and {lengths[1]}; expected one length"
        )


def check_numbers(X: Any, name: str = "X", expected: str = "numbers") -> None:
    """Refuse what NumPy would make numbers of that mean something else.

    Parameters
    ----------
    X : object
        What a user gave: an array, a data frame, lists of arrays or of what may be numbers.
    name : str, default="X"
        What to call it in an error.
    expected : str, default="numbers"
        What it should hold.

    Raises
    ------
    ValueError
        If it holds dates, spans of time, records, or entries that are masked.
    """
    parts = X if isinstance(X, list | tuple) else [X]
    found: dict[str, Any] = {_kind(dtype): dtype for part in parts for dtype in _dtypes(part)}
    found |= {
        _NO_NUMBER_TYPES[kind]: kind.__name__ for kind in _item_types(X) & {*_NO_NUMBER_TYPES}
    }
    for kind, words in _NO_NUMBERS.items():
        if kind in found:
            raise ValueError(f"{name} holds {words} ({found[kind]}); expected {expected}")
    check_unmasked(X, name, expected)


def _dtypes(X: Any) -> list[Any]:
    """Return the types of a data frame's columns, or of an array or one of its numbers."""
    if hasattr(X, "dtypes") and not hasattr(X, "dtype"):
        return list(dict.fromkeys(X.dtypes))
    if hasattr(X, "schema") and hasattr(X.schema, "types"):
        return list(dict.fromkeys(X.schema.types))
    return [X.dtype] if hasattr(X, "dtype") else []


def _kind(dtype: Any) -> str:
    """Return the letter of NumPy's that a type has; other libraries' times have but a name."""
    if isinstance(kind := getattr(dtype, "kind", None), str):
        return kind
    words = str(dtype).lower()
    return next((_TIMES[word] for word in _TIMES if words.startswith(word)), "")


def _item_types(X: Any) -> set[type]:
    """Return the types of what lists and arrays of objects hold, however deep."""
    if isinstance(X, np.ndarray):
        if X.dtype != object:
            return set()
        X = X.ravel().tolist()
    if not isinstance(X, list | tuple):
        return set()
    types = set(map(type, X))
    if types & {list, tuple, np.ndarray}:
        types = types.union(*(_item_types(item) for item in X))
    return types


def check_no_single_image(X: Any, image_shape: ImageShape | None, name: str = "X") -> None:
    """Refuse one image where several are expected.

    Parameters
    ----------
    X : array-like
        As the user gave it.
    image_shape : tuple (height, width, channels) or None
        Of the images that are expected.
    name : str, default="X"
        What to call it in an error.

    Raises
    ------
    ValueError
        If `X` has the shape of one image.
    """
    shape = shape_of(X)
    if image_shape is None or shape is None:
        return
    # Columns of images are as long as they have images, and hold no numbers.
    is_flat = shape == (math.prod(image_shape),)
    if is_flat and isinstance(X, np.ndarray) and X.dtype.kind in "biuf":
        # The first words are those by which scikit-learn's checks know this error.
        raise ValueError(f"Reshape your data: {name} is one row of {shape[0]}; give {name}[None]")
    is_row = len(shape) == 2 and shape[1] == math.prod(image_shape)
    in_colour = len(shape) == 3 and shape[:2] == image_shape[:2] and shape[2] in (3, 4)
    alike = shape in (image_shape, image_shape[:2]) or (in_colour and image_shape[1:] != shape[1:])
    if alike and len(shape) > 1 and not is_row:
        raise ValueError(f"{name} is one image, of shape {shape}; give {name}[None]")


def shape_of(X: Any) -> tuple[int, ...] | None:
    """Return the shape of an array, a picture, or nested lists as even as one; else None."""
    if hasattr(X, "shape"):
        return tuple(X.shape)
    if not isinstance(X, list | tuple) and not hasattr(X, "__array_interface__"):
        return None
    try:
        return np.shape(X)
    except ValueError:
        return None


def sample_shape(X: Any) -> tuple[int, ...] | None:
    """Return the shape of each image that was given as an array; None for rows and all else.

    Parameters
    ----------
    X : array-like
        As the user gave it, and already understood.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.images import sample_shape
    >>> sample_shape(np.zeros((2, 8, 8, 1))), sample_shape([np.zeros((8, 8))])
    ((8, 8, 1), (8, 8))
    """
    if isinstance(X, list | tuple):
        shape = shape_of(X[0])
    else:
        shape = (shape_of(X) or ())[1:]
    return shape if shape is not None and len(shape) > 1 else None


def compact(rows: Any) -> Any:
    """Hold whole numbers from 0 to 255 in bytes, whatever type they came in.

    Parameters
    ----------
    rows : ndarray or anything else
        What is no array of numbers or objects is returned as it is.

    Returns
    -------
    ndarray of uint8, or `rows`
        Floats of which none is above 1 stay what they are: 0 and 1 say nothing of pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.images import compact
    >>> compact(np.array([[0.0, 254.0]])).dtype, compact(np.array([[0.5, 254.0]])).dtype
    (dtype('uint8'), dtype('float64'))
    """
    if not isinstance(rows, np.ndarray | LazyRows) or rows.dtype == np.uint8 or rows.size == 0:
        return rows
    kind = rows.dtype.kind
    if isinstance(rows, np.ndarray) and kind == "O":
        return _compact_objects(rows)
    if kind == "f" and (not are_whole(rows) or rows.max() <= 1):
        return rows
    if kind in "biuf" and rows.min() >= 0 and rows.max() <= _BYTE:
        return rows.astype(np.uint8, order="C")
    return rows


def _compact_objects(rows: NDArray) -> NDArray:
    """Read objects as the numbers they are; leave them to be refused if they are none."""
    try:
        numbers = rows.astype(np.float64)
    except (TypeError, ValueError):
        return rows
    return compact(numbers)


def check_size(rows: NDArray | LazyRows, name: str = "X") -> None:
    """Refuse numbers that float32, in which all is computed, has no place for.

    Parameters
    ----------
    rows : ndarray of shape (n, n_features)
        Finite.
    name : str, default="X"
        What to call them in an error.

    Raises
    ------
    ValueError
        If one is larger than about 3.4e38 in size.
    """
    if rows.dtype != np.float64 or rows.size == 0:
        return
    largest = max(float(rows.max()), -float(rows.min()))
    if largest > _LARGEST:
        raise ValueError(
            f"{name} holds numbers of size {largest:g}; expected at most {_LARGEST:g}, float32's "
            "largest"
        )


def are_whole(rows: NDArray | LazyRows) -> bool:
    """Tell whether all numbers are whole; most data that are not end the search early.

    Parameters
    ----------
    rows : ndarray of shape (n, n_features)
        Numbers of any type.

    Returns
    -------
    bool
    """
    if rows.dtype.kind in "biu":
        return True
    return all(
        bool((chunk == np.rint(chunk)).all())
        for start in range(0, len(rows), _ROWS_AT_A_TIME)
        for chunk in (rows[start : start + _ROWS_AT_A_TIME],)
    )


def are_pixels(X: Any, rows: NDArray | LazyRows) -> bool:
    """Tell whether data are pixels: whole numbers, or numbers that go as far as those of a byte.

    Parameters
    ----------
    X : array-like or data frame
        As the user gave it: integers are whole numbers, 0 and 1 among them.
    rows : ndarray of shape (n, n_features)
        The same, checked and by `compact`.

    Returns
    -------
    bool
        True for uint8 and other integers, for floats that hold whole numbers beyond 1, and for
        floats from -255 to 510 of which some are above 127, or that span more: pixels that were
        resized, whose edges may overshoot, or that are less their mean.
    """
    if rows.dtype == np.uint8 or _are_integers(X):
        return True
    low, high = float(rows.min()), float(rows.max())
    if low >= -_BYTE and high <= 2 * _BYTE and max(high, high - low) > _HALF_A_BYTE:
        return True
    return high > 1 and are_whole(rows)


def _are_integers(X: Any) -> bool:
    """Tell whether data are of types of whole numbers, or booleans, in whatever library."""
    dtypes = _dtypes(X) or _dtypes(np.asarray(X))
    kinds = {_kind(dtype) or _kind_by_name(dtype) for dtype in dtypes}
    if kinds == {"O"}:
        return all(issubclass(kind, _WHOLE_TYPES) for kind in _item_types(np.asarray(X)))
    return kinds <= {*"biu"}


def _kind_by_name(dtype: Any) -> str:
    """Return NumPy's letter for a type of another library's, such as UInt8 or bool."""
    name = str(dtype).lower()
    return next((kind for word, kind in _WHOLE_NAMES.items() if name.startswith(word)), "")
