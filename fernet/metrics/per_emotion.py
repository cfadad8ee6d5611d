"""How well a model knows each emotion: the report's Table 5 for any predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet._io.text_columns import flush_left, widest
from fernet.emotions import alike_labels, taken_for_emotions
from fernet.estimators.inputs import check_weights
from fernet.estimators.labels import comparable_labels
from fernet.metrics._intervals import share_interval
from fernet.metrics._labels import MEANS, label_array, labels_and_names
from fernet.metrics.confusion import arranged, count_as_text

__all__ = ["PerEmotionReport", "per_emotion_report", "per_emotion_report_from_confusion"]
__dir__ = __all__.copy

_RATES = ("accuracy", "precision", "recall", "f1-score")


class PerEmotionReport(dict[str, Any]):
    """Accuracy, precision, recall and F1 of each emotion, their means and the overall accuracy.

    A dict laid out as ``sklearn.metrics.classification_report(..., output_dict=True)`` lays out
    its own, with the one-against-rest accuracy added: a key per emotion, then ``"accuracy"``,
    ``"macro avg"`` and ``"weighted avg"``. All rates lie between 0 and 1. ``str(report)`` is the
    report's Table 5 in percent.

    Attributes
    ----------
    labels : list
        The labels, in the order of the rows.
    target_names : list of str
        Their names, in the same order.
    confusion_matrix : ndarray of shape (n_classes, n_classes)
        Rows are actual classes, columns predicted ones, in the same order.
    n_samples : int or float
        How many samples there are, also of classes that are not shown, or the sum of their weights.
    note : str
        A remark that the text ends with, or "".
    """

    def __init__(
        self,
        values: dict[str, Any],
        *,
        labels: Sequence[Any],
        target_names: Sequence[str],
        confusion_matrix: NDArray[Any],
        n_samples: float | None = None,
        note: str = "",
    ) -> None:
        super().__init__(values)
        self.note = note
        self.labels = list(labels)
        self.target_names = list(target_names)
        self.confusion_matrix = confusion_matrix
        self.n_samples = confusion_matrix.sum().item() if n_samples is None else n_samples

    @property
    def absent(self) -> list[str]:
        """Names of the emotions that no sample shows."""
        return [name for name in self.target_names if self[name]["support"] == 0]

    @property
    def mean_of_present(self) -> dict[str, float]:
        """The macro mean over the emotions that a sample shows, laid out as ``"macro avg"``.

        ``"macro avg"`` itself is scikit-learn's, in which the recall and F1 of the others count
        as 0. The two differ where a model knows emotions that the data do not have.

        Examples
        --------
        >>> from fernet.metrics import per_emotion_report
        >>> report = per_emotion_report([3, 3], [3, 3], labels=[3, 4])
        >>> report["macro avg"]["recall"], report.mean_of_present["recall"], report.absent
        (0.5, 1.0, ['sad'])
        """
        rows = [self[name] for name in self.target_names if self[name]["support"]]
        means = {rate: float(np.mean([row[rate] for row in rows])) for rate in _RATES if rows}
        return means | {"support": self["macro avg"]["support"]}

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """Ends of the overall accuracy's 95 % interval (Wilson's), 0 to 1.

        It takes the samples for independent, and a weight of 2 for two of them; several faces of
        one person tell less than as many of several.

        Examples
        --------
        >>> from fernet.metrics import per_emotion_report
        >>> report = per_emotion_report([0, 3, 3, 3, 4], [0, 3, 3, 4, 3])
        >>> tuple(round(end, 2) for end in report.accuracy_interval)
        (0.23, 0.88)
        """
        return share_interval(self["accuracy"] * self.n_samples, self.n_samples)

    def to_dict(self) -> dict[str, Any]:
        """Return a plain nested dict of Python numbers, ready for ``json.dumps``.

        Returns
        -------
        dict
            A copy; changing it leaves the report alone.

        Examples
        --------
        >>> from fernet.metrics import per_emotion_report
        >>> per_emotion_report([3, 3], [3, 0]).to_dict()["happy"]["recall"]
        0.5
        """
        return {key: dict(row) if isinstance(row, dict) else row for key, row in self.items()}

    def shown_rows(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the names and rates of a table's rows: each emotion, then the two means.

        Returns
        -------
        list of (str, dict)
            Recall and F1 of an emotion that no sample shows are None, as is its precision if it
            is never predicted; the macro mean is that of the others then, and its name says of
            how many.
        """
        rows = [
            (name, _known_rates(self[name], self._n_predicted(name))) for name in self.target_names
        ]
        n_present = len(self.target_names) - len(self.absent)
        macro = ("macro mean", self["macro avg"])
        if self.absent and n_present:
            macro = (f"macro mean of {n_present}", self.mean_of_present)
        return [*rows, macro, ("weighted mean", self["weighted avg"])]

    def remark_on_absent(self) -> str:
        """Say which emotions the macro mean leaves out; "" for none."""
        if not self.absent or len(self.absent) == len(self.target_names):
            return ""
        return f"not in the macro mean, as no face shows them: {', '.join(self.absent)}"

    def _n_predicted(self, name: str) -> float:
        column: NDArray[Any] = self.confusion_matrix[:, self.target_names.index(name)]
        return float(column.sum())

    def to_text(self, *, digits: int = 2) -> str:
        """Return the report as a table of percentages in plain text.

        Parameters
        ----------
        digits : int, default=2
            Digits after the decimal point.

        Returns
        -------
        str
            Lines of equal layout, without a newline at the end.
        """
        *rows, macro, weighted = self.shown_rows()
        means = [macro, weighted]
        width = widest(name for name, _ in rows + means)
        lines = [" " * width + "  accuracy  precision    recall        F1   support"]
        lines += [_text_row(name, row, width, digits) for name, row in rows]
        lines.append("")
        lines += [_text_row(name, row, width, digits) for name, row in means]
        lines += ["", f"accuracy over all classes: {100 * self['accuracy']:.{digits}f} %"]
        lines += filter(None, [self.remark_on_absent(), self.note])
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.to_text()


