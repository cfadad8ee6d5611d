"""Whom a model is right about: its accuracy on each group of faces, as of one age or one person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet._io.frames import import_pandas
from fernet._io.text_columns import plain_table
from fernet.estimators.labels import comparable_labels, is_missing, plain
from fernet.estimators.not_images import check_unmasked
from fernet.metrics._intervals import share_interval, share_interval_over_groups
from fernet.metrics._labels import label_array

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GroupAccuracy", "GroupReport", "per_group_report"]
__dir__ = __all__.copy

_CHANCE = 0.05
_ENOUGH_GROUPS = 10
_DIGITS = re.compile(r"([0-9]+)")


class GroupAccuracy(NamedTuple):
    """How well a model knows the faces of one group.

    Attributes
    ----------
    group : str
        Its name.
    n_samples, n_right : int
        How many faces it has, 1 or more, and how many of them the model is right about.
    expected : float
        The accuracy, 0 to 1, that a group of these emotions would have if each of them were known
        as well in it as in all faces together.

    Examples
    --------
    >>> from fernet.metrics import GroupAccuracy
    >>> row = GroupAccuracy("under 20", n_samples=60, n_right=47, expected=0.8)
    >>> round(row.accuracy, 3), tuple(round(end, 3) for end in row.interval)
    (0.783, (0.664, 0.869))
    """

    group: str
    n_samples: int
    n_right: int
    expected: float

    @property
    def accuracy(self) -> float:
        """Share of the faces that the model is right about, 0 to 1."""
        return self.n_right / self.n_samples

    @property
    def interval(self) -> tuple[float, float]:
        """Ends of the accuracy's 95 % interval (Wilson's), as if all faces were independent."""
        return share_interval(self.n_right, self.n_samples)

    def falls_short(self, chance: float = _CHANCE) -> bool:
        """Tell whether so few right ones would come by chance less often than that, if expected."""
        from scipy.stats import binom

        return bool(binom.cdf(self.n_right, self.n_samples, self.expected) < chance)


@dataclass(frozen=True, slots=True)
class GroupReport:
    """Accuracy on each group of faces, beside what its emotions let expect.

    Parameters
    ----------
    groups : sequence of GroupAccuracy
        One or more, in the order that they are shown in.

    Examples
    --------
    >>> from fernet.metrics import GroupAccuracy, GroupReport
    >>> report = GroupReport([GroupAccuracy("a", 100, 80, 0.7), GroupAccuracy("b", 100, 60, 0.7)])
    >>> report.accuracy, report.mean_accuracy, [row.group for row in report.behind]
    (0.7, 0.7, ['b'])
    """

    groups: Sequence[GroupAccuracy]

    def __post_init__(self) -> None:
        if not self.groups:
            raise ValueError("groups is empty; expected one or more")
        object.__setattr__(self, "groups", tuple(self.groups))

    @property
    def n_groups(self) -> int:
        """How many groups there are, without the faces of none."""
        return len(self._named)

    @property
    def accuracy(self) -> float:
        """Accuracy on all faces, 0 to 1."""
        n_right, n_samples = _counts(self.groups)
        return float(n_right.sum() / n_samples.sum())

    @property
    def mean_accuracy(self) -> float:
        """Mean over the groups, each counting as one, 0 to 1; without faces of no group."""
        return float(np.mean([row.accuracy for row in self._named]))

    @property
    def interval(self) -> tuple[float, float]:
        """Ends of the 95 % interval of the accuracy on all faces, for other such groups.

        It takes the groups for drawn from many, as people are, and is wider than that of as many
        faces of as many people. Faces of no group count as one. Of one group alone nothing is
        known: 0 and 1.
        """
        if len(self.groups) < 2:
            return 0.0, 1.0
        return share_interval_over_groups(*_counts(self.groups))

    @property
    def behind(self) -> list[GroupAccuracy]:
        """The groups with less than their emotions let expect, which chance does not explain.

        By a binomial test of each, at 5 % for all of them together (Bonferroni).
        """
        chance = _CHANCE / self.n_groups
        return [row for row in self._named if row.falls_short(chance)]

    def to_records(self) -> list[dict[str, Any]]:
        """Return the rows of `to_frame` as dicts of Python's own types, ready for JSON."""
        return [
            {
                "group": row.group,
                "n_samples": row.n_samples,
                "accuracy": row.accuracy,
                "low": row.interval[0],
                "high": row.interval[1],
                "expected": row.expected,
            }
            for row in self.groups
        ]

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each group.

        Returns
        -------
        pandas.DataFrame
            With the columns ``group``, ``n_samples``, ``accuracy``, ``low`` and ``high`` (the ends
            of its 95 % interval) and ``expected``, all rates from 0 to 1.

        Raises
        ------
        ImportError
            If pandas is not installed.

        Examples
        --------
        >>> from fernet.metrics import GroupAccuracy, GroupReport
        >>> frame = GroupReport([GroupAccuracy("a", 100, 80, 0.75)]).to_frame()
        >>> frame[["group", "n_samples", "accuracy", "expected"]].values.tolist()
        [['a', 100, 0.8, 0.75]]
        """
        return import_pandas("to_frame").DataFrame(self.to_records())

    def to_dict(self) -> dict[str, Any]:
        """Return everything as a plain dict, ready for ``json.dumps``.

        Returns
        -------
        dict
            With ``accuracy``, ``mean_accuracy``, ``interval``, ``behind`` (names of groups) and
            ``groups``, as `to_records` gives them.
        """
        return {
            "accuracy": self.accuracy,
            "mean_accuracy": self.mean_accuracy,
            "interval": list(self.interval),
            "behind": [row.group for row in self.behind],
            "groups": self.to_records(),
        }

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return headings and rows of a table in percent."""
        headings = ["group", "faces", "accuracy %", "95 % interval", "expected %"]
        rows = [
            [
                row.group or "(none)",
                str(row.n_samples),
                f"{100 * row.accuracy:.1f}",
                _in_words(row.interval),
                f"{100 * row.expected:.1f}",
            ]
            for row in self.groups
        ]
        return headings, rows

    def summary(self) -> list[tuple[str, str]]:
        """Return names and values of what the table comes to."""
        names = ", ".join(row.group or "(none)" for row in self.behind)
        facts = [
            (f"mean of {self.n_groups} groups", f"{100 * self.mean_accuracy:.2f} %"),
            ("below what is expected", names or "none, as far as these faces tell"),
        ]
        if self.n_groups >= _ENOUGH_GROUPS:
            facts.append(("on other such groups", f"{_in_words(self.interval)} % (95 % interval)"))
        return facts

    def to_text(self) -> str:
        """Return table and summary in plain text, without a newline at the end."""
        width = max(len(name) for name, _ in self.summary())
        facts = [f"{name:<{width}}  {value}" for name, value in self.summary()]
        return "\n".join([*plain_table(*self.table()), "", *facts])

    def __str__(self) -> str:
        return self.to_text()

    @property
    def _named(self) -> Sequence[GroupAccuracy]:
        """The groups but for the faces of none, if there are others."""
        return [row for row in self.groups if row.group] or self.groups


