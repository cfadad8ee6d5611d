"""Looks for duplicates, blank images and labels at odds with each other in a data set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.sparse import coo_array

from fernet.datasets._audit_report import AuditReport, Leak, groups_of_many
from fernet.datasets._audited_images import AuditedImages
from fernet.datasets._class_folders import NO_SPLIT
from fernet.datasets._duplicates import NearPairs, find_near, group_equal

__all__ = ["AuditReport", "Leak", "audit"]
__dir__ = __all__.copy

_KNOWN_USAGES = ("Training", "train", "PublicTest", "PrivateTest", "test")


def audit(
    dataset: Mapping[str, Any], *, near_threshold: float | None = 0.92, mirrored: bool = True
) -> AuditReport:
    """Look for duplicates, within splits and across them, blank images and conflicting labels.

    Parameters
    ----------
    dataset : Bunch or mapping
        With ``data`` of shape (n_samples, n_features) and ``target`` of shape (n_samples,);
        ``images`` of shape (n_samples, height, width[, channels]) unless the images are square
        and grey; ``usage`` of shape (n_samples,), the split of each, if there are any;
        ``target_names``, ``filenames`` and ``lines``, if images are to be called by them. The
        loaders' ``subset="all"`` gives all splits.
    near_threshold : float or None, default=0.92
        Least correlation of the grey levels of near duplicates, up to 1. Among FER2013's faces,
        nearly all pairs above 0.92 are the same photograph with another brightness, cropping,
        size or watermark, and below 0.9 many are of different people. None skips the search.
    mirrored : bool, default=True
        Whether mirror images count as near duplicates.

    Returns
    -------
    report : AuditReport
        Counts and indices; print it for a table. "spare" there counts the images of a group
        beyond its first.

    Raises
    ------
    ValueError
        If the arrays do not fit together, or hold NaN or infinity.

    Notes
    -----
    The search for near duplicates compares all pairs: 32298 faces take some seconds on one core.

    Examples
    --------
    >>> from fernet.datasets import audit, make_faces
    >>> faces = make_faces(50, random_state=0)
    >>> faces.data[7] = faces.data[3]
    >>> faces.data[9] = 0
    >>> report = audit(faces, near_threshold=None)
    >>> report.exact_groups[0].tolist(), report.black.tolist()
    ([3, 7], [9])
    """
    data, images, target, usage = _check(dataset)
    if near_threshold is not None and not 0 < near_threshold <= 1:
        raise ValueError(
            f"near_threshold must be above 0 and at most 1, or None; got {near_threshold!r}"
        )
    group = group_equal(data)
    exact = groups_of_many(group)
    lowest, highest = data.min(axis=1), data.max(axis=1)
    blank = lowest == highest
    near, links = _search(images, group, blank, near_threshold, mirrored)
    usages = _in_order(usage)
    return AuditReport(
        n_samples=len(data),
        usage_counts={name: int((usage == name).sum()) for name in usages},
        exact_groups=exact,
        conflicting_groups=[members for members in exact if len(np.unique(target[members])) > 1],
        near_pairs=near.indices,
        near_similarity=near.similarity,
        near_mirrored=near.mirrored,
        near_conflicting=target[near.indices[:, 0]] != target[near.indices[:, 1]],
        near_complete=near.complete,
        near_threshold=near_threshold,
        blank=np.flatnonzero(blank),
        black=np.flatnonzero(blank & (highest == 0)),
        leaks=[
            _find_leak(later, earlier, usage, target, group, links)
            for i, later in enumerate(usages)
            for earlier in usages[:i]
        ],
        images=AuditedImages.of(dataset, target),
    )


def _check(dataset: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Take the arrays out of a data set and see that they fit together."""
    for name in ("data", "target"):
        if name not in dataset:
            raise ValueError(f"dataset has no {name!r}; expected a Bunch as the loaders return")
    data, target = np.asarray(dataset["data"]), np.asarray(dataset["target"])
    if data.ndim != 2 or 0 in data.shape:
        raise ValueError(f"dataset.data must have shape (n_samples, n_features), got {data.shape}")
    if data.dtype.kind not in "uif" or not np.isfinite(data).all():
        raise ValueError(
            f"dataset.data must hold finite numbers, got {data.dtype} "
            f"{'with NaN or infinity' if data.dtype.kind == 'f' else ''}".rstrip()
        )
    usage = _named(np.asarray(dataset.get("usage", np.full(len(data), NO_SPLIT))))
    for name, array in (("target", target), ("usage", usage)):
        if array.shape != (len(data),):
            raise ValueError(
                f"dataset.{name} must have shape ({len(data)},) as data has "
                f"{len(data)} rows, got {array.shape}"
            )
    images = dataset.get("images")
    if images is None:
        side = math.isqrt(data.shape[1])
        if side * side != data.shape[1]:
            raise ValueError(f"dataset needs images: {data.shape[1]} features are no square")
        images = data.reshape(-1, side, side)
    images = np.asarray(images)
    if images.ndim not in (3, 4) or len(images) != len(data) or images.size != data.size:
        raise ValueError(
            f"dataset.images must be data as (n_samples, height, width[, channels]); "
            f"got {images.shape} for data of {data.shape}"
        )
    return data, images, target, usage


def _named(usage: np.ndarray) -> np.ndarray:
    """Name the split of images of which a table tells none, by None or NaN."""
    if usage.dtype.kind not in "Of":
        return usage
    words = [NO_SPLIT if word is None or word != word else str(word) for word in usage.flat]
    return np.array(words, np.str_).reshape(usage.shape)


def _in_order(usage: np.ndarray) -> list[str]:
    """Names of the splits: those for training first, unknown ones last and sorted."""
    names = [str(name) for name in np.unique(usage)]
    known = [name for name in _KNOWN_USAGES if name in names]
    return known + [name for name in names if name not in known]


def _search(
    images: np.ndarray,
    group: np.ndarray,
    blank: np.ndarray,
    threshold: float | None,
    mirrored: bool,
) -> tuple[NearPairs, coo_array]:
    """Near pairs among one image of each group, and the same as links between the groups."""
    n_groups = int(group.max()) + 1
    _, first = np.unique(group, return_index=True)
    first = first[~blank[first]]
    if threshold is None:
        first = first[:0]
    pairs = find_near(images[first], threshold or 1, mirrored=mirrored)
    pairs = pairs._replace(indices=first[pairs.indices])
    a, b = group[pairs.indices].T
    links = coo_array(
        (np.ones(2 * len(a), np.int64), (np.append(a, b), np.append(b, a))),
        shape=(n_groups, n_groups),
    )
    return pairs, links


def _find_leak(
    usage: str,
    other: str,
    usages: np.ndarray,
    target: np.ndarray,
    group: np.ndarray,
    links: coo_array,
) -> Leak:
    """Count the images of a split with twins in another."""
    classes, label = np.unique(target, return_inverse=True)
    counted, there = usages == usage, usages == other
    exact = np.zeros((links.shape[0], len(classes)), np.int64)
    exact[group[there], label[there]] = 1
    near = np.asarray(links @ exact)
    twins, near_twins = exact[group[counted]], near[group[counted]]
    own = np.arange(len(twins)), label[counted]
    has_exact = twins.sum(axis=1) > 0
    is_near = (near_twins.sum(axis=1) > 0) & ~has_exact
    return Leak(
        usage,
        other,
        exact=int(has_exact.sum()),
        exact_same_label=int(twins[own].sum()),
        near=int(is_near.sum()),
        near_same_label=int((is_near & (near_twins[own] > 0)).sum()),
    )