def per_emotion_report(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    target_names: Sequence[str] | None = None,
    sample_weight: ArrayLike | None = None,
) -> PerEmotionReport:
    """Judge predictions one emotion at a time, each against all the others.

    For each emotion the labels become "this one" or "any other", and the four rates of that
    two-class problem are taken (section 5.5 of the report). The accuracy of a rare emotion is
    high even for a model that never predicts it, so read precision, recall and F1 beside it.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        Actual and predicted labels, both integers or both strings; ``6``, ``6.0`` and ``"6"``
        are the same.
    labels : array-like of shape (n_classes,), default=None
        The classes to show and their order; by default all that occur, sorted. Samples of other
        classes still count, as "any other".
    target_names : sequence of str, default=None
        A name for each label. By default the numbers 0 to 6 take the names of FER2013's
        emotions, and other labels name themselves. Without `labels`, a list longer than the
        classes that occur is indexed by the label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample, 0 or more; by default each counts as one.

    Returns
    -------
    PerEmotionReport
        A dict with one row per emotion, the means and the overall accuracy (the classification
        rate). A rate whose denominator is zero is 0.

    Raises
    ------
    ValueError
        If the arrays are empty, differ in length or mix kinds of labels, if a label is missing
        (None or NaN) or no whole number, if no label of `labels` occurs in `y_true`, or if the
        names do not fit the labels.

    See Also
    --------
    per_emotion_report_from_confusion : The same from a confusion matrix.
    sklearn.metrics.classification_report : The same precision, recall, F1, support and means.

    Examples
    --------
    >>> from fernet.metrics import per_emotion_report
    >>> report = per_emotion_report([0, 3, 3, 3, 4], [0, 3, 3, 4, 3])
    >>> round(report["happy"]["f1-score"], 4)
    0.6667
    >>> print(report)
                   accuracy  precision    recall        F1   support
    angry            100.00     100.00    100.00    100.00         1
    happy             60.00      66.67     66.67     66.67         3
    sad               60.00       0.00      0.00      0.00         1
    <BLANKLINE>
    macro mean        73.33      55.56     55.56     55.56         5
    weighted mean     68.00      60.00     60.00     60.00         5
    <BLANKLINE>
    accuracy over all classes: 60.00 %
    0, 3, 4 are called as FER2013 does; target_names calls them otherwise
    """
    from sklearn.utils.multiclass import unique_labels

    true, pred = label_array(y_true, "y_true"), label_array(y_pred, "y_pred")
    if len(true) != len(pred):
        raise ValueError(f"y_true has {len(true)} labels but y_pred has {len(pred)}")
    true, pred = comparable_labels(true, pred, "y_true", "y_pred")
    if labels is not None:
        labels, true = alike_labels(labels, true)
        pred, true = alike_labels(pred, true)
    present = unique_labels(true, pred)
    shown, names = labels_and_names(present, labels, target_names)
    if not np.isin(shown, true).any():
        raise ValueError(f"labels: none of {shown.tolist()} occurs in y_true")
    everything = np.concatenate([shown, present[~np.isin(present, shown)]])
    note = "" if target_names is not None else _remark_on_numbers(shown)
    return _report(_count(true, pred, everything, sample_weight), shown, names, note)


