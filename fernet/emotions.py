"""The subject in numbers: FER2013's seven emotions and the size of its faces."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "EMOTIONS",
    "IMAGE_SHAPE",
    "MAX_IMAGE_SIZE",
    "alike_labels",
    "class_names",
    "label_numbers",
    "match_classes",
    "plain_labels",
    "remark_on_numbers",
    "taken_for_emotions",
]
__dir__ = __all__.copy

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Names in the order of FER2013's labels: ``EMOTIONS[label]``."""

IMAGE_SHAPE = (48, 48)
"""Height and width of a FER2013 face, in pixels."""

MAX_IMAGE_SIZE = 1024
"""Pixels a side above which a face's size is taken for a mistake: networks here are for smaller."""


_WHOLE_NUMBER = re.compile(r"[0-9]+(\.0*)?")


def class_names(classes: ArrayLike) -> list[str]:
    """Name a model's classes: FER2013's numbers by their emotions, others as they are.

    Parameters
    ----------
    classes : array-like of shape (n_classes,)
        Labels, such as an estimator's `classes_`. The numbers may be written as ``6``, ``6.0``
        or ``"6"``; all of them have to be numbers of emotions, and different ones.

    Returns
    -------
    list of str
        In the same order.

    Examples
    --------
    >>> from fernet.emotions import class_names
    >>> class_names([0, 3]), class_names([0.0, 3.0]), class_names(["frown", "smile"])
    (['angry', 'happy'], ['angry', 'happy'], ['frown', 'smile'])
    """
    labels = plain_labels(classes).tolist()
    numbers = label_numbers(labels)
    if numbers and len(set(numbers)) == len(numbers) and max(numbers) < len(EMOTIONS):
        return [EMOTIONS[number] for number in numbers]
    return [str(label) for label in labels]


def match_classes(labels: ArrayLike, known: ArrayLike) -> list[int]:
    """Find classes among those that are known: by their names, or else by the labels as written.

    Parameters
    ----------
    labels, known : array-like of shape (n_labels,) and (n_known,)
        Labels, such as two estimators' `classes_`.

    Returns
    -------
    list of int
        The place of each label in `known`; -1 where it is not there.

    Examples
    --------
    >>> from fernet.emotions import match_classes
    >>> match_classes(["sad", "calm", "happy"], range(7)), match_classes([6, 7], range(7))
    ([4, -1, 3], [6, -1])
    """
    by_name = {name: place for place, name in enumerate(class_names(known))}
    as_written = {text: place for place, text in enumerate(_written(known))}
    return [
        by_name.get(name, as_written.get(text, -1))
        for name, text in zip(class_names(labels), _written(labels), strict=True)
    ]


def _written(labels: ArrayLike) -> list[str]:
    """Write labels out, whole numbers in one way."""
    given = plain_labels(labels).tolist()
    numbers = map(_number, given)
    return [
        str(label if number is None else number)
        for label, number in zip(given, numbers, strict=True)
    ]


def taken_for_emotions(labels: ArrayLike, *, all_seven: bool = False) -> dict[str, str]:
    """Tell which numbers are called emotions while nothing says that they mean them.

    Parameters
    ----------
    labels : array-like of shape (n_classes,)
        Labels, or the names of folders.
    all_seven : bool, default=False
        Whether to tell it of all of FER2013's numbers too. In a model they are hardly anything
        else; in data they may be, as others count their seven emotions in other orders.

    Returns
    -------
    dict of str to str
        The emotion that `class_names` takes each number for. Empty where labels are words.

    Examples
    --------
    >>> from fernet.emotions import taken_for_emotions
    >>> taken_for_emotions([0, 1]), taken_for_emotions(range(7)), taken_for_emotions(["calm"])
    ({'0': 'angry', '1': 'disgust'}, {}, {})
    >>> len(taken_for_emotions(range(7), all_seven=True))
    7
    """
    given = plain_labels(labels).tolist()
    shown, names = [str(label) for label in given], class_names(given)
    if names == shown or (len(names) == len(EMOTIONS) and not all_seven):
        return {}
    return dict(zip(shown, names, strict=True))


def remark_on_numbers(classes: ArrayLike) -> str:
    """Say that a model's numbers are called emotions, where they may be something else.

    Parameters
    ----------
    classes : array-like of shape (n_classes,)
        An estimator's `classes_`.

    Returns
    -------
    str
        "" where `taken_for_emotions` finds none.

    Examples
    --------
    >>> from fernet.emotions import remark_on_numbers
    >>> remark_on_numbers(range(7))
    ''
    """
    taken = taken_for_emotions(classes)
    if not taken:
        return ""
    return (
        f"the model's classes are numbers, {', '.join(taken)}, and called as FER2013 does: "
        f"{', '.join(taken.values())}; if they are something else, its merge_classes names them"
    )


