"""JSON from strangers: no more than the standard allows, and no two readings of one text."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

__all__ = ["from_json", "to_json"]


def to_json(value: Any) -> str:
    """Write a value as JSON, without spaces.

    Parameters
    ----------
    value : object
        Of text, finite numbers, NumPy's included, bool and None, in lists and in dicts with text
        for keys.

    Returns
    -------
    str
        The same for the same value.

    Raises
    ------
    ValueError
        If there is anything else in it.

    Examples
    --------
    >>> from fernet._io.strict_json import to_json
    >>> to_json({"loss": [0.5, 1]})
    '{"loss":[0.5,1]}'
    """
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain)
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected only text and finite numbers: {error}") from error


def from_json(text: str | bytes) -> Any:
    """Read JSON that holds no key twice, no NaN, and no depth or number beyond reason.

    Parameters
    ----------
    text : str or bytes
        Bytes are UTF-8.

    Returns
    -------
    object
        What it says, in dicts and lists.

    Raises
    ------
    ValueError
        If it is not such a text.

    Examples
    --------
    >>> from fernet._io.strict_json import from_json
    >>> from_json('{"loss":[0.5,1]}')
    {'loss': [0.5, 1]}
    >>> from_json('{"loss":0.5,"loss":1}')
    Traceback (most recent call last):
    ...
    ValueError: a key occurs twice
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        # Numbers beyond float64 become infinite and half characters stay: neither can be written.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("arrays or objects are nested too deeply") from None
    except TypeError as error:
        raise ValueError(str(error)) from None
    return value


def _plain(value: Any) -> Any:
    """Return one of NumPy's numbers as Python's."""
    if isinstance(value, np.number | np.bool_):
        return value.item()
    raise TypeError(f"{type(value).__name__} is neither")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key occurs twice")
    return result


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")
