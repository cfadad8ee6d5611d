"""Which emotion is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet.emotions import class_names
from fernet.metrics import per_emotion_report
from fernet.plotting._display import Display, ink_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ConfusionMatrixDisplay"]
__dir__ = __all__.copy

_LAYOUTS = ("report", "scikit-learn")


class ConfusionMatrixDisplay(Display):
    """Confusion matrix as the report's Table 6, or as scikit-learn draws it.

    In both a row is an actual class and a column a predicted one. Cells are shaded by their share
    of the row, so that a rare emotion's row reads as well as a frequent one's, and show counts.

    Parameters
    ----------
    confusion_matrix : array-like of shape (n_classes, n_classes)
        Counts or weights; rows are actual classes, columns predicted ones.
    target_names : sequence of str, default=None
        The classes' names; by default FER2013's emotions, if there are seven, else numbers.
    title : str, default=None
        Heading of the picture.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    ax_ : matplotlib.axes.Axes
        The matrix.
    im_ : matplotlib.image.AxesImage
        The shades, in percent of the row.
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

    _size: ClassVar[tuple[float, float]] = (5.4, 4.7)

    def __init__(
        self,
        confusion_matrix: ArrayLike,
        target_names: Sequence[str] | None = None,
        *,
        title: str | None = None,
    ) -> None:
        self.confusion_matrix: NDArray[Any] = np.asarray(confusion_matrix)
        shape = self.confusion_matrix.shape
        if len(shape) != 2 or shape[0] != shape[1] or shape[0] == 0:
            raise ValueError(f"confusion_matrix has shape {shape}; expected a square")
        names = class_names(np.arange(shape[0])) if target_names is None else list(target_names)
        if len(names) != shape[0]:
            raise ValueError(f"target_names has {len(names)} names for {shape[0]} classes")
        self.target_names = names
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
        title: str | None = None,
        ax: Axes | None = None,
    ) -> ConfusionMatrixDisplay:
        """Predict and plot; all classes that the estimator knows are shown.

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
        title : str, default=None
            Heading of the picture.
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
        return cls.from_predictions(
            y,
            estimator.predict(X),
            labels=estimator.classes_,
            target_names=class_names(estimator.classes_),
            layout=layout,
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
        title : str, default=None
            Heading of the picture.
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
        display = cls(report.confusion_matrix, report.target_names, title=title)
        return display.plot(ax, layout=layout)

    def plot(self, ax: Axes | None = None, *, layout: str | None = None) -> ConfusionMatrixDisplay:
        """Draw the matrix.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.
        layout : {"report", "scikit-learn"}, default=None
            None takes that of the last drawing, at first ``"report"``: rows are numbered A0, A1,
            ... and columns P0, P1, ... above the matrix, as in the report's Table 6.
            ``"scikit-learn"`` names both, the columns below the matrix.

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
        self.ax_: Axes = self._axes_or_new(ax)
        self.figure_ = self.ax_.figure
        counts = self.confusion_matrix
        totals = np.maximum(counts.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        shares = 100 * counts / totals
        self.im_ = self.ax_.imshow(shares, cmap=ink_map(), vmin=0, vmax=100)
        self._write(shares)
        self._label(layout)
        bar = self.figure_.colorbar(self.im_, ax=self.ax_, shrink=0.8)
        bar.set_label("% of the actual emotion")
        if self.title is not None:
            self.figure_.suptitle(self.title, fontsize="large")
        return self

    def _write(self, shares: NDArray[np.float64]) -> None:
        n = len(shares)
        self.text_: NDArray[Any] = np.empty((n, n), dtype=object)
        size = 10 if n <= 8 else max(5, 80 / n)
        for (row, column), count in np.ndenumerate(self.confusion_matrix):
            self.text_[row, column] = self.ax_.text(
                column,
                row,
                f"{count:g}" if count % 1 else str(int(count)),
                ha="center",
                va="center",
                fontsize=size,
                color="white" if shares[row, column] > 50 else "black",
            )

    def _label(self, layout: str) -> None:
        ticks = range(len(self.target_names))
        axes = self.ax_
        if layout == "report":
            axes.set_xticks(ticks, [f"P{index}" for index in ticks])
            names = enumerate(self.target_names)
            axes.set_yticks(ticks, [f"A{index} {name}" for index, name in names])
            axes.xaxis.set_label_position("top")
            axes.xaxis.tick_top()
            axes.set(xlabel="predicted (P)", ylabel="actual (A)")
        else:
            axes.set_xticks(ticks, self.target_names, rotation=45, ha="right")
            axes.set_yticks(ticks, self.target_names)
            axes.set(xlabel="Predicted label", ylabel="True label")
        axes.tick_params(length=0)
