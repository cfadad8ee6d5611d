"""How much accuracy is left on faces that are made worse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet.metrics import CORRUPTIONS, RobustnessReport, robustness_report
from fernet.plotting._display import (
    Display,
    ink_map,
    require_matplotlib,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["RobustnessDisplay"]
__dir__ = __all__.copy

_ROW = 0.46
"""Inches, at which a cell holds an accuracy and the amount below it."""


class RobustnessDisplay(Display):
    """Accuracy by kind and strength of what spoils the faces, as a table with shades.

    A row is a corruption, a column a level of it. A cell says how many percent of the faces are
    still recognised and, below that, how strong the corruption is; the darker, the more is kept.
    Framed are the entries that the report's reference mean counts.

    Parameters
    ----------
    report : RobustnessReport
        From `fernet.metrics.robustness_report`.
    title : str, default=None
        Heading of the picture, or of the axes that are given.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    ax_ : matplotlib.axes.Axes
        The table.
    im_ : matplotlib.image.AxesImage
        The shades: accuracy in percent, masked where a level was not judged.
    means_ : list of matplotlib.text.Text
        The mean over each row's levels, in percent.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from fernet.metrics import RobustnessReport
    >>> from fernet.plotting import RobustnessDisplay
    >>> report = RobustnessReport(0.7, {"noise": {2: 0.6, 3: 0.4}}, n_samples=100)
    >>> display = RobustnessDisplay(report).plot(Figure().subplots())
    >>> display.im_.get_array().tolist(), display.means_[0].get_text()
    ([[60.0, 40.0]], '50.0')
    """

    _size: ClassVar[tuple[float, float]] = (6.4, 7.6)

    def __init__(self, report: RobustnessReport, *, title: str | None = None) -> None:
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
        **options: Any,
    ) -> RobustnessDisplay:
        """Spoil faces, predict and plot.

        Parameters
        ----------
        estimator : classifier
            Fitted.
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Faces.
        y : array-like of shape (n_samples,)
            Actual labels.
        title : str, default=None
            Heading of the picture, or of the axes that are given.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.
        **options
            ``corruptions``, ``levels`` and ``random_state`` of `fernet.metrics.robustness_report`.

        Returns
        -------
        RobustnessDisplay
            With `figure_`, `ax_`, `im_` and `means_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        require_matplotlib()
        return cls(robustness_report(estimator, X, y, **options), title=title).plot(ax)

    def plot(self, ax: Axes | None = None) -> RobustnessDisplay:
        """Draw the table.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        RobustnessDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_: Axes = self._axes_or_new(ax)[0]
        self.figure_ = self.ax_.figure
        names = list(self.report.accuracy)
        levels = sorted({level for row in self.report.accuracy.values() for level in row})
        percent = self._percent(names, levels)
        clean = 100 * self.report.clean
        top = max(clean, 1.0)
        self.im_ = self.ax_.imshow(
            np.ma.masked_invalid(percent), cmap=ink_map(), vmin=0, vmax=top, aspect="auto"
        )
        self.ax_.grid(False)  # which some styles draw, through the numbers
        self._write_cells(names, levels, percent / top)
        self._write_means(names, len(levels))
        self.ax_.set_yticks(range(len(names)), [_row_name(name) for name in names], fontsize=8)
        self.ax_.set_xticks(range(len(levels)), [f"level {level}" for level in levels])
        self.ax_.xaxis.tick_top()
        self.ax_.tick_params(length=0)
        self.ax_.spines[:].set_visible(False)
        self.ax_.set_xlabel(self._caption(), fontsize=9)
        self._finish(self.ax_)
        return self

    def _percent(self, names: list[str], levels: list[int]) -> NDArray[np.float64]:
        accuracy = self.report.accuracy
        rows = [[accuracy[name].get(level, np.nan) for level in levels] for name in names]
        return 100 * np.array(rows, dtype=np.float64)

    def _write_cells(self, names: list[str], levels: list[int], depth: NDArray[Any]) -> None:
        from matplotlib.patches import Rectangle

        for row, name in enumerate(names):
            kind, accuracy = CORRUPTIONS[name], self.report.accuracy[name]
            for column, level in enumerate(levels):
                if level not in accuracy:
                    continue
                ink = "white" if depth[row, column] > 0.6 else "black"
                style: dict[str, Any] = {"color": ink, "ha": "center"}
                amount = f"{kind.amounts[level - 1]:g}".replace("-", "\N{MINUS SIGN}")
                value = f"{100 * accuracy[level]:.1f}"
                self.ax_.text(column, row - 0.02, value, va="bottom", fontsize=10, **style)
                self.ax_.text(column, row + 0.08, amount, va="top", fontsize=7, **style)
                if level in kind.reference_levels:
                    frame = Rectangle((column - 0.46, row - 0.44), 0.92, 0.88, fill=False)
                    frame.set(edgecolor="#d9730d", linewidth=1.8)
                    self.ax_.add_patch(frame)

    def _write_means(self, names: list[str], n_levels: int) -> None:
        place: dict[str, Any] = {"x": n_levels - 0.2, "ha": "left", "clip_on": False}
        self.means_ = [
            self.ax_.text(
                y=row, s=f"{100 * self.report.mean_of(name):.1f}", va="center", fontsize=10, **place
            )
            for row, name in enumerate(names)
        ]
        self.ax_.text(y=-0.58, s="mean", va="bottom", **place)

    def _caption(self) -> str:
        report = self.report
        text = (
            f"accuracy in %, of {100 * report.clean:.1f} on clean faces; the mean is "
            f"{100 * report.mean_corruption_accuracy:.1f}"
        )
        if report.n_reference:
            mean = f"{100 * report.reference_mean:.1f}"
            text += f",\nof the {report.n_reference} framed entries {mean}"
        return text

    def _figure_size(self) -> tuple[float, float]:
        return self._size[0], 1.1 + _ROW * len(self.report.accuracy)


def _row_name(name: str) -> str:
    kind = CORRUPTIONS[name]
    return f"{kind.title}\n({kind.unit})"
