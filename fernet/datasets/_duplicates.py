"""Finds images that are the same, or nearly, among tens of thousands."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

# Images are first compared as thumbnails of this side, then those that look alike in full.
# Averaging takes away noise and small shifts, so twins look more alike as thumbnails than in
# full, but for rounding; the margin allows for exceptions.
_THUMBNAIL_SIDE = 12
_MARGIN = 0.04
_TILE = 1024
MAX_PAIRS = 1_000_000


class NearPairs(NamedTuple):
    """Pairs of images that look alike.

    indices is int64 (n_pairs, 2), the smaller index first; similarity is float32 (n_pairs,);
    mirrored is bool (n_pairs,), whether one looks more like the other's mirror image; complete
    is False if the search ended at `MAX_PAIRS`.
    """

    indices: np.ndarray
    similarity: np.ndarray
    mirrored: np.ndarray
    complete: bool


def group_equal(data: np.ndarray) -> np.ndarray:
    """Number the distinct rows of an array in the order of their first appearance.

    Parameters
    ----------
    data : ndarray of shape (n_samples, n_features)
        Rows are compared byte by byte, through a hash of 160 bits.

    Returns
    -------
    group : ndarray of int64, shape (n_samples,)
        The same number for equal rows.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.datasets._duplicates import group_equal
    >>> group_equal(np.array([[1, 2], [3, 4], [1, 2]])).tolist()
    [0, 1, 0]
    """
    numbers: dict[bytes, int] = {}
    group = np.empty(len(data), np.int64)
    for i, row in enumerate(data):
        digest = hashlib.blake2b(row.tobytes(), digest_size=20).digest()
        group[i] = numbers.setdefault(digest, len(numbers))
    return group


def find_near(images: np.ndarray, threshold: float, *, mirrored: bool = True) -> NearPairs:
    """Find all pairs of images that look alike, up to brightness and contrast.

    Similarity is the correlation of the grey levels of two images. All pairs are compared in
    tiles of a matrix product, so time grows with the square of the number of images (5 s for
    30000 on one core) and memory does not.

    Parameters
    ----------
    images : ndarray of shape (n_samples, height, width) or (n_samples, height, width, channels)
        None of them of one level throughout. Colours are averaged.
    threshold : float
        Least similarity of a pair, above 0 and at most 1.
    mirrored : bool, default=True
        Whether to compare with mirror images too.

    Returns
    -------
    pairs : NearPairs
        In order of the indices.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.datasets._duplicates import find_near
    >>> images = np.random.default_rng(0).integers(0, 256, (3, 48, 48))
    >>> images[2] = images[0, :, ::-1] // 2
    >>> pairs = find_near(images, 0.95)
    >>> pairs.indices.tolist(), pairs.mirrored.tolist()
    ([[0, 2]], [True])
    """
    thumbnails = _thumbnails(images)
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    n_found = 0
    for rows, columns in _tiles(len(images)):
        pairs = _compare(images, thumbnails, rows, columns, threshold, mirrored)
        found.append(pairs)
        n_found += len(pairs[0])
        if n_found > MAX_PAIRS:
            break
    if not found:
        return NearPairs(
            np.empty((0, 2), np.int64), np.empty(0, np.float32), np.empty(0, bool), True
        )
    indices, similarity, is_mirror = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((indices[:, 1], indices[:, 0]))[:MAX_PAIRS]
    return NearPairs(indices[order], similarity[order], is_mirror[order], n_found <= MAX_PAIRS)


def _tiles(n_samples: int) -> Iterator[tuple[slice, slice]]:
    """Tiles on and above the diagonal."""
    for row in range(0, n_samples, _TILE):
        for column in range(row, n_samples, _TILE):
            yield slice(row, row + _TILE), slice(column, column + _TILE)


def _compare(
    images: np.ndarray,
    thumbnails: np.ndarray,
    rows: slice,
    columns: slice,
    threshold: float,
    mirrored: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of one tile: indices, similarities, whether mirrored."""
    left, right = _unit(thumbnails[rows]), thumbnails[columns]
    alike = left @ _unit(right).T
    if mirrored:
        np.maximum(alike, left @ _unit(right[:, :, ::-1]).T, out=alike)
    i, j = np.nonzero(alike >= threshold - _MARGIN)
    above = i + rows.start < j + columns.start
    i, j = i[above], j[above]

    # The product of the images in question: few as a rule, and never more than a tile.
    some_i, at_i = np.unique(i, return_inverse=True)
    some_j, at_j = np.unique(j, return_inverse=True)
    left, right = _unit(_grey(images[rows][some_i])), _grey(images[columns][some_j])
    direct = (left @ _unit(right).T)[at_i, at_j]
    if mirrored:
        reverse = (left @ _unit(right[:, :, ::-1]).T)[at_i, at_j]
    else:
        reverse = np.full_like(direct, -1)
    similarity = np.maximum(direct, reverse)
    keep = similarity >= threshold
    indices = np.stack([i + rows.start, j + columns.start], axis=1)
    return indices[keep], similarity[keep], (reverse > direct)[keep]


def _grey(images: np.ndarray) -> np.ndarray:
    images = images.astype(np.float32)
    return images.mean(axis=3) if images.ndim == 4 else images


def _unit(images: np.ndarray) -> np.ndarray:
    """Flatten images and bring each to mean 0 and length 1, so that products are correlations."""
    flat = images.reshape(len(images), math.prod(images.shape[1:]))
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return flat / np.where(length > 0, length, 1)


def _thumbnails(images: np.ndarray) -> np.ndarray:
    """Shrink images to at most 12x12 by averaging over areas."""
    across = _averaging(images.shape[2])
    down = _averaging(images.shape[1])
    small = np.empty((len(images), len(down), len(across)), np.float32)
    for start in range(0, len(images), _TILE):
        part = slice(start, start + _TILE)
        small[part] = down @ _grey(images[part]) @ across.T
    return small


def _averaging(length: int) -> np.ndarray:
    """Weights (n, length) that average pixels over n equal stretches."""
    n = min(_THUMBNAIL_SIDE, length)
    edges = np.linspace(0, length, n + 1)
    pixels = np.arange(length)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return (np.maximum(overlap, 0) * n / length).astype(np.float32)
