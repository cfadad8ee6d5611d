"""How a training is told to have been interrupted."""

from __future__ import annotations

__all__ = ["InterruptionWarning"]
__dir__ = __all__.copy


class InterruptionWarning(UserWarning):
    """Ctrl-C, or a signal that stands for it, ended a training before its time."""
