"""Which emotion is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet._io.text_columns import widest
from fernet.emotions import class_names
from fernet.estimators.not_images import check_unmasked
from fernet.metrics import per_emotion_report
from fernet.metrics.confusion import checked_counts, in_order_of, in_rows_order
from fernet.plotting._classes import shortened, shown_classes
from fernet.plotting._display import (
    VERBATIM,
    Display,
    bar_beside,
    ink_map,
    require_matplotlib,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ConfusionMatrixDisplay"]
__dir__ = __all__.copy

_LAYOUTS = ("report", "scikit-learn")
_NORMALIZE = {
    "true": "% of the actual emotion",
    "pred": "% of the predicted emotion",
    "all": "% of all images",
}
_CELL = 0.56
"""Inches, at which a count of five digits fits; of many classes 0.4."""
_LONGEST = 30
"""Characters of a name beside the matrix."""


class ConfusionMatrixDisplay(Display):
    """Confusion matrix as the report's Table 6, or as scikit-learn draws it.

    In both a row is an actual class and a column a predicted one. Shades and numbers are of one
    kind: counts, or with `normalize` shares. ``normalize="true"`` makes a rare emotion's row read
    as well as a frequent one's; its diagonal is the recall.

    Parameters
    ----------
    confusion_matrix : array-like of shape (n_classes, n_classes)
        Counts or weights, at least 0; rows are actual classes, columns predicted ones.
    target_names : sequence of str, default=None
        The classes' names; by default those of a data frame, else FER2013's emotions, the first of
        them if there are fewer classes than seven, else numbers.
    normalize : {"true", "pred", "all"}, default=None
        None shows `confusion_matrix` as it is; else percent of each actual class (the row), of
        each predicted class (the column) or of all images, as scikit-learn names them.
    title : str, default=None
        Heading of the picture, or of the axes that are given.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    ax_ : matplotlib.axes.Axes
        The matrix.
    im_ : matplotlib.image.AxesImage
        The shades: counts, or percent with `normalize`.
    colorbar_ : matplotlib.colorbar.Colorbar
        What the shades mean, as tall as the matrix.
    text_ : ndarray of shape (n_classes, n_classes) of matplotlib.text.Text
        What stands in the cells.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from fernet.plotting import ConfusionMatrixDisplay
    >>> axes = Figure().subplots()
    >>> display = ConfusionMatrixDisplay.from_predictions([0, 3, 3], [0, 3, 0], ax=axes)
    >>> [label.get_text() for label in axes.get_yticklabels()]
    ['A0 angry', 'A1 happy']
    >>> display.text_[1, 0].get_text()
    '1'
    """

    def __init__(
        self,
        confusion_matrix: ArrayLike,
        target_names: Sequence[str] | None = None,
        *,
        normalize: str | None = None,
        title: str | None = None,
    ) -> None:
        check_unmasked(confusion_matrix, "confusion_matrix", "counts")
        counts, found = in_rows_order(confusion_matrix)
        shape = counts.shape
        if len(shape) != 2 or shape[0] != shape[1] or shape[0] == 0:
            raise ValueError(f"confusion_matrix has shape {shape}; expected a square")
        counts = checked_counts(counts, "confusion_matrix")
        if target_names is None:
            names = class_names(np.arange(shape[0]) if found is None else found)
        else:
            names = list(target_names)
            counts = counts if found is None else in_order_of(names, found, counts)
        if len(names) != shape[0]:
            raise ValueError(f"target_names has {len(names)} names for {shape[0]} classes")
        if normalize is not None and normalize not in _NORMALIZE:
            raise ValueError(f"normalize is {normalize!r}; expected None or one of {[*_NORMALIZE]}")
        self.confusion_matrix: NDArray[Any] = counts
        self.target_names = names
        self.normalize = normalize
        self.title = title
        self._layout = _LAYOUTS[0]

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        layout: str = "report",
        normalize: str | None = None,
        title: str | None = None,
        ax: Axes | None = None,
    ) -> ConfusionMatrixDisplay:
        """Predict and plot; all classes that the estimator knows, or that occur, are shown.

        Parameters
        ----------
        estimator : classifier
            Fitted.
        X : array-like of shape (n_samples, n_features)
            Images.
        y : array-like of shape (n_samples,)
            Actual labels.
        layout : {"report", "scikit-learn"}, default="report"
            As for `plot`.
        normalize : {"true", "pred", "all"}, default=None
            Percent of what, in place of counts; as for the constructor.
        title : str, default=None
            Heading of the picture, or of the axes that are given.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        ConfusionMatrixDisplay
            With `figure_`, `ax_`, `im_` and `text_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        require_matplotlib()
        labels, names = shown_classes(estimator.classes_, y)
        return cls.from_predictions(
            y,
            estimator.predict(X),
            labels=labels,
            target_names=names,
            layout=layout,
            normalize=normalize,
            title=title,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        labels: ArrayLike | None = None,
        target_names: Sequence[str] | None = None,
        layout: str = "report",
        normalize: str | None = None,
        title: str | None = None,
        ax: Axes | None = None,
    ) -> ConfusionMatrixDisplay:
        """Count predictions and plot.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,)
            Actual and predicted labels.
        labels, target_names : default=None
            Which classes to show and their names, as in `fernet.metrics.per_emotion_report`.
        layout : {"report", "scikit-learn"}, default="report"
            As for `plot`.
        normalize : {"true", "pred", "all"}, default=None
            Percent of what, in place of counts; as for the constructor.
        title : str, default=None
            Heading of the picture, or of the axes that are given.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        ConfusionMatrixDisplay
            With `figure_`, `ax_`, `im_` and `text_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the labels do not fit each other.
        """
        report = per_emotion_report(y_true, y_pred, labels=labels, target_names=target_names)
        display = cls(
            report.confusion_matrix, report.target_names, normalize=normalize, title=title
        )
        return display.plot(ax, layout=layout)

    def plot(self, ax: Axes | None = None, *, layout: str | None = None) -> ConfusionMatrixDisplay:
        """Draw the matrix.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.
        layout : {"report", "scikit-learn"}, default=None
            None takes that of the last drawing, at first ``"report"``: rows are numbered A0, A1,
            ... and columns P0, P1, ... above the matrix, as in the report's Table 6, with their
            names. ``"scikit-learn"`` has names alone, the columns' below the matrix.

        Returns
        -------
        ConfusionMatrixDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `layout` is neither.
        """
        layout = self._layout if layout is None else layout
        if layout not in _LAYOUTS:
            raise ValueError(f"layout is {layout!r}; expected one of {_LAYOUTS}")
        self._layout = layout
        self.ax_: Axes = self._axes_or_new(ax)[0]
        self.figure_ = self.ax_.figure
        values = self._values()
        top = 100 if self.normalize else max(values.max(), np.finfo(np.float64).tiny)
        self.im_ = self.ax_.imshow(values, cmap=ink_map(), vmin=0, vmax=top)
        self.ax_.grid(False)  # which some styles draw, through the numbers
        self._write(values, top)
        self._label(layout)
        self.colorbar_ = bar_beside(self.im_, self.ax_)
        self.colorbar_.set_label(_NORMALIZE[self.normalize] if self.normalize else "images")
        self._finish(self.ax_)
        return self

    def _values(self) -> NDArray[Any]:
        """Return what the cells show: the matrix itself, or percent; 0 where there is nothing."""
        counts = self.confusion_matrix
        if self.normalize is None:
            return counts
        axis = {"true": 1, "pred": 0, "all": None}[self.normalize]
        counts = counts.astype(np.float64)
        totals = counts.sum(axis=axis, keepdims=True)
        return 100 * counts / np.maximum(totals, np.finfo(np.float64).tiny)

    def _write(self, values: NDArray[Any], top: float) -> None:
        n = len(values)
        self.text_: NDArray[Any] = np.empty((n, n), dtype=object)
        for (row, column), value in np.ndenumerate(values):
            self.text_[row, column] = self.ax_.text(
                column,
                row,
                f"{value:.1f}" if self.normalize else f"{value:g}" if value % 1 else f"{value:.0f}",
                ha="center",
                va="center",
                fontsize=10 if n <= 10 else 7,
                color="white" if value > top / 2 else "black",
            )

    def _label(self, layout: str) -> None:
        names = self._shown_names()
        ticks = range(len(names))
        axes = self.ax_
        if layout == "report":
            rows = [f"A{index} {name}" for index, name in enumerate(names)]
            columns = [f"P{index} {name}" for index, name in enumerate(names)]
            axes.xaxis.set_label_position("top")
            axes.xaxis.tick_top()
            axes.set(xlabel="predicted (P)", ylabel="actual (A)")
        else:
            rows = columns = names
            axes.set(xlabel="Predicted label", ylabel="True label")
        # A slanted name ends, or above the matrix begins, at the middle of its column.
        side = "left" if layout == "report" else "right"
        slanted: Any = {"rotation": 45, "ha": side, "rotation_mode": "anchor"}
        axes.set_xticks(ticks, columns, **slanted, **VERBATIM)
        axes.set_yticks(ticks, rows, **VERBATIM)
        axes.tick_params(length=0)

    def _figure_size(self) -> tuple[float, float]:
        n = len(self.target_names)
        side = n * (_CELL if n <= 10 else 0.4)
        names = 0.09 * widest(self._shown_names())
        title = 0.3 if self.title is not None else 0
        # Beside the matrix is its bar, or else the end of the last slanted name above it.
        slanted = 0.75 * names + 0.4 if self._layout == _LAYOUTS[0] else 0
        width = side + names + 0.7 + max(0.1 * side + 0.6, slanted)
        return max(3.2, width), max(2.8, side + 0.75 * names + 0.7 + title)

    def _shown_names(self) -> list[str]:
        return [shortened(str(name), _LONGEST) for name in self.target_names]