def label_numbers(labels: Iterable[Any]) -> list[int] | None:
    """Read labels as whole numbers from 0 on.

    Parameters
    ----------
    labels : iterable
        Integers, floats or text.

    Returns
    -------
    list of int or None
        None if one of them is no such number, or there are none. Booleans are not.

    Examples
    --------
    >>> from fernet.emotions import label_numbers
    >>> label_numbers([6.0, "5", "4.0", 3]), label_numbers(["happy", "3"]), label_numbers([2.5])
    ([6, 5, 4, 3], None, None)
    """
    numbers = [_number(label) for label in labels]
    known = [number for number in numbers if number is not None]
    return known if known and len(known) == len(numbers) else None


def _number(label: Any) -> int | None:
    if isinstance(label, str):
        return int(label.partition(".")[0]) if _WHOLE_NUMBER.fullmatch(label) else None
    is_number = isinstance(label, Real) and type(label).__name__ not in ("bool", "bool_")
    if not is_number or not math.isfinite(label) or label < 0 or label != int(label):
        return None
    return int(label)


def plain_labels(labels: ArrayLike) -> NDArray[Any]:
    """Return labels as an array of the simplest type that holds them.

    Parameters
    ----------
    labels : array-like
        Objects that are all numbers, as data frames hand them on, become numbers, and NumPy's
        scalars among objects Python's own; all else stays as it is.

    Returns
    -------
    ndarray
        Of the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.emotions import plain_labels
    >>> plain_labels(np.array([0, 6], dtype=object)).dtype.kind
    'i'
    """
    import numpy as np

    array = np.asarray(labels)
    if array.dtype.kind != "O" or array.size == 0:
        return array
    given = array.ravel().tolist()
    values = [value.item() if isinstance(value, np.generic) else value for value in given]
    if any(isinstance(value, str) or not isinstance(value, Real) for value in values):
        plain = np.empty(len(values), dtype=object)
        plain[:] = values
        return plain.reshape(array.shape)
    simple = np.array(values)
    if simple.dtype.kind == "f" and all(isinstance(value, Integral) for value in values):
        # NumPy takes whole numbers beyond 63 bits for floats, in which two may fall together.
        simple = array if min(values) < 0 else np.array(values, dtype=np.uint64)
    is_boolean = {isinstance(value, bool) for value in values}
    fits = simple.dtype.kind in "biuf" and len(is_boolean) == 1
    return simple.reshape(array.shape) if fits else array


def alike_labels(labels: ArrayLike, others: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Bring labels to one type where some are numbers and others the same numbers as text.

    So it does where some are numbers of emotions, and others are words, among them emotions.

    Parameters
    ----------
    labels, others : array-like
        Labels.

    Returns
    -------
    labels, others : ndarray
        As `plain_labels` gives them; where one was text and one was not, or text has a number in
        two ways, of int64 if all of them are whole numbers, and words if the numbers are FER2013's
        and one of the words is an emotion.

    Examples
    --------
    >>> from fernet.emotions import alike_labels
    >>> labels, others = alike_labels(["6", "0"], [0, 6])
    >>> labels.tolist(), others.tolist()
    ([6, 0], [0, 6])
    >>> labels, others = alike_labels(["happy", "calm"], [3, 6])
    >>> others.tolist()
    ['happy', 'neutral']
    """
    import numpy as np

    arrays = plain_labels(labels), plain_labels(others)
    are_numbers = [array.dtype.kind in "biuf" for array in arrays]
    if all(are_numbers):
        return arrays
    numbers = [label_numbers(array.ravel().tolist()) for array in arrays]
    if not any(are_numbers) and not _written_in_two_ways(arrays, numbers):
        return arrays
    if None in numbers:
        first, second = map(_emotions_as_words, arrays, arrays[::-1])
        return first, second
    first, second = (
        np.array(own, np.int64).reshape(array.shape)
        for own, array in zip(numbers, arrays, strict=True)
    )
    return first, second


def _written_in_two_ways(
    arrays: Iterable[NDArray[Any]], numbers: Iterable[list[int] | None]
) -> bool:
    """Tell whether a number is written differently, as ``"6"`` and ``"6.0"`` are."""
    written: dict[int, Any] = {}
    return all(own is not None for own in numbers) and any(
        written.setdefault(number, text) != text
        for array, own in zip(arrays, numbers, strict=True)
        for text, number in zip(array.ravel().tolist(), own or [], strict=True)
    )


def _emotions_as_words(labels: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """Name labels that are numbers of emotions, if there are emotions among the others."""
    import numpy as np

    numbers = label_numbers(labels.ravel().tolist())
    if numbers is None or max(numbers) >= len(EMOTIONS):
        return labels
    if not set(EMOTIONS).intersection(others.ravel().tolist()):
        return labels
    return np.array(EMOTIONS)[numbers].reshape(labels.shape)