def _counts(groups: Sequence[GroupAccuracy]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    n_right = np.array([row.n_right for row in groups], np.int64)
    return n_right, np.array([row.n_samples for row in groups], np.int64)


def per_group_report(y_true: ArrayLike, y_pred: ArrayLike, groups: ArrayLike) -> GroupReport:
    """Judge predictions for each group of faces apart, as of one age, one sex or one person.

    An accuracy over all faces hides whom a model fails. Groups that show other emotions differ in
    accuracy for that alone, as happy faces are known best, so each group's stands beside what its
    emotions let expect: the mean, over its faces, of the recall that each face's emotion has among
    all faces (indirect standardisation).

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        Actual and predicted labels, as of `per_emotion_report`.
    groups : array-like of shape (n_samples,)
        The group of each face, such as a table's column: text, numbers or booleans. Faces whose
        group is "" or missing (None or NaN) have a row of their own, and count in no mean of
        groups.

    Returns
    -------
    GroupReport
        A row for each group, in the order of their names, numbers within them by size; print it
        for a table.

    Raises
    ------
    ValueError
        If the arrays are empty or differ in length, if a label is missing, or if some labels are
        words and others numbers that are no emotions'.

    See Also
    --------
    per_emotion_report : Each emotion against all others.
    fernet.datasets.groups_from_names : Groups that the names of files tell.

    Examples
    --------
    >>> from fernet.metrics import per_group_report
    >>> y_true = ["happy", "happy", "sad", "sad", "sad", "sad"]
    >>> y_pred = ["happy", "happy", "sad", "happy", "happy", "happy"]
    >>> print(per_group_report(y_true, y_pred, ["men", "men", "men", "women", "women", "women"]))
    group  faces  accuracy %  95 % interval  expected %
    men        3       100.0  43.9 to 100.0        75.0
    women      3         0.0    0.0 to 56.1        25.0
    <BLANKLINE>
    mean of 2 groups        50.00 %
    below what is expected  none, as far as these faces tell
    """
    true, pred = label_array(y_true, "y_true"), label_array(y_pred, "y_pred")
    if len(true) != len(pred):
        raise ValueError(f"y_true has {len(true)} labels but y_pred has {len(pred)}")
    names, members = np.unique(_group_names(groups, len(true)), return_inverse=True)
    true, pred = comparable_labels(true, pred, "y_true", "y_pred")
    is_right = true == pred
    _, labels = np.unique(true, return_inverse=True)
    recall = np.bincount(labels, weights=is_right) / np.bincount(labels)
    counts = np.bincount(members)
    n_right = np.bincount(members, weights=is_right).astype(np.int64)
    expected = np.bincount(members, weights=recall[labels]) / counts
    rows = [
        GroupAccuracy(str(name), *figures)
        for name, *figures in zip(
            names.tolist(), counts.tolist(), n_right.tolist(), expected.tolist(), strict=True
        )
    ]
    return GroupReport(sorted(rows, key=lambda row: (not row.group, _natural(row.group))))


def _group_names(groups: ArrayLike, n_samples: int) -> NDArray[np.str_]:
    check_unmasked(groups, "groups", "names")
    # Of a list with text in it NumPy makes text alone, "nan" of what is missing.
    is_list = isinstance(groups, list | tuple)
    values = np.asarray(groups, dtype=object if is_list else None)
    if values.ndim != 1:
        raise ValueError(f"groups must have one dimension, but its shape is {values.shape}")
    if len(values) != n_samples:
        raise ValueError(f"groups has {len(values)} entries for {n_samples} labels")
    names = map(plain, values.tolist())
    return np.array(["" if is_missing(value) else _name(value) for value in names])


def _name(value: Any) -> str:
    """Write a group out; a column of whole numbers is one of floats where some are missing."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _natural(name: str) -> list[Any]:
    """Return a key that sorts numbers within names by size: "4-19" before "20-39"."""
    parts = _DIGITS.split(name)
    parts[1::2] = [number.lstrip("0") for number in parts[1::2]]
    return [(len(part), part) if place % 2 else part for place, part in enumerate(parts)]


def _in_words(interval: tuple[float, float]) -> str:
    return f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}"
