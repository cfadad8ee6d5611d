"""What a model says of faces: the probability of each emotion by its name, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._training.input_range import InputRange
from fernet.emotions import class_names, match_classes
from fernet.estimators.other_arrays import column_names

__all__ = ["answers_of"]
__dir__ = __all__.copy

_ROUNDING = 1e-2  # of probabilities and their sum, as of float16


def answers_of(model: Any, faces: Sequence[NDArray[np.uint8]]) -> list[dict[str, float]]:
    """Return the probability of each emotion for each of some faces.

    Parameters
    ----------
    model : classifier
        Fitted. Where another thread fits it meanwhile, names and probabilities are of one fit. Of
        a table with names the columns may stand in any order.
    faces : sequence of ndarray of uint8
        At least one; of the shape that it has learnt.

    Returns
    -------
    list of dict of str to float
        One for each face.

    Raises
    ------
    ValueError
        If the model's answer is no row of probabilities for each face, two of its classes have one
        name, or a table's columns have other names than these.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.faces._model_answers import answers_of
    >>> faces = make_faces(70, random_state=0)
    >>> model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(faces.data, faces.target)
    >>> [len(answer) for answer in answers_of(model, faces.images[:2])]
    [7, 7]
    """
    pixels = np.stack(faces).reshape(len(faces), -1)
    while True:
        names, learnt = state = _state_of(model)
        rows = model.predict_proba(InputRange(*learnt).in_unit(pixels) if learnt else pixels)
        if _state_of(model) == state:
            break
    what = f"{type(model).__name__}.predict_proba"
    if len(set(names)) < len(names):
        raise ValueError(
            f"{type(model).__name__}.classes_ are called {names}; expected a name for each"
        )
    table = _checked(rows, (len(pixels), len(names)), what)
    table = table[:, _places(names, column_names(rows), what)]
    return [dict(zip(names, row, strict=True)) for row in table.tolist()]


def _state_of(model: Any) -> tuple[list[str], tuple[float, float] | None]:
    return class_names(model.classes_), getattr(model, "input_range_", None)


def _places(names: list[str], columns: list[Any] | None, what: str) -> list[int]:
    """Return in which column each class is."""
    in_order = list(range(len(names)))
    # Tables of arrays have their columns counted; polars writes "column_" before.
    if columns is None or [str(c).removeprefix("column_") for c in columns] == [
        *map(str, in_order)
    ]:
        return in_order
    places = match_classes(names, columns)
    if sorted(places) != in_order:
        raise ValueError(f"{what} gave a table of the columns {columns}; expected {names}")
    return places


def _checked(rows: Any, shape: tuple[int, int], what: str) -> NDArray[Any]:
    """Refuse what are no probabilities, such as scores and per cent."""
    try:
        table = np.asarray(rows)
        table = table if table.dtype.kind == "f" else table.astype(np.float64)
    except (TypeError, ValueError):
        found = type(rows).__name__
        raise ValueError(f"{what} gave a {found}; expected an array of numbers") from None
    if table.shape != shape:
        raise ValueError(
            f"{what} gave an array of shape {table.shape}; expected {shape}: a row for each face, "
            "with a probability of each class"
        )
    # NaN is in no range.
    bad = ~((table >= -_ROUNDING) & (table <= 1 + _ROUNDING)).all(1)
    bad |= ~(np.abs(table.sum(1, dtype=np.float64) - 1) <= _ROUNDING)
    if bad.any():
        raise ValueError(
            f"{what} gave {table[bad][0].tolist()} for a face; expected probabilities, each from 0 "
            "to 1, that sum to 1"
        )
    return table
