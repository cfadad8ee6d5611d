"""Checks of parameters that any room may have, and arguments read back from an object."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Collection
from numbers import Real
from typing import Any

import numpy as np

__all__ = ["arguments_of", "as_count", "as_truth", "call_text", "check_number"]
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


def as_truth(value: Any, name: str) -> bool:
    """Return Python's truth value of one of Python's or NumPy's.

    Raises
    ------
    ValueError
        If it is anything else, such as 1 or a word.

    Examples
    --------
    >>> from fernet._checks import as_truth
    >>> as_truth(True, "use_bias")
    True
    """
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} is {value!r}; expected True or False")
    return bool(value)


def check_number(value: Any, name: str, expected: str) -> None:
    """Refuse what is no real number, such as a text.

    Parameters
    ----------
    value : float
        Of any type of real numbers.
    name : str
        What the value is called in the error.
    expected : str
        What would have been right, for the error.

    Raises
    ------
    ValueError
        Which names the parameter.

    Examples
    --------
    >>> from fernet._checks import check_number
    >>> check_number("0.1", "rate", "0 to 1")
    Traceback (most recent call last):
    ValueError: rate is '0.1'; expected 0 to 1
    """
    if not isinstance(value, Real):
        raise ValueError(f"{name} is {value!r}; expected {expected}")


_NAMES: dict[type, tuple[str, ...]] = {}


def _argument_names(cls: type) -> tuple[str, ...]:
    """Name a constructor's arguments.

    They are kept: `partial_fit` asks for those of each layer, and `inspect` takes longer than a
    small step.
    """
    if cls not in _NAMES:
        _NAMES[cls] = tuple(inspect.signature(cls).parameters)
    return _NAMES[cls]


def arguments_of(value: Any) -> dict[str, Any]:
    """Return the constructor's arguments of an object that keeps each under its name.

    Raises
    ------
    ValueError
        If one is not there.

    Examples
    --------
    >>> from fernet._checks import arguments_of
    >>> from fernet.layers import Dropout
    >>> arguments_of(Dropout(0.5))
    {'rate': 0.5}
    """
    names = _argument_names(type(value))
    for name in names:
        if not hasattr(value, name):
            kind = type(value).__name__
            raise ValueError(
                f"{kind} takes {name}, but its object has no attribute {name}; expected each "
                f"argument under its own name (self.{name} = {name}), or a config() of its own"
            )
    return {name: getattr(value, name) for name in names}


def call_text(value: Any, left_out: Collection[str] = ()) -> str:
    """Return the call that makes such an object; an argument that it does not keep stands as ...

    Parameters
    ----------
    value : object
        Any.
    left_out : collection of str, default=()
        Arguments that the call does without.

    Returns
    -------
    str

    Examples
    --------
    >>> from fernet._checks import call_text
    >>> from fernet.layers import Dropout
    >>> call_text(Dropout(0.5))
    'Dropout(rate=0.5)'
    """
    names = [name for name in _argument_names(type(value)) if name not in left_out]
    kept = {name: getattr(value, name, ...) for name in names}
    given = (f"{name}={'...' if v is ... else repr(v)}" for name, v in kept.items())
    return f"{type(value).__name__}({', '.join(given)})"
