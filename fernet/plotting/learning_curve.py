"""Loss and accuracy while a network trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fernet.plotting._display import (
    TRAINING_STYLE,
    VALIDATION_STYLE,
    Display,
    legend_above,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["LearningCurveDisplay"]
__dir__ = __all__.copy


class LearningCurveDisplay(Display):
    """Loss of each iteration above, accuracy of each epoch below (the report's figure 3).

    Use `from_estimator` on a fitted estimator; the constructor takes the numbers themselves.

    Parameters
    ----------
    loss : array-like of shape (n_iterations,)
        Training loss of each batch.
    accuracy : array-like of shape (n_epochs,)
        Training accuracy of each epoch, between 0 and 1.
    validation_accuracy : array-like of shape (n_epochs,), default=None
        Validation accuracy of each epoch; None, or all missing, where there was no validation.
    title : str, default=None
        Heading of the picture.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    axes_ : ndarray of 2 matplotlib.axes.Axes
        The upper and the lower plot.
    lines_ : list of matplotlib.lines.Line2D
        The smoothed loss, the training accuracy and, where there is one, the validation accuracy.

    Examples
    --------
    >>> from fernet.plotting import LearningCurveDisplay
    >>> display = LearningCurveDisplay([1.9, 1.6, 1.4, 1.3], [0.3, 0.5], [0.3, 0.4])
    >>> from matplotlib.figure import Figure
    >>> display = display.plot(Figure().subplots(2))
    >>> [axes.get_ylabel() for axes in display.axes_]
    ['training loss', 'accuracy (%)']
    """

    _size: ClassVar[tuple[float, float]] = (7.0, 6.5)

    def __init__(
        self,
        loss: Sequence[float],
        accuracy: Sequence[float],
        validation_accuracy: Sequence[float] | None = None,
        *,
        title: str | None = None,
    ) -> None:
        self.loss = _numbers(loss)
        self.accuracy = _numbers(accuracy)
        self.validation_accuracy = _numbers(validation_accuracy)
        self.title = title

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, ax: Sequence[Axes] | None = None, title: str | None = None
    ) -> LearningCurveDisplay:
        """Plot the history of a fitted fernet estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted; its ``history_`` is drawn.
        ax : sequence of 2 matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.
        title : str, default=None
            Heading of the picture.

        Returns
        -------
        LearningCurveDisplay
            With `figure_`, `axes_` and `lines_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the estimator has no history, as one that is not fitted.
        """
        return cls.of(estimator, title=title).plot(ax)

    @classmethod
    def of(cls, estimator: Any, *, title: str | None = None) -> LearningCurveDisplay:
        """Take the numbers from a fitted estimator without drawing yet, for `save`.

        Parameters
        ----------
        estimator : estimator
            Fitted; its ``history_`` is taken.
        title : str, default=None
            Heading of the picture.

        Returns
        -------
        LearningCurveDisplay

        Raises
        ------
        ValueError
            If the estimator has no history, as one that is not fitted.
        """
        history = getattr(estimator, "history_", None)
        if history is None:
            raise ValueError(f"{type(estimator).__name__} has no history_ to plot; fit it first")
        epochs: Mapping[str, Sequence[float]] = history.epochs
        return cls(
            history.iterations.get("loss", []),
            epochs.get("accuracy", []),
            epochs.get("validation_accuracy"),
            title=title,
        )

    def plot(self, ax: Sequence[Axes] | None = None) -> LearningCurveDisplay:
        """Draw the two plots.

        Parameters
        ----------
        ax : sequence of 2 matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        LearningCurveDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.axes_: NDArray[Any] = np.asarray(self._axes_or_new(ax))
        self.figure_ = self.axes_[0].figure
        self.lines_ = [self._plot_loss(self.axes_[0]), *self._plot_accuracy(self.axes_[1])]
        if self.title is not None:
            self.figure_.suptitle(self.title, fontsize="large")
        return self

    def _subplots(self, figure: Figure) -> Any:
        return figure.subplots(2)

    def _plot_loss(self, axes: Axes) -> Any:
        iterations = np.arange(1, len(self.loss) + 1)
        axes.plot(iterations, self.loss, color="0.75", linewidth=0.6, label="each batch")
        smooth = _running_mean(self.loss, self._window())
        (line,) = axes.plot(
            iterations,
            smooth,
            color=TRAINING_STYLE["color"],
            linewidth=1.6,
            marker="o" if len(smooth) == 1 else "",
            label="running mean",
        )
        if len(self.loss):
            axes.set_ylim(0, 1.05 * self._loss_ceiling(smooth))
        _finish(axes, "iteration (batches)", "training loss", len(self.loss))
        return line

    def _plot_accuracy(self, axes: Axes) -> list[Any]:
        lines = [self._accuracy_line(axes, self.accuracy, TRAINING_STYLE)]
        if np.isfinite(self.validation_accuracy).any():
            lines.append(self._accuracy_line(axes, self.validation_accuracy, VALIDATION_STYLE))
            self._mark_best(axes)
        _finish(axes, "epoch", "accuracy (%)", len(self.accuracy))
        return lines

    def _accuracy_line(self, axes: Axes, accuracy: NDArray[np.float64], style: Any) -> Any:
        epochs = np.arange(1, len(accuracy) + 1)
        every = max(1, len(accuracy) // 12)
        options = {"linewidth": 1.6, "markersize": 4.5, "markevery": every} | style
        return axes.plot(epochs, 100 * accuracy, **options)[0]

    def _mark_best(self, axes: Axes) -> None:
        best = int(np.nanargmax(self.validation_accuracy))
        percent = 100 * self.validation_accuracy[best]
        label = f"best: {percent:.1f} % in epoch {best + 1}"
        axes.axvline(best + 1, color="0.35", linestyle=":", linewidth=1.2, label=label)

    def _window(self) -> int:
        """Return how many batches the running mean spans: about one epoch's."""
        return max(1, len(self.loss) // max(1, len(self.accuracy)))

    def _loss_ceiling(self, smooth: NDArray[np.float64]) -> float:
        """Return a loss that all but rare peaks of single batches stay below."""
        finite = self.loss[np.isfinite(self.loss)]
        if not len(finite):
            return 1.0
        highest_mean = smooth[np.isfinite(smooth)].max(initial=0.0)
        return float(max(np.quantile(finite, 0.995), highest_mean, 1e-3))


def _finish(axes: Axes, x_label: str, y_label: str, n_points: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    margin = max(0.5, 0.02 * n_points)
    axes.set_xlim(1 - margin, max(1, n_points) + margin)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))
    tidy(axes)
    legend_above(axes)


def _numbers(values: Sequence[float] | None) -> NDArray[np.float64]:
    """Turn a list whose missing entries are None into floats with NaN for them."""
    if values is None:
        return np.empty(0)
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _running_mean(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Average each value with its neighbours on both sides, about `window` values in all."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    positions = np.arange(len(values))
    starts = np.maximum(0, positions - window // 2)
    ends = np.minimum(len(values), positions + window // 2 + 1)
    return (sums[ends] - sums[starts]) / (ends - starts)
