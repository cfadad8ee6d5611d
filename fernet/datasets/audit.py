"""Looks for duplicates, blank images and labels at odds with each other in a data set."""

from __future__ import annotations

import dataclasses
import math
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fernet.datasets._class_folders import NO_SPLIT
from fernet.datasets._duplicates import NearPairs, find_near, group_equal

__all__ = ["AuditReport", "Leak", "audit"]
__dir__ = __all__.copy

_KNOWN_USAGES = ("Training", "train", "PublicTest", "PrivateTest", "test")
_NUMBER_WIDTH = 9


@dataclasses.dataclass(frozen=True)
class Leak:
    """Images of one split that also stand in another.

    Attributes
    ----------
    usage, other : str
        The images are counted in the split ``usage``; their twins are in ``other``.
    exact, exact_same_label : int
        Images with an exact duplicate in the other split, and with one of the same label.
    near, near_same_label : int
        Images without an exact, but with a near duplicate there, and with one of the same label.
    """

    usage: str
    other: str
    exact: int
    exact_same_label: int
    near: int
    near_same_label: int


@dataclasses.dataclass(frozen=True)
class AuditReport:
    """What `audit` has found. Its str() is a table for reading.

    Attributes
    ----------
    n_samples : int
        Number of images.
    usage_counts : dict of str to int
        Number of images of each split.
    exact_groups : list of ndarray of int64
        Indices of images that are the same pixel for pixel, two or more a group.
    conflicting_groups : list of ndarray of int64
        Those of the exact groups whose images have different labels.
    near_pairs : ndarray of int64, shape (n_pairs, 2)
        Indices of images that look alike without being the same. Of exact duplicates the first
        stands for all.
    near_similarity : ndarray of float32, shape (n_pairs,)
        Correlation of the grey levels of each pair.
    near_mirrored : ndarray of bool, shape (n_pairs,)
        Whether one looks more like the mirror image of the other.
    near_conflicting : ndarray of bool, shape (n_pairs,)
        Whether the two have different labels.
    near_complete : bool
        False if there were more than a million pairs; the others are not listed.
    near_threshold : float or None
        The least correlation asked for, or None if near duplicates were not looked for.
    blank : ndarray of int64
        Indices of images of one level throughout.
    black : ndarray of int64
        Those of the blank images that are 0 throughout.
    leaks : list of Leak
        For each two splits, the images of the later that also stand in the earlier.
    """

    n_samples: int
    usage_counts: dict[str, int]
    exact_groups: list[np.ndarray]
    conflicting_groups: list[np.ndarray]
    near_pairs: np.ndarray
    near_similarity: np.ndarray
    near_mirrored: np.ndarray
    near_conflicting: np.ndarray
    near_complete: bool
    near_threshold: float | None
    blank: np.ndarray
    black: np.ndarray
    leaks: list[Leak]

    @property
    def n_exact_duplicates(self) -> int:
        """Number of images that could be dropped as exact copies of one before them."""
        return sum(len(group) - 1 for group in self.exact_groups)

    @property
    def near_groups(self) -> list[np.ndarray]:
        """Indices of images that hang together by near pairs, two or more a group."""
        pairs = self.near_pairs
        graph = coo_array(
            (np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])),
            shape=(self.n_samples, self.n_samples),
        )
        _, group = connected_components(graph, directed=False)
        return _groups_of_many(group)

    def to_dict(self) -> dict[str, Any]:
        """Counts and lists of indices as plain Python objects, fit for JSON.

        Returns
        -------
        report : dict
            The attributes, with arrays as lists, and ``n_exact_duplicates``.
        """
        report = {name: _to_plain(value) for name, value in vars(self).items()}
        report["n_exact_duplicates"] = self.n_exact_duplicates
        return report

    def __str__(self) -> str:
        return self.to_text()

    def to_text(self, width: int | None = None) -> str:
        """Lay the counts out as a table.

        Parameters
        ----------
        width : int, default=None
            Columns that a line may have; what is counted is told on several lines where it needs
            to be. By default the table is as wide as it is.

        Returns
        -------
        str
        """
        counts = ", ".join(f"{count} {usage}" for usage, count in self.usage_counts.items())
        title = f"Audit of {self.n_samples} images: {counts}"
        rows = self._rows()
        room = max(len(row[0]) for row in rows)
        lines, digits = [title, ""], _NUMBER_WIDTH
        if width is not None and width < room + 3 * digits:
            digits -= 1
            room = min(room, max(width - 3 * digits, digits))
            lines = [*textwrap.wrap(title, width), ""]
        for name, *numbers in rows:
            indent = "  " if name.startswith("  ") else ""
            names = textwrap.wrap(name, room, subsequent_indent=indent + "  ") or [""]
            names[-1] = names[-1].ljust(room) + "".join(f"{n:>{digits}}" for n in numbers)
            lines += [line.rstrip() for line in names]
        return "\n".join(lines)

    def _rows(self) -> list[tuple[str, str, str, str]]:
        rows = [
            ("", "groups", "images", "spare"),
            ("exact duplicates", *_group_counts(self.exact_groups)),
            ("  with different labels", *_group_counts(self.conflicting_groups)),
        ]
        if self.near_threshold is not None:
            rows += self._near_rows()
        rows += [
            ("blank images", "", str(len(self.blank)), ""),
            ("  all black", "", str(len(self.black)), ""),
        ]
        for leak in self.leaks:
            rows += _leak_rows(leak, near=self.near_threshold is not None)
        return rows

    def _near_rows(self) -> list[tuple[str, str, str, str]]:
        more = "" if self.near_complete else ", list cut short"
        name = f"near duplicates (correlation {self.near_threshold:g} or more{more})"
        return [
            (name, *_group_counts(self.near_groups)),
            ("  mirrored", "", str(len(np.unique(self.near_pairs[self.near_mirrored]))), ""),
            (
                "  with different labels",
                "",
                str(len(np.unique(self.near_pairs[self.near_conflicting]))),
                "",
            ),
        ]


