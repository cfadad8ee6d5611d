"""What an audit of a data set has found, and how it is told."""

from __future__ import annotations

import dataclasses
import textwrap
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fernet._io.names import printable
from fernet.datasets._audited_images import AuditedImages
from fernet.datasets._spelling import written_alike

_NUMBER_WIDTH = 9
_N_NAMED, _N_CLASSES = 5, 30  # on the screen


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
    images : AuditedImages
        Class, file and line of each image, as far as the data set tells them.
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
    images: AuditedImages

    @property
    def class_counts(self) -> dict[str, int]:
        """Number of images of each class that has some."""
        return self.images.class_counts()

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
        return groups_of_many(group)

    def to_dict(self) -> dict[str, Any]:
        """Counts and lists of indices as plain Python objects, fit for JSON.

        Returns
        -------
        report : dict
            The attributes, with arrays as lists, ``n_exact_duplicates``, ``class_counts`` and
            ``classes_written_alike``. Where images have files, ``exact_images``,
            ``conflicting_images``, ``near_images`` and ``blank_images`` tell file, line in a
            table, and class of what the lists of indices name.
        """
        report = {name: _to_plain(x) for name, x in vars(self).items() if name != "images"}
        report["n_exact_duplicates"] = self.n_exact_duplicates
        report["class_counts"] = self.class_counts
        report["classes_written_alike"] = written_alike(self.class_counts)
        if self.images.filenames is not None:
            for name, groups in (
                ("exact_images", self.exact_groups),
                ("conflicting_images", self.conflicting_groups),
                ("near_images", self.near_pairs),
            ):
                report[name] = [self.images.records(group) for group in groups]
            report["blank_images"] = self.images.records(self.blank)
        return report

    def __str__(self) -> str:
        return self.to_text()

    def to_text(self, width: int | None = None) -> str:
        """Lay the counts out as a table, with the classes and the first faults of each kind.

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
        for line in [*_class_lines(self.class_counts), *self._named()]:
            lines += _wrapped(line, width)
        return "\n".join(lines)

    def _named(self) -> list[str]:
        """Name the first images of each fault, if they have names."""
        if self.images.filenames is None:
            return []
        conflicts = {int(group[0]) for group in self.conflicting_groups}
        agreeing = [group for group in self.exact_groups if int(group[0]) not in conflicts]
        lines = []
        for title, joint, groups in (
            ("The same, with different labels:", " = ", self.conflicting_groups),
            (
                "Nearly the same, with different labels:",
                " ~ ",
                self.near_pairs[self.near_conflicting],
            ),
            ("The same:", " = ", agreeing),
            ("Nearly the same:", " ~ ", self.near_pairs[~self.near_conflicting]),
            ("Blank:", "", self.blank[:, None]),
        ):
            if len(groups):
                named = [self.images.written(group, joint) for group in groups[:_N_NAMED]]
                lines += ["", title, *(f"  {line}" for line in named)]
                lines += [f"  and {more} more"] if (more := len(groups) - _N_NAMED) > 0 else []
        return lines

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


def groups_of_many(group: np.ndarray) -> list[np.ndarray]:
    """Indices of the members of each group with more than one, in order of their first."""
    order = np.argsort(group, kind="stable")
    borders = np.flatnonzero(np.diff(group[order])) + 1
    groups = [members for members in np.split(order, borders) if len(members) > 1]
    return sorted(groups, key=lambda members: members[0])


def _class_lines(counts: dict[str, int]) -> list[str]:
    """List the classes, and what looks like a slip in their names."""
    lines = [
        "",
        f"Classes: {_some([f'{n} {printable(x)}' for x, n in counts.items()], _N_CLASSES)}",
    ]
    if single := [printable(name) for name, count in counts.items() if count == 1]:
        lines.append(f"  a single image: {_some(single, _N_NAMED)}")
    for name, other in written_alike(counts).items():
        lines.append(f"  written alike: {printable(name)!r} and {printable(other)!r}")
    return lines


def _some(words: list[str], most: int) -> str:
    more = len(words) - most
    return ", ".join([*words[:most], *([f"and {more} more"] if more > 0 else [])])


def _wrapped(line: str, width: int | None) -> list[str]:
    """Break a line between words, with names of files whole, to be copied."""
    if width is None or len(line) <= width:
        return [line]
    return textwrap.wrap(
        line,
        width,
        subsequent_indent="    ",
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
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
