"""The loss against the learning rate, from a range test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from fernet.model_selection.learning_rate_range import LearningRateRange, learning_rate_range
from fernet.plotting._display import (
    TRAINING_STYLE,
    VALIDATION_STYLE,
    Display,
    legend_above,
    require_matplotlib,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LearningRateRangeDisplay"]
__dir__ = __all__.copy


class LearningRateRangeDisplay(Display):
    """Loss of each step against its learning rate, and the rate to start from.

    Use `from_estimator`; the constructor takes what
    `fernet.model_selection.learning_rate_range` found.

    Parameters
    ----------
    found : LearningRateRange
        The test.
    title : str, default=None
        Text above the picture, or above the axes that are given.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    ax_ : matplotlib.axes.Axes
        The plot, its x-axis logarithmic.
    lines_ : list of matplotlib.lines.Line2D
        The losses, the smoothed losses, and the suggestion as an upright line.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.plotting import LearningRateRangeDisplay
    >>> from matplotlib.figure import Figure
    >>> X, y = make_faces(200, random_state=0, return_X_y=True)
    >>> model = FERMLPClassifier((16,), random_state=0)
    >>> display = LearningRateRangeDisplay.from_estimator(
    ...     model, X, y, n_steps=20, ax=Figure().subplots())
    >>> display.ax_.get_xscale(), len(display.found.rates) <= 20
    ('log', True)
    """

    def __init__(self, found: LearningRateRange, *, title: str | None = None) -> None:
        self.found = found
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
        **options: Any,
    ) -> LearningRateRangeDisplay:
        """Run the test and plot it.

        Parameters
        ----------
        estimator : FERMLPClassifier or FERCNNClassifier
            Fitted or not; it is left as it is.
        X, y : array-like
            Images and labels, as `fit` takes them.
        title : str, default=None
            Text above the picture, or above the axes that are given.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.
        **options
            ``low``, ``high`` and ``n_steps`` of `fernet.model_selection.learning_rate_range`.

        Returns
        -------
        LearningRateRangeDisplay
            With `figure_`, `ax_` and `lines_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            As from `fernet.model_selection.learning_rate_range`.
        """
        require_matplotlib()
        return cls(learning_rate_range(estimator, X, y, **options), title=title).plot(ax)

    def plot(self, ax: Axes | None = None) -> LearningRateRangeDisplay:
        """Draw the losses.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        LearningRateRangeDisplay
            Itself.
        """
        axes = self._axes_or_new(ax)[0]
        found = self.found
        lines = axes.plot(found.rates, found.losses, color="0.75", linewidth=1, label="of a step")
        style = TRAINING_STYLE | {"marker": "", "label": "smoothed"}
        lines += axes.plot(found.rates, found.smoothed, **style)
        lines.append(
            axes.axvline(
                found.suggestion,
                color=VALIDATION_STYLE["color"],
                linestyle="--",
                label=f"steepest at {found.suggestion:.2g}",
            )
        )
        axes.set(xscale="log", xlabel="learning rate", ylabel="loss")
        tidy(axes)
        legend_above(axes)
        self.figure_, self.ax_, self.lines_ = axes.figure, axes, lines
        self._finish(axes)
        return self
