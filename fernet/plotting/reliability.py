"""Whether a model is right as often as it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet.metrics.calibration import reliability_bins
from fernet.plotting._classes import class_index, indices_of
from fernet.plotting._display import (
    TRAINING_STYLE,
    VERBATIM,
    Display,
    legend_above,
    require_matplotlib,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ReliabilityDisplay"]
__dir__ = __all__.copy


class ReliabilityDisplay(Display):
    """Share of right answers against the confidence they were given with, above a histogram.

    A model that says 70 % should be right in 70 % of these cases: its points lie on the diagonal.
    Below it the model is too sure of itself, above it not sure enough.

    Parameters
    ----------
    confidence : array-like of shape (n_samples,)
        Probabilities that the model gave, between 0 and 1.
    right : array-like of bool of shape (n_samples,)
        Whether what it said was so.
    n_bins : int, default=10
        Into how many ranges of equal width the confidences are sorted.
    emotion : str, default=None
        The class that this is about; None: whichever was predicted.
    title : str, default=None
        Heading of the picture, or of the axes that are given.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    axes_ : ndarray of 2 matplotlib.axes.Axes
        The curve, and below it how many samples each of its points stands for.
    errorbar_ : matplotlib.container.ErrorbarContainer
        The curve, in percent, with one standard error to both sides.
    mean_confidence, share_right : ndarray of shape (n_filled_bins,)
        The curve's points, between 0 and 1.
    counts : ndarray of int of shape (n_bins,)
        Samples in each bin.
    calibration_error : float
        Mean distance of the points to the diagonal, weighted by their samples (the expected
        calibration error), between 0 and 1.

    Examples
    --------
    >>> from fernet.plotting import ReliabilityDisplay
    >>> display = ReliabilityDisplay([0.9, 0.9, 0.6, 0.6], [True, True, True, False])
    >>> display.share_right.tolist(), round(display.calibration_error, 3)
    ([0.5, 1.0], 0.1)
    """

    _size: ClassVar[tuple[float, float]] = (5.4, 6.2)

    def __init__(
        self,
        confidence: ArrayLike,
        right: ArrayLike,
        *,
        n_bins: int = 10,
        emotion: str | None = None,
        title: str | None = None,
    ) -> None:
        bins = reliability_bins(confidence, right, n_bins)
        self.emotion, self.title = emotion, title
        self.counts = bins.counts
        self.mean_confidence, self.share_right = bins.mean_confidence, bins.share_right
        self.calibration_error = bins.calibration_error
        # Wilson's, which is not 0 where all answers are right.
        counts = bins.filled_counts
        smoothed = (self.share_right * counts + 0.5) / (counts + 1)
        self._errors = np.sqrt(smoothed * (1 - smoothed) / counts)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        emotion: Any = None,
        n_bins: int = 10,
        title: str | None = None,
        ax: Sequence[Axes] | None = None,
    ) -> ReliabilityDisplay:
        """Predict probabilities and plot.

        Parameters
        ----------
        estimator : classifier
            Fitted, with ``predict_proba``.
        X : array-like of shape (n_samples, n_features)
            Images.
        y : array-like of shape (n_samples,)
            Actual labels.
        emotion, n_bins, title, ax
            As for `from_predictions`.

        Returns
        -------
        ReliabilityDisplay
            With `figure_`, `axes_` and `errorbar_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `emotion` is no class.
        """
        require_matplotlib()
        return cls.from_predictions(
            y,
            estimator.predict_proba(X),
            classes=estimator.classes_,
            emotion=emotion,
            n_bins=n_bins,
            title=title,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_proba: ArrayLike,
        *,
        classes: ArrayLike | None = None,
        emotion: Any = None,
        n_bins: int = 10,
        title: str | None = None,
        ax: Sequence[Axes] | None = None,
    ) -> ReliabilityDisplay:
        """Compare probabilities with labels and plot.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            Actual labels.
        y_proba : array-like of shape (n_samples, n_classes)
            Probability of each class.
        classes : array-like of shape (n_classes,), default=None
            The label of each column; by default those that name a table's columns, if all labels
            are among them, else 0 to ``n_classes - 1``.
        emotion : label or str, default=None
            A class or its name: its probability is compared with how often it is the actual one.
            By default that of the most probable class, with how often this is right.
        n_bins : int, default=10
            Into how many ranges of equal width the probabilities are sorted.
        title : str, default=None
            Heading of the picture, or of the axes that are given.
        ax : sequence of 2 matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        ReliabilityDisplay
            With `figure_`, `axes_` and `errorbar_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If shapes, labels and classes do not fit each other.
        """
        proba, known, actual = indices_of(y_true, y_proba, classes)
        if emotion is None:
            predicted = proba.argmax(axis=1)
            confidence, right, name = proba.max(axis=1), predicted == actual, None
        else:
            index, name = class_index(known, emotion)
            confidence, right = proba[:, index], actual == index
        display = cls(confidence, right, n_bins=n_bins, emotion=name, title=title)
        return display.plot(ax)

    def plot(self, ax: Sequence[Axes] | None = None) -> ReliabilityDisplay:
        """Draw curve and histogram.

        Parameters
        ----------
        ax : sequence of 2 matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        ReliabilityDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.axes_: NDArray[Any] = self._axes_or_new(ax, 2)
        self.figure_ = self.axes_[0].figure
        self._plot_curve(self.axes_[0])
        self._plot_counts(self.axes_[1])
        self._finish(self.axes_[0])
        return self

    def _plot_curve(self, axes: Axes) -> None:
        axes.plot([0, 100], [0, 100], color="0.35", linestyle=":", label="as often as it says")
        error = 100 * self.calibration_error
        self.errorbar_ = axes.errorbar(
            100 * self.mean_confidence,
            100 * self.share_right,
            yerr=100 * self._errors,
            capsize=3,
            linewidth=1.6,
            elinewidth=1,
            **TRAINING_STYLE | {"label": f"the model (off by {error:.1f} % on average)"},
        )
        what = "actual share" if self.emotion else "right answers"
        axes.set(xlim=(0, 100), ylim=(0, 102), ylabel=f"{what} (%)")
        axes.set_xticks(range(0, 101, 20))
        tidy(axes)
        legend_above(axes, n_columns=1)

    def _plot_counts(self, axes: Axes) -> None:
        width = 100 / len(self.counts)
        axes.bar(
            (np.arange(len(self.counts)) + 0.5) * width,
            self.counts,
            width=0.9 * width,
            color="0.55",
            edgecolor="0.2",
            linewidth=0.6,
        )
        about = f"probability of {self.emotion}" if self.emotion else "confidence"
        axes.set(xlim=(0, 100), ylabel="images")
        axes.set_xlabel(f"{about} (%)", **VERBATIM)
        axes.set_xticks(range(0, 101, 20))
        tidy(axes, x_grid=False)

    def _subplots(self, figure: Figure) -> Any:
        return figure.subplots(2, height_ratios=[3, 1])
