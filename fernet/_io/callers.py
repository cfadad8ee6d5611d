"""Whose line a warning shows."""

from __future__ import annotations

import sys

__all__ = ["levels_to_caller"]
__dir__ = __all__.copy


def levels_to_caller() -> int:
    """Count the frames from who asks up to who called into fernet, or scikit-learn around it.

    Returns
    -------
    int
        The ``stacklevel`` of a warning.
    """
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_within(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    return level


def _is_within(module: str) -> bool:
    return module.partition(".")[0] in ("fernet", "sklearn", "joblib")
