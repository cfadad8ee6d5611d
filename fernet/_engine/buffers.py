"""Arrays whose first byte, and each part's first byte, sit on a cache line."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import DTypeLike, NDArray

ALIGNMENT = 64
"""Bytes of a cache line, and of the widest vector register the kernels use."""


def aligned_zeros(size: int, dtype: DTypeLike = np.float32) -> NDArray:
    """Make a flat array of zeros that starts on a 64-byte boundary.

    Parameters
    ----------
    size : int
        Number of elements, 0 or more.
    dtype : dtype, default=float32
        Type of the elements.

    Returns
    -------
    ndarray of shape (size,)

    Examples
    --------
    >>> from fernet._engine.buffers import aligned_zeros
    >>> buffer = aligned_zeros(5)
    >>> buffer.ctypes.data % 64, buffer.shape
    (0, (5,))
    """
    dtype = np.dtype(dtype)
    raw = np.zeros(size * dtype.itemsize + ALIGNMENT, dtype=np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size * dtype.itemsize].view(dtype)


def padded_size(shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> int:
    """Count the elements of `shape`, rounded up to whole cache lines.

    Parameters
    ----------
    shape : tuple of int
        Shape of an array.
    dtype : dtype, default=float32
        Its type.

    Returns
    -------
    int
        A multiple of 16 for float32.

    Examples
    --------
    >>> from fernet._engine.buffers import padded_size
    >>> padded_size((3, 7))
    32
    """
    line = ALIGNMENT // np.dtype(dtype).itemsize
    return -(-math.prod(shape) // line) * line


def named_views(
    flat: NDArray, shapes: Mapping[str, tuple[int, ...]], start: int = 0
) -> dict[str, NDArray]:
    """Cut consecutive aligned views out of a flat array.

    Parameters
    ----------
    flat : ndarray of shape (size,)
        Where the views live; made by `aligned_zeros`.
    shapes : mapping of str to tuple of int
        Name and shape of each view, in order.
    start : int, default=0
        Element at which the first view begins.

    Returns
    -------
    dict of str to ndarray
        Views of `flat`; each starts on a cache line if `flat` and `start` do.

    Examples
    --------
    >>> from fernet._engine.buffers import aligned_zeros, named_views
    >>> views = named_views(aligned_zeros(48), {"weight": (3, 7), "bias": (7,)})
    >>> views["weight"].shape, views["bias"].shape
    ((3, 7), (7,))
    """
    views = {}
    for name, shape in shapes.items():
        views[name] = flat[start : start + math.prod(shape)].reshape(shape)
        start += padded_size(shape, flat.dtype)
    return views


def leading_view(flat: NDArray, shape: tuple[int, ...]) -> NDArray:
    """View the first elements of a flat buffer as an array of the given shape.

    Parameters
    ----------
    flat : ndarray of shape (size,)
        A buffer of at least as many elements as `shape` holds.
    shape : tuple of int
        Shape wanted.

    Returns
    -------
    ndarray of that shape, sharing memory with `flat`

    Examples
    --------
    >>> from fernet._engine.buffers import aligned_zeros, leading_view
    >>> leading_view(aligned_zeros(100), (2, 7)).shape
    (2, 7)
    """
    return flat[: math.prod(shape)].reshape(shape)