def audit(
    dataset: Mapping[str, Any], *, near_threshold: float | None = 0.92, mirrored: bool = True
) -> AuditReport:
    """Look for duplicates, within splits and across them, blank images and conflicting labels.

    Parameters
    ----------
    dataset : Bunch or mapping
        With ``data`` of shape (n_samples, n_features) and ``target`` of shape (n_samples,);
        ``images`` of shape (n_samples, height, width[, channels]) unless the images are square
        and grey; ``usage`` of shape (n_samples,), the split of each, if there are any. The
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
    exact = _groups_of_many(group)
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
    usage = np.asarray(dataset.get("usage", np.full(len(data), NO_SPLIT)))
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


def _in_order(usage: np.ndarray) -> list[str]:
    """Names of the splits: those for training first, unknown ones last and sorted."""
    names = [str(name) for name in np.unique(usage)]
    known = [name for name in _KNOWN_USAGES if name in names]
    return known + [name for name in names if name not in known]


def _groups_of_many(group: np.ndarray) -> list[np.ndarray]:
    """Indices of the members of each group with more than one, in order of their first."""
    order = np.argsort(group, kind="stable")
    borders = np.flatnonzero(np.diff(group[order])) + 1
    groups = [members for members in np.split(order, borders) if len(members) > 1]
    return sorted(groups, key=lambda members: members[0])


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


def _group_counts(groups: list[np.ndarray]) -> tuple[str, str, str]:
    n_images = sum(map(len, groups))
    return str(len(groups)), str(n_images), str(n_images - len(groups))


def _leak_rows(leak: Leak, near: bool) -> list[tuple[str, str, str, str]]:
    rows = [
        (f"{leak.usage} images also in {leak.other}", "", str(leak.exact), ""),
        ("  with the same label", "", str(leak.exact_same_label), ""),
    ]
    if near:
        rows += [
            (f"{leak.usage} images near one in {leak.other}", "", str(leak.near), ""),
            ("  with the same label", "", str(leak.near_same_label), ""),
        ]
    return rows


def _to_plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list):
        return [
            dataclasses.asdict(item) if isinstance(item, Leak) else _to_plain(item)
            for item in value
        ]
    return value
