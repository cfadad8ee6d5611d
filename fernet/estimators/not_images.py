"""Refuses, by what it is and with what helps, what a classifier is given in the place of images."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from fernet.estimators.other_arrays import column_names, says_array

__all__ = ["check_is_data", "check_items", "check_modes", "check_unmasked", "holds_items"]
__dir__ = __all__.copy

_SHOWN = 24  # characters of a text that is no number
_LOOKED_AT = 64  # rows, of which the first may be empty
_PALETTES = ("P", "PA")
_OTHER_COLORS = ("CMYK", "YCbCr", "HSV", "LAB")


def check_is_data(X: Any, name: str, what: str = "images") -> None:
    """Refuse things that hold no numbers, or that can only be gone through.

    Parameters
    ----------
    X : object
        What a user gave as images.
    name : str
        What to call it in an error.
    what : str, default="images"
        What it should hold.

    Raises
    ------
    TypeError
        If it is None, a mapping, a set, an iterator, a loader that gives batches, or a data frame
        that has yet to be read.

    Examples
    --------
    >>> from fernet.estimators.not_images import check_is_data
    >>> check_is_data(iter([[0, 255]]), "X")
    Traceback (most recent call last):
        ...
    TypeError: X is of type list_iterator; expected an array of images, or a list of them
    """
    if reader := _reader(type(X)):
        raise TypeError(f"{name} is of type {type(X).__name__}; give {name}.{reader}()")
    if _has_array(X):
        return
    gives_batches = isinstance(X, Iterable) and not hasattr(X, "__getitem__")
    if X is None or gives_batches or isinstance(X, Mapping | Set | Iterator):
        found = "None" if X is None else f"of type {type(X).__name__}"
        raise TypeError(f"{name} is {found}; expected an array of {what}, or a list of them")


def check_unmasked(X: Any, name: str, what: str = "numbers") -> None:
    """Refuse masked entries: NumPy would make what lies under the mask of them.

    Parameters
    ----------
    X : object
        What a user gave: an array, a list of arrays, or anything else.
    name : str
        What to call it in an error.
    what : str, default="numbers"
        What it should hold.

    Raises
    ------
    ValueError
        If an entry is masked.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.not_images import check_unmasked
    >>> check_unmasked(np.ma.masked_equal([0, 1], 1), "y", "labels")
    Traceback (most recent call last):
        ...
    ValueError: y is a masked array with 1 masked entries; expected labels alone: fill them first, \
as y.filled(0) does
    """
    parts = X if isinstance(X, list | tuple) else [X]
    masked = [part for part in parts if isinstance(part, np.ma.MaskedArray)]
    if n_masked := sum(map(np.ma.count_masked, masked)):
        holds = "holds masked arrays" if isinstance(X, list | tuple) else "is a masked array"
        raise ValueError(
            f"{name} {holds} with {n_masked} masked entries; expected {what} alone: fill them "
            f"first, as {name}.filled(0) does"
        )


def _reader(kind: type) -> str:
    """Name the method that reads what has yet to be read; empty for all else.

    Arrays and columns of dask become arrays by themselves, what xarray has is read as a rule.
    """
    if hasattr(kind, "collect"):  # polars
        return "collect"
    is_one_array = hasattr(kind, "dtype") or hasattr(kind, "dims")
    return "compute" if hasattr(kind, "__dask_graph__") and not is_one_array else ""


def holds_items(X: Any) -> bool:
    """Tell whether something is a data set of another library: items by number, and no array.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.estimators.not_images import holds_items
    >>> holds_items(np.zeros((2, 4))), holds_items([[0, 255]])
    (False, False)
    """
    if isinstance(X, (list, tuple, str, bytes, bytearray, Mapping)):
        return False
    has_items = hasattr(X, "__getitem__") and hasattr(X, "__len__")
    return has_items and not isinstance(X, memoryview) and not _has_array(X)


def check_items(X: Any, name: str) -> None:
    """Refuse items of which the first is no image: text, a file, a mapping, a pair with a label.

    So is a row whose cells are images.

    Parameters
    ----------
    X : object
        What a user gave as images.
    name : str
        What to call it in an error.

    Raises
    ------
    ValueError
        If there are such; the message says how to come by the images.

    Examples
    --------
    >>> from fernet.estimators.not_images import check_items
    >>> check_items(["me.jpg"], "X")
    Traceback (most recent call last):
        ...
    ValueError: X holds text, 'me.jpg'; expected numbers: a classifier takes pixels, \
