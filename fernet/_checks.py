"""Checks of parameters that any room may have: counts, and truth values."""

from __future__ import annotations

import operator
from typing import Any

__all__ = ["as_count", "check_truth"]
__dir__ = __all__.copy


def as_count(value: Any, name: str, least: int = 1) -> int:
    """Return `value` as a whole number.

    Parameters
    ----------
    value : int
        Of any type of whole numbers.
    name : str
        What the value is called in the error.
    least : int, default=1
        Smallest number that makes sense.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If `value` is anything else, such as a float.

    Examples
    --------
    >>> from fernet._checks import as_count
    >>> as_count(7, "n_outputs")
    7
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise ValueError(f"{name} is {value!r}; expected a whole number, {least} or more")
    return number


def check_truth(value: Any, name: str) -> None:
    """Refuse what only counts as true, such as the word "no".

    Raises
    ------
    ValueError
        Which names the parameter.
    """
    if value not in (True, False):
        raise ValueError(f"{name} is {value!r}; expected True or False")
