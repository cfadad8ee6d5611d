"""Loss and accuracy while a network trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fernet.plotting._display import (
    TRAINING_STYLE,
    VALIDATION_STYLE,
    Display,
    legend_above,
    tidy,
)
from fernet.plotting._networks import learnt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fernet._training.history import History

__all__ = ["LearningCurveDisplay"]
__dir__ = __all__.copy


class LearningCurveDisplay(Display):
    """Loss of each iteration above, accuracy of each epoch below (the report's figure 3).

    Use `from_estimator` on a fitted estimator; the constructor takes the numbers themselves. Where
    the loss of each iteration is not known, as of the networks that come with fernet, the upper
    plot has that of each epoch; where there is no loss at all, there is no upper plot.

    Parameters
    ----------
    loss : array-like of shape (n_iterations,)
        Training loss of each batch, the L2 term included.
    accuracy : array-like of shape (n_epochs,)
        Training accuracy of each epoch, between 0 and 1.
    validation_accuracy : array-like of shape (n_epochs,), default=None
        Validation accuracy of each epoch; None, or all missing, where there was no validation.
    epoch_loss : array-like of shape (n_epochs,), default=None
        Training loss of each epoch; drawn where `loss` is empty.
    validation_loss : array-like of shape (n_epochs,), default=None
        Validation loss of each epoch. A fernet estimator records it without the L2 term, so that
        it may lie below the training loss.
    title : str, default=None
        Heading of the picture, or of the axes that are given.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    axes_ : ndarray of 1 or 2 matplotlib.axes.Axes
        The upper and the lower plot, or the only one.
    lines_ : list of matplotlib.lines.Line2D
        As far as they are there: the training loss (smoothed, if by iteration), the training
        accuracy, the validation accuracy, the validation loss.

    Examples
    --------
    >>> from fernet.plotting import LearningCurveDisplay
    >>> display = LearningCurveDisplay([1.9, 1.6, 1.4, 1.3], [0.3, 0.5], [0.3, 0.4])
    >>> from matplotlib.figure import Figure
    >>> display = display.plot(Figure().subplots(2))
    >>> [axes.get_ylabel() for axes in display.axes_]
    ['training loss', 'accuracy (%)']
    """

    def __init__(
        self,
        loss: Sequence[float],
        accuracy: Sequence[float],
        validation_accuracy: Sequence[float] | None = None,
        *,
        epoch_loss: Sequence[float] | None = None,
        validation_loss: Sequence[float] | None = None,
        title: str | None = None,
    ) -> None:
        self.loss = _numbers(loss)
        self.accuracy = _numbers(accuracy)
        self.validation_accuracy = _numbers(validation_accuracy)
        self.epoch_loss = _numbers(epoch_loss)
        self.validation_loss = _numbers(validation_loss)
        self.title = title
        # An epoch's validation loss is that of the weights after its last batch.
        self._ends = _evenly(len(self.loss), len(self.validation_loss))

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, ax: Sequence[Axes] | None = None, title: str | None = None
    ) -> LearningCurveDisplay:
        """Plot the history of a fitted fernet estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted; its ``history_`` is drawn. Or a pipeline or search that ends in one. Losses
            are drawn by epoch, not by iteration, where batches of some epochs alone are known,
            as where a network that comes with fernet is trained further.
        ax : sequence of 2 matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure. Without any loss the first of two is
            taken away, and one is enough.
        title : str, default=None
            Heading of the picture, or of the axes that are given.

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
    def of(
        cls, estimator: Any, *, title: str | None = None, after: History | None = None
    ) -> LearningCurveDisplay:
        """Take the numbers from a fitted estimator without drawing yet, for `save`.

        Parameters
        ----------
        estimator : estimator
            Fitted; its ``history_`` is taken. Or a pipeline or search that ends in one.
        title : str, default=None
            Heading of the picture, or of the axes that are given.
        after : History, default=None
            The ``history_`` of the estimator that this one went on from, to be left out.

        Returns
        -------
        LearningCurveDisplay

        Raises
        ------
        ValueError
            If the estimator has no history, as one that is not fitted.
        """
        history = learnt(estimator, "history_")
        n_epochs = 0 if after is None else len(after)
        n_iterations = 0 if after is None else len(after.iterations["loss"])
        epochs: Mapping[str, Sequence[float]] = {
            name: column[n_epochs:] for name, column in history.epochs.items()
        }
        losses = history.iterations["loss"][n_iterations:]
        numbers = epochs.get("last_iteration", [None])
        ends = _last_batches(numbers, n_iterations, len(losses))
        if ends is None and any(numbers):
            losses = []  # of some epochs alone: who knows which
        display = cls(
            losses,
            epochs.get("accuracy", []),
            epochs.get("validation_accuracy"),
            epoch_loss=epochs.get("loss"),
            validation_loss=epochs.get("validation_loss"),
            title=title,
        )
        if ends is not None:
            display._ends = ends
        return display

    def plot(self, ax: Sequence[Axes] | None = None) -> LearningCurveDisplay:
        """Draw the two plots.

        Parameters
        ----------
        ax : sequence of 2 matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure. Without any loss the first of two is
            taken away, and one is enough.

        Returns
        -------
        LearningCurveDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.axes_: NDArray[Any] = self._take(ax)
        self.figure_ = self.axes_[0].figure
        self.lines_ = self._plot_accuracy(self.axes_[-1])
        if self._n_plots == 2:
            training, validation = self._plot_loss(self.axes_[0])
            self.lines_ = [*training, *self.lines_, *validation]
        self._finish(self.axes_[0])
        return self

    @property
    def _n_plots(self) -> int:
        return 2 if any(map(_any_finite, (self.loss, self.epoch_loss, self.validation_loss))) else 1

    def _figure_size(self) -> tuple[float, float]:
        return 7.0, 6.5 if self._n_plots == 2 else 3.6

    def _subplots(self, figure: Figure) -> Any:
        return figure.subplots(self._n_plots)

    def _take(self, ax: Any) -> NDArray[Any]:
        """Return as many axes as there are plots; an empty one would say nothing."""
        given = self._axes_or_new(ax, self._n_plots, more=2 - self._n_plots)
        for axes in given[: -self._n_plots]:
            axes.remove()
        return given[-self._n_plots :]

    def _plot_loss(self, axes: Axes) -> tuple[list[Any], list[Any]]:
        """Draw the losses; return the line of the training's and that of the validation's."""
        by_iteration = _any_finite(self.loss)
        if by_iteration:
            training, shown = self._loss_by_iteration(axes)
            n_points, unit = len(self.loss), "iteration (batches)"
        else:
            training, shown = [], self.epoch_loss
            n_points, unit = max(len(self.epoch_loss), len(self.validation_loss)), "epoch"
            if _any_finite(self.epoch_loss):
                epochs = np.arange(1, len(self.epoch_loss) + 1)
                training = [_line(axes, epochs, self.epoch_loss, TRAINING_STYLE)]
        validation = []
        if _any_finite(self.validation_loss):
            n_epochs = len(self.validation_loss)
            ends = self._ends if by_iteration else _evenly(n_epochs, n_epochs)
            validation = [_line(axes, ends, self.validation_loss, VALIDATION_STYLE)]
            shown = np.concatenate([shown, self.validation_loss])
        _fit_y(axes, shown, least_span=0.05)
        whose = "" if training and validation else "training " if training else "validation "
        _finish(axes, unit, f"{whose}loss", n_points)
        return training, validation

    def _loss_by_iteration(self, axes: Axes) -> tuple[list[Any], NDArray[np.float64]]:
        """Draw each batch's loss and their running mean; return its line, and what is to be seen.

        Rare peaks of single batches may leave the picture.
        """
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
        usual = np.quantile(self.loss[np.isfinite(self.loss)], [0.005, 0.995])
        return [line], np.concatenate([usual, smooth])

    def _plot_accuracy(self, axes: Axes) -> list[Any]:
        epochs = np.arange(1, len(self.accuracy) + 1)
        lines = [_line(axes, epochs, 100 * self.accuracy, TRAINING_STYLE)]
        if _any_finite(self.validation_accuracy):
            epochs = np.arange(1, len(self.validation_accuracy) + 1)
            lines.append(_line(axes, epochs, 100 * self.validation_accuracy, VALIDATION_STYLE))
            self._mark_best(axes)
        shown = 100 * np.concatenate([self.accuracy, self.validation_accuracy])
        _fit_y(axes, shown, least_span=5.0)
        _finish(axes, "epoch", "accuracy (%)", max(len(self.accuracy), len(epochs)))
        if not _any_finite(shown):
            axes.text(0.5, 0.5, "no epoch recorded", ha="center", transform=axes.transAxes)
        return lines

    def _mark_best(self, axes: Axes) -> None:
        best = int(np.nanargmax(self.validation_accuracy))
        percent = 100 * self.validation_accuracy[best]
        label = f"best: {percent:.1f} % in epoch {best + 1}"
        axes.axvline(best + 1, color="0.35", linestyle=":", linewidth=1.2, label=label)

    def _window(self) -> int:
        """Return how many batches the running mean spans: about one epoch's."""
        return max(1, len(self.loss) // max(1, len(self.accuracy)))


def _evenly(n_batches: int, n_epochs: int) -> NDArray[np.float64]:
    """Return where so many epochs end if each has as many of the batches."""
    return np.arange(1, n_epochs + 1, dtype=np.float64) * n_batches / max(1, n_epochs)


def _last_batches(
    numbers: Sequence[float | None], n_before: int, n_batches: int
) -> NDArray[np.float64] | None:
    """Return the number of each epoch's last batch among those drawn; None if one isn't known."""
    if None in numbers:
        return None
    ends = np.asarray(numbers, dtype=np.float64) - n_before
    is_known = len(ends) and ends[0] > 0 and (np.diff(ends) > 0).all() and ends[-1] <= n_batches
    return ends if is_known else None


def _any_finite(values: NDArray[np.float64]) -> bool:
    return bool(np.isfinite(values).any())


def _line(axes: Axes, x: NDArray[Any], y: NDArray[np.float64], style: dict[str, Any]) -> Any:
    every = max(1, len(y) // 12)
    options = {"linewidth": 1.6, "markersize": 4.5, "markevery": every} | style
    return axes.plot(x, y, **options)[0]


def _fit_y(axes: Axes, shown: NDArray[np.float64], *, least_span: float) -> None:
    """Let the y-axis span what is shown with a margin, and no less than so much."""
    finite = shown[np.isfinite(shown)]
    if not len(finite):
        return
    low, high = float(finite.min()), float(finite.max())
    margin = max(0.06 * (high - low), (least_span - (high - low)) / 2)
    axes.set_ylim(max(0.0, low - margin) if low >= 0 else low - margin, high + margin)


def _finish(axes: Axes, x_label: str, y_label: str, n_points: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    margin = max(0.5, 0.01 * n_points)
    axes.set_xlim(1 - margin, max(1, n_points) + margin)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))
    tidy(axes)
    legend_above(axes)


def _numbers(values: Sequence[Any] | None) -> NDArray[np.float64]:
    """Turn a list whose missing entries are None, or masked, into floats with NaN for them."""
    if values is None:
        return np.empty(0)
    values = list(values)
    is_missing = [value is None or value is np.ma.masked for value in values]
    floats = [np.nan if missing else v for v, missing in zip(values, is_missing, strict=True)]
    return np.array(floats, dtype=np.float64)


def _running_mean(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Average each value with its neighbours on both sides, about `window` values in all.

    Missing ones count for nothing; where all are, the mean is missing too.
    """
    known = np.isfinite(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    positions = np.arange(len(values))
    starts = np.maximum(0, positions - window // 2)
    ends = np.minimum(len(values), positions + window // 2 + 1)
    n_known = counts[ends] - counts[starts]
    means: NDArray[np.float64] = np.full(len(values), np.nan)
    np.divide(sums[ends] - sums[starts], n_known, out=means, where=n_known > 0)
    return means
