"""How much of its accuracy a model keeps on faces that are made worse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from fernet._io.frames import import_pandas
from fernet.estimators.labels import comparable_labels
from fernet.estimators.other_arrays import as_table_like
from fernet.metrics._labels import label_array
from fernet.metrics.corruptions import (
    CORRUPTIONS,
    LEVELS,
    Corruption,
    as_images,
    check_faces,
    corrupt,
    nominal_range,
    seed_of,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RobustnessReport", "robustness_report"]
__dir__ = __all__.copy


@dataclass(frozen=True, slots=True)
class RobustnessReport:
    """Accuracy on faces as they are, and on the same made worse in several ways.

    Parameters
    ----------
    clean : float
        Accuracy on the faces as they are, 0 to 1.
    accuracy : mapping of str to mapping of int to float
        For each corruption and each of its levels, the accuracy on faces that are so spoilt.
    n_samples : int
        How many faces were judged.

    Examples
    --------
    >>> from fernet.metrics import RobustnessReport
    >>> report = RobustnessReport(0.7, {"noise": {2: 0.6, 3: 0.4}}, n_samples=100)
    >>> report.mean_corruption_accuracy, report.reference_mean
    (0.5, 0.5)
    """

    clean: float
    accuracy: Mapping[str, Mapping[int, float]]
    n_samples: int

    def __post_init__(self) -> None:
        if not self.accuracy:
            raise ValueError("accuracy is empty; expected a corruption")
        for name, row in self.accuracy.items():
            if name not in CORRUPTIONS or not row or set(row) - set(LEVELS):
                raise ValueError(
                    f"accuracy names {name!r} with levels {list(row)}; expected one of "
                    f"{', '.join(CORRUPTIONS)} with levels of {list(LEVELS)}"
                )
        frozen = {name: MappingProxyType(dict(row)) for name, row in self.accuracy.items()}
        object.__setattr__(self, "accuracy", MappingProxyType(frozen))

    def __reduce__(self) -> Any:
        # Read-only views do not pickle.
        plain = {name: dict(row) for name, row in self.accuracy.items()}
        return type(self), (self.clean, plain, self.n_samples)

    @property
    def mean_corruption_accuracy(self) -> float:
        """Mean over the corruptions of the mean over their levels, 0 to 1."""
        return float(np.mean([self.mean_of(name) for name in self.accuracy]))

    @property
    def reference_mean(self) -> float:
        """Mean over the reference entries that were judged; of all corruptions they are 22.

        They are the amounts that `Corruption.reference_levels` names: what pictures of everyday
        suffer. NaN if none of them was judged.
        """
        values = [accuracy for _, _, accuracy, counts in self._entries() if counts]
        return float(np.mean(values)) if values else float("nan")

    @property
    def n_reference(self) -> int:
        """How many entries `reference_mean` is the mean of."""
        return sum(counts for *_, counts in self._entries())

    def mean_of(self, corruption: str) -> float:
        """Return the mean accuracy over the levels of a corruption, 0 to 1."""
        return float(np.mean(list(self.accuracy[corruption].values())))

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each corruption and level.

        Returns
        -------
        pandas.DataFrame
            With the columns ``corruption``, ``level``, ``amount``, ``unit``, ``accuracy`` (0 to
            1) and ``reference`` (whether `reference_mean` counts it). The first row is of the faces
            as they are: corruption ``"none"``, level 0.

        Raises
        ------
        ImportError
            If pandas is not installed.

        Examples
        --------
        >>> from fernet.metrics import RobustnessReport
        >>> frame = RobustnessReport(0.7, {"noise": {2: 0.6}}, n_samples=100).to_frame()
        >>> frame[["corruption", "level", "amount", "accuracy"]].values.tolist()
        [['none', 0, 0.0, 0.7], ['noise', 2, 10.0, 0.6]]
        """
        columns = ["corruption", "level", "amount", "unit", "accuracy", "reference"]
        return import_pandas("to_frame").DataFrame(self.to_records(), columns=columns)

    def to_records(self) -> list[dict[str, Any]]:
        """Return the rows of `to_frame` as dicts of Python's own types, ready for JSON."""
        first = {"corruption": "none", "level": 0, "amount": 0.0, "unit": ""}
        records: list[dict[str, Any]] = [first | {"accuracy": self.clean, "reference": False}]
        for kind, level, accuracy, counts in self._entries():
            amount = kind.amounts[level - 1]
            about = {"corruption": kind.name, "level": level, "amount": amount, "unit": kind.unit}
            records.append(about | {"accuracy": accuracy, "reference": counts})
        return records

    def to_dict(self) -> dict[str, Any]:
        """Return everything as a plain dict, ready for ``json.dumps``.

        Returns
        -------
        dict
            With ``clean``, ``mean_corruption_accuracy``, ``reference_mean`` (None if none was
            judged), ``n_reference``, ``n_samples`` and ``entries``, as `to_records` gives them.
        """
        reference = self.reference_mean if self.n_reference else None
        return {
            "clean": self.clean,
            "mean_corruption_accuracy": self.mean_corruption_accuracy,
            "reference_mean": reference,
            "n_reference": self.n_reference,
            "n_samples": self.n_samples,
            "entries": self.to_records(),
        }

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return headings and rows of a table in percent; reference entries bear a star."""
        levels = sorted({level for row in self.accuracy.values() for level in row})
        headings = ["corruption", *map(str, levels), "mean", "amounts"]
        rows = []
        for name, row in self.accuracy.items():
            kind = CORRUPTIONS[name]
            cells = [_cell(kind, level, row) for level in levels]
            amounts = ", ".join(f"{kind.amounts[level - 1]:g}" for level in levels if level in row)
            mean = f"{100 * self.mean_of(name):.1f}"
            rows.append([kind.title, *cells, mean, f"{amounts} ({kind.unit})"])
        return headings, rows

    def summary(self) -> list[tuple[str, str]]:
        """Return names and values, in percent, of the few numbers that count."""
        facts = [
            ("clean faces", f"{100 * self.clean:.2f} %"),
            ("mean corruption accuracy", f"{100 * self.mean_corruption_accuracy:.2f} %"),
        ]
        if self.n_reference:
            name = f"mean of the {self.n_reference} starred"
            facts.append((name, f"{100 * self.reference_mean:.2f} %"))
        return facts

    def to_text(self) -> str:
        """Return table and summary in plain text, without a newline at the end."""
        headings, rows = self.table()
        lines = _aligned([headings, *rows])
        width = max(len(name) for name, _ in self.summary())
        lines += ["", *(f"{name:<{width}}  {value}" for name, value in self.summary())]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.to_text()

    def _entries(self) -> Iterator[tuple[Corruption, int, float, bool]]:
        for name, row in self.accuracy.items():
            kind = CORRUPTIONS[name]
            for level, accuracy in row.items():
                yield kind, level, accuracy, level in kind.reference_levels


def robustness_report(
    model: Any,
    X: ArrayLike,
    y: ArrayLike,
    *,
    corruptions: Sequence[str] | None = None,
    levels: Sequence[int] = LEVELS,
    random_state: Any = 0,
) -> RobustnessReport:
    """Judge a model on faces that are blurred, noisy, dark, turned, covered and so on.

    It costs a prediction of all faces for each level of each corruption: 65 of them, beside that
    of the faces as they are.

    Parameters
    ----------
    model : classifier
        Fitted, of any library, with ``predict``.
    X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
        Faces, in the unit that the model takes; rows are square images. They are handed on in the
        same shape and type, a data frame's columns too.
    y : array-like of shape (n_samples,)
        Their labels.
    corruptions : sequence of str, default=None
        Some of `CORRUPTIONS`; None: all of them.
    levels : sequence of int, default=(1, 2, 3, 4, 5)
        Which levels of each.
    random_state : int, RandomState instance or None, default=0
        Of noise and places; the same number gives the same faces.

    Returns
    -------
    RobustnessReport
        ``print(report)`` shows a table, `RobustnessReport.to_frame` gives a data frame, and
        `fernet.plotting.RobustnessDisplay` a picture.

    Raises
    ------
    TypeError
        If the model has no ``predict``, or `corruptions` or `levels` is no sequence.
    ValueError
        If `X` is one image, faces and labels do not fit each other, or there is no such corruption
        or level.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.metrics import robustness_report
    >>> X, y = make_faces(400, random_state=0, return_X_y=True)
    >>> model = FERMLPClassifier((32,), max_iter=10, random_state=0).fit(X, y)
    >>> report = robustness_report(model, X, y, corruptions=["noise", "rotation"], levels=[1, 5])
    >>> report.clean > report.mean_corruption_accuracy > report.mean_of("rotation")
    True
    """
    if not hasattr(model, "predict"):
        raise TypeError(
            f"model is of type {type(model).__name__}; expected a classifier with predict"
        )
    kinds = _chosen("corruptions", corruptions, CORRUPTIONS)
    chosen = _chosen("levels", levels, LEVELS)
    actual = label_array(y, "y")
    faces = check_faces(X)
    images = as_images(faces)
    if len(faces) != len(actual):
        if faces.ndim == 2 and faces.shape[0] == faces.shape[1]:
            raise ValueError(f"X is one image, of shape {faces.shape}; give X[None]")
        raise ValueError(f"X has {len(faces)} faces but y has {len(actual)} labels")
    seed = seed_of(random_state)
    unit = nominal_range(faces)

    def accuracy_on(spoilt: ArrayLike) -> float:
        true, predicted = comparable_labels(
            actual, model.predict(spoilt), "y", "the model's answer"
        )
        return float((true == predicted).mean())

    def accuracy_at(name: str, level: int) -> float:
        spoilt = corrupt(images, name, level, random_state=seed, pixel_range=unit)
        return accuracy_on(as_table_like(spoilt.reshape(faces.shape), X))

    clean = accuracy_on(X)
    accuracy = {name: {level: accuracy_at(name, level) for level in chosen} for name in kinds}
    return RobustnessReport(clean, accuracy, len(actual))


def _chosen(parameter: str, chosen: Any, known: Any) -> list[Any]:
    """Return what is asked for in the order of what there is."""
    try:
        asked = list(known if chosen is None else [chosen] if isinstance(chosen, str) else chosen)
    except TypeError:
        raise TypeError(
            f"{parameter} is {chosen!r}; expected a sequence, as [{chosen!r}]"
        ) from None
    unknown = [item for item in asked if item not in known]
    if unknown or not asked:
        found = repr(unknown[0]) if unknown else "empty"
        raise ValueError(f"{parameter}: {found}; expected some of {', '.join(map(str, known))}")
    return [item for item in known if item in asked]


def _cell(kind: Corruption, level: int, row: Mapping[int, float]) -> str:
    if level not in row:
        return ""
    return f"{100 * row[level]:.1f}{'*' if level in kind.reference_levels else ' '}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out columns with spaces: names and amounts flush left, numbers flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *numbers, amounts in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:-1], strict=True)]
        lines.append("  ".join([f"{name:<{widths[0]}}", *cells, amounts]).rstrip())
    return lines