fernet.EmotionRecognizer files of pictures
    """
    cells = _first_cells(X, name)
    for where, cell in cells:
        is_column = where != name
        _check_no_text(cell, name, where)
        # scikit-learn's checks want an error of its own for one among an array's numbers.
        of_frame = is_column and not isinstance(X, np.ndarray)
        if isinstance(cell, Mapping) and (len(cells) == 1 or of_frame):
            _refuse_mapping(cell, name, where)
        if is_column and (_is_array(cell) or isinstance(cell, list | tuple)):
            what = "an array" if isinstance(X, np.ndarray) else "a data frame"
            raise ValueError(f"{name} is {what} with a column of images; give {where}")
    if (isinstance(X, (list, tuple)) or holds_items(X)) and len(X):
        _check_no_pair(X[0], name)


def check_modes(images: Sequence[Any], name: str) -> None:
    """Refuse Pillow's pictures whose numbers are no brightness: a GIF's palette, a hue.

    Parameters
    ----------
    images : sequence
        Images of any kind.
    name : str
        What to call them in an error.

    Raises
    ------
    ValueError
        If there is such a picture, with its place.
    """
    for place, image in enumerate(images):
        if not _is_picture(image):
            continue
        if image.mode in _PALETTES:
            raise ValueError(
                f"{name}[{place}] is a picture with a palette, whose numbers are no brightness; "
                f"give {name}[{place}].convert('L'), or 'RGB' for colours"
            )
        if image.mode in _OTHER_COLORS:
            raise ValueError(
                f"{name}[{place}] is a picture in {image.mode}, whose numbers are no red, green or "
                f"blue; give {name}[{place}].convert('RGB'), or 'L' for greys"
            )


def _check_no_text(cell: Any, name: str, where: str) -> None:
    """Refuse names of files, and pixels that are one text; a number as text is a number."""
    if not isinstance(cell, (str, bytes, os.PathLike)) or _is_number(cell):
        return
    if isinstance(cell, bytes) and b"\0" in cell:
        raise ValueError(
            f"{name} holds bytes, as of a picture's file; expected numbers: "
            "PIL.Image.open(io.BytesIO(...)) decodes each, and fernet.EmotionRecognizer takes them"
        )
    text = os.fsdecode(cell)
    shown = repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
    cure = "a classifier takes pixels, fernet.EmotionRecognizer files of pictures"
    if len(text.split()) > 1 and all(map(_is_number, text.split())):
        # Arrow's rows are scalars of its own.
        row = "str(row)" if isinstance(cell, str) else "row"
        cure = (
            f"[{row}.split() for row in {where}] makes them of a text a row, "
            "load_fer2013 of FER2013's CSV"
        )
    raise ValueError(f"{name} holds text, {shown}; expected numbers: {cure}")


def _first_cells(X: Any, name: str) -> list[tuple[str, Any]]:
    """Return the cells of the first row, where some may be no numbers, and what to call each.

    A text itself is one; a column's first is that which is not empty.
    """
    if isinstance(X, (str, bytes, os.PathLike)):
        return [(name, X)]
    if isinstance(X, np.ndarray) and X.ndim == 0:
        return []
    rows = X[:_LOOKED_AT] if isinstance(X, np.ndarray) else _head(X)
    if rows is not None:
        cells = _objects(rows)
        return list(zip(_places(X, name, len(cells)), cells, strict=True))
    if not (isinstance(X, (list, tuple)) or holds_items(X)) or len(X) == 0:
        return []
    return [(name, cell) for cell in (X[0] if isinstance(X[0], list | tuple) else [X[0]])]


def _head(X: Any) -> np.ndarray | None:
    """Return the first rows of pandas', polars' or Arrow's; None of anything else."""
    if hasattr(X, "head") and hasattr(X, "to_numpy"):
        return np.asarray(X.head(_LOOKED_AT).to_numpy())
    if hasattr(X, "slice") and says_array(X):
        return np.asarray(X.slice(0, _LOOKED_AT))
    return None


def _places(X: Any, name: str, n_columns: int) -> Iterable[str]:
    labels = column_names(X)
    if labels is not None:
        return [f"{name}[{label!r}]" for label in labels][:n_columns]
    if getattr(X, "ndim", 1) == 2:
        return [f"{name}[:, {place}]" for place in range(n_columns)]
    return [name] * n_columns


def _objects(rows: np.ndarray) -> list[Any]:
    if rows.dtype.kind not in "OUT" or rows.ndim == 0:
        return []
    columns = rows.reshape(len(rows), -1).T.tolist() if len(rows) else []
    return [next((cell for cell in column if cell is not None), None) for column in columns]


def _is_number(text: Any) -> bool:
    try:
        float(text)
    except (TypeError, ValueError):
        return False
    return True


def _has_array(X: Any) -> bool:
    return says_array(X) or hasattr(X, "shape")


def _is_array(cell: Any) -> bool:
    return len(getattr(cell, "shape", ())) > 0 or _is_picture(cell)


def _is_picture(item: Any) -> bool:
    """Tell whether something is one of Pillow's images, which need not be imported for that."""
    return hasattr(item, "mode") and hasattr(item, "__array_interface__")


def _refuse_mapping(cell: Mapping[Any, Any], name: str, where: str) -> None:
    keys = ", ".join(repr(key) for key in list(cell)[:4])
    cure = f"take the images alone of each, as [row[{next(iter(cell), '')!r}] for row in {where}]"
    if "bytes" in cell:
        cure = (
            "these are pictures' files: PIL.Image.open(io.BytesIO(row['bytes'])) for row in "
            f"{where} decodes them"
        )
    raise ValueError(f"{name} holds mappings with {keys}; expected images: {cure}")


def _check_no_pair(first: Any, name: str) -> None:
    """Refuse examples as data sets of other libraries hold them: each an image and its label."""
    if not isinstance(first, tuple | list) or len(first) != 2:
        return
    image, label = first
    if _is_array(image) and not _is_array(label) and not isinstance(label, list | tuple):
        raise ValueError(
            f"{name} holds pairs, of an image and its label it seems; expected images alone: "
            f"images, labels = zip(*{name})"
        )