def per_emotion_report_from_confusion(
    matrix: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    target_names: Sequence[str] | None = None,
) -> PerEmotionReport:
    """Compute the per-emotion report from a confusion matrix.

    Parameters
    ----------
    matrix : array-like of shape (n_classes, n_classes)
        Counts or weights, at least 0; rows are actual classes, columns predicted ones.
    labels : array-like of shape (n_classes,), default=None
        The label of each row; by default those that name a data frame's, else 0 to
        ``n_classes - 1``.
    target_names : sequence of str, default=None
        The name of each row; by default as in `per_emotion_report`.

    Returns
    -------
    PerEmotionReport
        The same as from the labels behind the matrix.

    Raises
    ------
    ValueError
        If the matrix is not square, is empty or holds a negative or non-finite number, or if
        labels or names do not fit it.

    Examples
    --------
    >>> from fernet.metrics import per_emotion_report_from_confusion
    >>> report = per_emotion_report_from_confusion([[3, 1], [0, 4]], target_names=["no", "yes"])
    >>> report["yes"]["precision"], report["accuracy"]
    (0.8, 0.875)
    """
    counts, labels = arranged(matrix, labels, target_names)
    shown, names = labels_and_names(np.arange(len(counts)), labels, target_names)
    if len(shown) != len(counts):
        raise ValueError(f"labels has {len(shown)} entries for a matrix of {len(counts)} rows")
    return _report(counts, shown, names)


def _remark_on_numbers(labels: NDArray[Any]) -> str:
    taken = taken_for_emotions(labels)
    if not taken:
        return ""
    return f"{', '.join(taken)} are called as FER2013 does; target_names calls them otherwise"


def _report(
    matrix: NDArray[Any], labels: NDArray[Any], names: list[str], note: str = ""
) -> PerEmotionReport:
    """Build the report of the matrix's first ``len(labels)`` classes, the rest as "any other"."""
    shown = len(labels)
    total = matrix.sum()
    right = matrix.diagonal()[:shown]
    predicted, actual = matrix.sum(axis=0)[:shown], matrix.sum(axis=1)[:shown]
    columns = {
        "accuracy": _ratio(total - predicted - actual + 2 * right, np.full(shown, total)),
        "precision": _ratio(right, predicted),
        "recall": _ratio(right, actual),
        "f1-score": _ratio(2 * right, predicted + actual),
    }
    values: dict[str, Any] = {
        name: {rate: float(columns[rate][row]) for rate in _RATES} | {"support": actual[row].item()}
        for row, name in enumerate(names)
    }
    values["accuracy"] = float(_ratio(matrix.trace(), total))
    for key, weights in zip(MEANS, (np.ones(shown), actual), strict=True):
        means = {rate: float(_ratio(columns[rate] @ weights, weights.sum())) for rate in _RATES}
        values[key] = means | {"support": actual.sum().item()}
    return PerEmotionReport(
        values,
        labels=labels.tolist(),
        target_names=names,
        confusion_matrix=matrix[:shown, :shown],
        n_samples=total.item(),
        note=note,
    )


def _count(
    true: NDArray[Any], pred: NDArray[Any], labels: NDArray[Any], sample_weight: ArrayLike | None
) -> NDArray[Any]:
    """Count pairs of labels; scikit-learn's own function warns where one class occurs."""
    order = np.argsort(labels)
    actual, predicted = (order[np.searchsorted(labels[order], side)] for side in (true, pred))
    cells = actual * len(labels) + predicted
    weights = check_weights(cells, sample_weight)
    counts = np.bincount(cells, weights=weights, minlength=len(labels) ** 2)
    return counts.reshape(len(labels), len(labels))


def _ratio(part: Any, whole: Any) -> NDArray[np.float64]:
    """Divide, with 0 wherever the denominator is 0."""
    numerator, denominator = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    quotient = np.zeros_like(numerator)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient


def _text_row(name: str, row: dict[str, Any], width: int, digits: int) -> str:
    rates = "".join(
        f"{_percent(row[rate], digits):>{11 if rate == 'precision' else 10}}" for rate in _RATES
    )
    return f"{flush_left(name, width)}{rates}{count_as_text(row['support']):>10}"


def _percent(rate: float | None, digits: int) -> str:
    return "-" if rate is None else f"{100 * rate:.{digits}f}"


def _known_rates(row: dict[str, Any], n_predicted: float) -> dict[str, Any]:
    """Return a row without the rates that nothing can be said of."""
    if row["support"]:
        return row
    unknown = ("recall", "f1-score") if n_predicted else ("precision", "recall", "f1-score")
    return row | dict.fromkeys(unknown)
