"""How well each emotion is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from fernet.metrics import PerEmotionReport, per_emotion_report
from fernet.plotting._classes import shortened, shown_classes
from fernet.plotting._display import (
    VERBATIM,
    Display,
    legend_above,
    require_matplotlib,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PerEmotionDisplay"]
__dir__ = __all__.copy

# From dark to light, so that they differ in grey; the hatches tell them apart on bad paper too.
_RATES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("precision", "precision", {"facecolor": "#1b3a6b"}),
    ("recall", "recall", {"facecolor": "#e08a1e", "hatch": "////"}),
    ("f1-score", "F1", {"facecolor": "#f3e3b3", "hatch": "...."}),
)
_THICKNESS = 0.27
_LONGEST = 22
"""Characters of a name that leave room for the bars."""


class PerEmotionDisplay(Display):
    """Precision, recall and F1 of each emotion as bars (the report's tables 5 and 8).

    Parameters
    ----------
    report : PerEmotionReport
        From `fernet.metrics.per_emotion_report`.
    title : str, default=None
        Heading of the picture, or of the axes that are given.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    ax_ : matplotlib.axes.Axes
        The plot.
    bars_ : list of 3 matplotlib.container.BarContainer
        Precision, recall and F1 in percent, a bar for each emotion and one for their mean.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from fernet.plotting import PerEmotionDisplay
    >>> axes = Figure().subplots()
    >>> display = PerEmotionDisplay.from_predictions([0, 3, 3], [0, 3, 0], ax=axes)
    >>> [float(bar.get_width()) for bar in display.bars_[1]]
    [100.0, 50.0, 75.0]
    """

    _size: ClassVar[tuple[float, float]] = (5.2, 6.4)

    def __init__(self, report: PerEmotionReport, *, title: str | None = None) -> None:
        self.report = report
        self.title = title

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        title: str | None = None,
        ax: Axes | None = None,
    ) -> PerEmotionDisplay:
        """Predict and plot; all classes that the estimator knows, or that occur, are shown.

        Parameters
        ----------
        estimator : classifier
            Fitted.
        X : array-like of shape (n_samples, n_features)
            Images.
        y : array-like of shape (n_samples,)
            Actual labels.
        title : str, default=None
            Heading of the picture, or of the axes that are given.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        PerEmotionDisplay
            With `figure_`, `ax_` and `bars_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        require_matplotlib()
        labels, names = shown_classes(estimator.classes_, y)
        return cls.from_predictions(
            y, estimator.predict(X), labels=labels, target_names=names, title=title, ax=ax
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        labels: ArrayLike | None = None,
        target_names: Sequence[str] | None = None,
        title: str | None = None,
        ax: Axes | None = None,
    ) -> PerEmotionDisplay:
        """Judge predictions and plot.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,)
            Actual and predicted labels.
        labels, target_names : default=None
            Which classes to show and their names, as in `fernet.metrics.per_emotion_report`.
        title : str, default=None
            Heading of the picture, or of the axes that are given.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        PerEmotionDisplay
            With `figure_`, `ax_` and `bars_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the labels do not fit each other.
        """
        report = per_emotion_report(y_true, y_pred, labels=labels, target_names=target_names)
        return cls(report, title=title).plot(ax)

    def plot(self, ax: Axes | None = None) -> PerEmotionDisplay:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        PerEmotionDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_: Axes = self._axes_or_new(ax)[0]
        self.figure_ = self.ax_.figure
        rows = [rates for _, rates in self.report.shown_rows()[:-1]]
        # The mean stands a little apart.
        places = np.arange(len(rows), dtype=np.float64)
        places[-1] += 0.3
        self.bars_ = []
        for number, (rate, label, style) in enumerate(_RATES):
            shares = [row[rate] for row in rows]
            bars = self.ax_.barh(
                places + (number - 1) * _THICKNESS,
                [100 * (share or 0) for share in shares],
                height=_THICKNESS,
                label=label,
                edgecolor="black",
                linewidth=0.6,
                **style,
            )
            texts = ["-" if share is None else f"{100 * share:.1f}" for share in shares]
            self.ax_.bar_label(bars, texts, padding=2, fontsize=8)
            self.bars_.append(bars)
        names = [shortened(name, _LONGEST) for name in self.report.target_names]
        n_absent = len(self.report.absent)
        mean = f"mean of {len(names) - n_absent}" if 0 < n_absent < len(names) else "mean"
        self.ax_.set_yticks(places, [*names, mean], **VERBATIM)
        self.ax_.set(xlim=(0, 110), xlabel="%", ylim=(places[-1] + 0.6, -0.6))
        self.ax_.set_xticks(range(0, 101, 20))
        self.ax_.tick_params(axis="y", length=0)
        tidy(self.ax_, y_grid=False)
        legend_above(self.ax_)
        self._finish(self.ax_)
        return self

    def _figure_size(self) -> tuple[float, float]:
        return self._size[0], 1.2 + 0.65 * (len(self.report.target_names) + 1)
