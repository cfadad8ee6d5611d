"""What a parameter may be, and the check that names the parameter, what it may be and what it is.

A parameter's limits are a list, of which one must allow the value: an `Interval`, `OneOf` some
words, a type, None, or the name of a common kind of value: ``"array-like"``, ``"boolean"``,
``"random_state"`` and ``"verbose"``, as scikit-learn names them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal

import numpy as np

__all__ = ["Interval", "OneOf", "check_parameters"]
__dir__ = __all__.copy


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers between two bounds.

    Parameters
    ----------
    kind : type
        ``numbers.Integral`` or ``numbers.Real``.
    low, high : float or None
        The bounds; None is infinity, which does not belong to it if that end is open.
    closed : {"left", "right", "both", "neither"}
        Which of them belong to it.

    Examples
    --------
    >>> from numbers import Real
    >>> from fernet.estimators.limits import Interval
    >>> momentum = Interval(Real, 0, 1, closed="left")
    >>> str(momentum), momentum.allows(0.9), momentum.allows(1)
    ('a float in the range [0.0, 1.0)', True, False)
    """

    kind: type
    low: float | None
    high: float | None
    closed: Literal["left", "right", "both", "neither"]

    def allows(self, value: Any) -> bool:
        """Tell whether a value is a number within the bounds; NaN is in none."""
        if not isinstance(value, self.kind) or value != value:
            return False
        number: Any = value
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        above = number >= low if self.closed in ("left", "both") else number > low
        below = number <= high if self.closed in ("right", "both") else number < high
        return bool(above and below)

    def __str__(self) -> str:
        whole = self.kind is Integral
        low, high = (
            fallback if bound is None else bound if whole else float(bound)
            for bound, fallback in ((self.low, "-inf"), (self.high, "inf"))
        )
        left = "[" if self.closed in ("left", "both") else "("
        right = "]" if self.closed in ("right", "both") else ")"
        return f"{'an int' if whole else 'a float'} in the range {left}{low}, {high}{right}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of some words.

    Parameters
    ----------
    words : frozenset of str
        The words.

    Examples
    --------
    >>> from fernet.estimators.limits import OneOf
    >>> solver = OneOf(frozenset({"sgd", "adam"}))
    >>> str(solver), solver.allows("adma")
    ("a str among {'adam', 'sgd'}", False)
    """

    words: frozenset[str]

    def allows(self, value: Any) -> bool:
        """Tell whether a value is one of the words."""
        return isinstance(value, str) and value in self.words

    def __str__(self) -> str:
        return f"a str among {{{', '.join(map(repr, sorted(self.words)))}}}"


_SEED = Interval(Integral, 0, 2**32 - 1, closed="both")
_COMMON: dict[str, tuple[Any, ...]] = {
    "boolean": (bool, np.bool_),
    "random_state": (_SEED, np.random.RandomState, None),
    "verbose": (Interval(Integral, 0, None, closed="left"), bool, np.bool_),
}


def check_parameters(
    limits: Mapping[str, Sequence[Any]], values: Mapping[str, Any], owner: str
) -> None:
    """Check parameters, each by its limits.

    Parameters
    ----------
    limits : mapping of str to sequence
        Of each parameter, what it may be: see the top of this module.
    values : mapping of str to object
        The parameters. Those without limits are not checked.
    owner : str
        Whose they are, for the message.

    Raises
    ------
    ValueError
        If no limit of a parameter allows its value.

    Examples
    --------
    >>> from fernet.estimators.limits import check_parameters
    >>> check_parameters({"shuffle": ["boolean"]}, {"shuffle": "yes"}, "FERMLPClassifier")
    Traceback (most recent call last):
        ...
    ValueError: The 'shuffle' parameter of FERMLPClassifier must be an instance of 'bool' or an \
instance of 'numpy.bool'. Got 'yes' instead.
    """
    for name, value in values.items():
        allowed = [limit for entry in limits.get(name, [object]) for limit in _spelt_out(entry)]
        if not any(_allows(limit, value) for limit in allowed):
            *others, last = map(_words, allowed)
            expected = f"{', '.join(others)} or {last}" if others else last
            raise ValueError(
                f"The {name!r} parameter of {owner} must be {expected}. Got {value!r} instead."
            )


def _spelt_out(limit: Any) -> tuple[Any, ...]:
    return _COMMON.get(limit, (limit,)) if isinstance(limit, str) else (limit,)


def _allows(limit: Any, value: Any) -> bool:
    if limit is None:
        return value is None
    if limit == "array-like":
        return any(hasattr(value, name) for name in ("__len__", "shape", "__array__")) and not (
            np.isscalar(value)
        )
    if isinstance(limit, Interval | OneOf):
        return limit.allows(value)
    return isinstance(value, limit)


def _words(limit: Any) -> str:
    if limit == "array-like":
        return "an array-like"
    if not isinstance(limit, type):
        return str(limit)
    name = f"{limit.__module__}.{limit.__qualname__}".removeprefix("builtins.")
    return f"an instance of {name!r}"
