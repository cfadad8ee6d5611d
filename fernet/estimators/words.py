"""Parameters that are one of a few words: the words, for type checkers and for `fit`'s checks."""

from __future__ import annotations

from typing import Any, Literal, get_args

from fernet.estimators.limits import OneOf

__all__ = [
    "AugmentationName",
    "Backend",
    "ConvAlgorithm",
    "Freeze",
    "Scaling",
    "ScheduleName",
    "Solver",
    "ViewsName",
    "one_of",
]
__dir__ = __all__.copy

Solver = Literal["sgd", "adam", "muon"]
"""How weights are updated."""

ScheduleName = Literal["constant", "cosine", "exponential", "one_cycle"]
"""Keys of `fernet.schedules.SCHEDULES`."""

AugmentationName = Literal["flip", "standard", "robust"]
"""What `fernet.augmentation.named_augmentation` knows."""

ViewsName = Literal["zooms", "shifts"]
"""Keys of `fernet.estimators.views.NAMED_VIEWS`."""

Scaling = Literal["pixels", "per_pixel", "standard"]
"""What whole-number pixels are divided by: one standard deviation, or each pixel's own."""

Freeze = Literal["backbone"]
"""Which part of a network is left as it is."""

Backend = Literal["native", "tensorflow"]
"""What computes a training."""

ConvAlgorithm = Literal["auto", "direct", "winograd"]
"""How convolutions are computed: `fernet.layers.conv2d.ALGORITHMS`."""


def one_of(words: Any) -> OneOf:
    """Return the limit of a parameter that is one of some words.

    Parameters
    ----------
    words : Literal
        One of this module's.

    Returns
    -------
    OneOf
        As `fernet.estimators.limits.check_parameters` takes it.

    Examples
    --------
    >>> from fernet.estimators.words import Solver, one_of
    >>> one_of(Solver).allows("adma")
    False
    """
    return OneOf(frozenset(get_args(words)))
