"""How a training is told to have gone wrong."""

from __future__ import annotations

__all__ = ["DivergenceError"]
__dir__ = __all__.copy


class DivergenceError(ValueError):
    """The loss or the weights of a training are not finite."""
