"""Whether the arrays of a snapshot are those that a training has."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.typing import NDArray

__all__ = ["check_arrays"]


def check_arrays(arrays: Mapping[str, NDArray], expected: Mapping[str, NDArray]) -> None:
    """Check arrays before any of them is copied.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        To be taken over.
    expected : mapping of str to ndarray
        Of the same names, shapes and types.

    Raises
    ------
    ValueError
        If an array is missing, unknown, or of another shape or type.
    """
    for name, array in expected.items():
        there = arrays.get(name)
        if there is None or there.shape != array.shape or there.dtype != array.dtype:
            raise ValueError(
                f"snapshot of a training: array {name!r} is missing or not of shape "
                f"{array.shape} and type {array.dtype}"
            )
    if unknown := sorted(set(arrays) - set(expected)):
        raise ValueError(f"snapshot of a training: array {unknown[0]!r} is unknown here")
