"""Score against one hyper-parameter, with its spread over folds or seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet.plotting._display import (
    TRAINING_STYLE,
    VALIDATION_STYLE,
    VERBATIM,
    Display,
    legend_above,
    tidy,
)
from fernet.plotting._searches import runs_by_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ParameterCurveDisplay"]
__dir__ = __all__.copy

_SHARES = ("accuracy", "balanced_accuracy", "f1", "jaccard", "precision", "recall", "top_k")
_MOST_TICKS = 8
_LOG_FROM = 10.0
_POINTS_APART = 5.0
_ZERO_APART = 0.5  # how far 0 lies from the smallest number on a logarithmic axis, in decades


class ParameterCurveDisplay(Display):
    """Mean score for each value of a parameter, with error bars (the report's figures 4 and 7).

    Use `from_estimator` on a fitted search; the constructor takes the scores themselves.

    Parameters
    ----------
    param_name : str
        What the x-axis is called.
    values : sequence of length n_values
        The parameter's values. Those that are no numbers are set side by side, as given.
    scores : array-like of shape (n_values,) or (n_values, n_runs)
        Validation scores; a run is a fold or a seed. Missing ones are NaN, or masked.
    training_scores : array-like of the same shape, default=None
        Training scores, drawn as a second line.
    score_name : str, default="accuracy"
        What the y-axis is called.
    percent : bool, default=True
        Whether scores are shares between 0 and 1, drawn in percent.
    title : str, default=None
        Heading of the picture, or of the axes that are given.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    ax_ : matplotlib.axes.Axes
        The plot.
    errorbars_ : list of matplotlib.container.ErrorbarContainer
        The training scores, where there are any, and the validation scores: a point is the mean
        over the runs, a bar spans one standard deviation to both sides.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from fernet.plotting import ParameterCurveDisplay
    >>> scores = [[0.31, 0.33], [0.44, 0.46], [0.25, 0.24]]
    >>> display = ParameterCurveDisplay("learning_rate_init", [1e-4, 1e-2, 1e-1], scores)
    >>> display = display.plot(Figure().subplots())
    >>> display.ax_.get_xscale(), display.ax_.get_ylabel()
    ('log', 'accuracy (%)')
    """

    def __init__(
        self,
        param_name: str,
        values: Sequence[Any],
        scores: ArrayLike,
        *,
        training_scores: ArrayLike | None = None,
        score_name: str = "accuracy",
        percent: bool = True,
        title: str | None = None,
    ) -> None:
        self.param_name = param_name
        order = _order(values)
        self.values = [values[index] for index in order]
        self.scores = _runs(scores, order, "scores")
        self.training_scores = None
        if training_scores is not None:
            self.training_scores = _runs(training_scores, order, "training_scores")
        self.score_name = score_name
        self.percent = percent
        self.title = title
        self._x_scale = "auto"

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        param_name: str | None = None,
        *,
        metric: str = "score",
        x_scale: str = "auto",
        title: str | None = None,
        ax: Axes | None = None,
    ) -> ParameterCurveDisplay:
        """Plot what a fitted search found for one of its parameters.

        Where the search varied other parameters too, they are held at their best values; of a
        `fernet.model_selection.CoordinateSearchCV`, as they were when it varied this one. Results
        that differ in a ``random_state`` alone count as runs of the same candidate.

        Parameters
        ----------
        search : estimator
            Fitted, with ``cv_results_`` as `sklearn.model_selection.GridSearchCV` has them.
        param_name : str, default=None
            The parameter, as in the search's grid or without the steps before it
            (``"dropout"`` for ``"mlp__dropout"``); not needed if only one was varied.
        metric : str, default="score"
            Name of the metric, for a search with several.
        x_scale : {"auto", "log", "linear"}, default="auto"
            As for `plot`.
        title : str, default=None
            Heading of the picture, or of the axes that are given.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        ParameterCurveDisplay
            With `figure_`, `ax_` and `errorbars_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the search is not fitted or has no such parameter or metric.
        """
        name, values, scores, training_scores = runs_by_value(search, param_name, metric)
        scoring = getattr(search, "scoring", None) if metric == "score" else metric
        score_name = _score_name(scoring)
        display = cls(
            name,
            values,
            scores,
            training_scores=training_scores,
            score_name=score_name.replace("_", " "),
            percent=score_name.startswith(_SHARES),
            title=title,
        )
        return display.plot(ax, x_scale=x_scale)

    def plot(self, ax: Axes | None = None, *, x_scale: str | None = None) -> ParameterCurveDisplay:
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.
        x_scale : {"auto", "log", "linear"}, default=None
            None takes that of the last drawing, at first ``"auto"``: a logarithmic axis for
            numbers above 0 that span a factor of ten or more; with a 0 beside such numbers it
            stands apart at the left, where the axis is linear.

        Returns
        -------
        ParameterCurveDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If a logarithmic axis is asked for values that have no logarithm.
        """
        x_scale = self._x_scale if x_scale is None else x_scale
        positions, scale = self._positions(x_scale)
        self._x_scale = x_scale
        self.ax_: Axes = self._axes_or_new(ax)[0]
        self.figure_ = self.ax_.figure
        if scale == "symlog":
            smallest = positions[positions > 0].min()
            self.ax_.set_xscale("symlog", linthresh=smallest, linscale=_ZERO_APART)
        else:
            self.ax_.set_xscale(scale)
        self.errorbars_ = []
        # A little apart, so that no bar hides the other.
        shift = 0.0 if self.training_scores is None else _POINTS_APART / 2
        if self.training_scores is not None:
            drawn = self._draw(positions, self.training_scores, TRAINING_STYLE, -shift)
            self.errorbars_.append(drawn)
        self.errorbars_.append(self._draw(positions, self.scores, VALIDATION_STYLE, shift))
        self._label_x(positions, scale)
        unit = " (%)" if self.percent else ""
        self.ax_.set(xlabel=self.param_name, ylabel=f"{self.score_name}{unit}")
        tidy(self.ax_)
        if self.training_scores is not None:
            legend_above(self.ax_)
        self._finish(self.ax_)
        return self

    def _draw(
        self, positions: NDArray[Any], runs: NDArray[Any], style: dict[str, Any], shift: float
    ) -> Any:
        from matplotlib.transforms import offset_copy

        factor = 100 if self.percent else 1
        known = np.isfinite(runs).any(axis=1)
        means, spreads = np.full(len(runs), np.nan), np.zeros(len(runs))
        means[known] = factor * np.nanmean(runs[known], axis=1)
        spreads[known] = factor * np.nanstd(runs[known], axis=1)
        # Axes leave what has a transform of its own out of their limits.
        ends = [means - spreads, means + spreads]
        corners = np.concatenate([np.stack([positions, end], axis=1) for end in ends])
        self.ax_.update_datalim(corners[np.isfinite(corners).all(axis=1)])
        self.ax_.autoscale_view()
        return self.ax_.errorbar(
            positions,
            means,
            yerr=spreads if runs.shape[1] > 1 else None,
            capsize=4,
            linewidth=1.6,
            elinewidth=1.2,
            markersize=6,
            transform=offset_copy(self.ax_.transData, self.figure_, x=shift, units="points"),
            # Nothing lies between values that are no numbers.
            **style | ({} if _are_numbers(self.values) else {"linestyle": ""}),
        )

    def _positions(self, x_scale: str) -> tuple[NDArray[Any], str]:
        if x_scale not in ("auto", "log", "linear"):
            raise ValueError(f"x_scale is {x_scale!r}; expected 'auto', 'log' or 'linear'")
        if not _are_numbers(self.values):
            if x_scale == "log":
                raise ValueError(f"x_scale is 'log', but {self.param_name} has values without one")
            return np.arange(len(self.values)), "linear"
        numbers = np.array(self.values, dtype=np.float64)
        positive = numbers[numbers > 0]
        has_logarithms = len(positive) == len(numbers)
        if x_scale == "log" and not has_logarithms:
            raise ValueError(
                f"x_scale is 'log', but {self.param_name} is {numbers.min():g} in one place; "
                "expected values above 0"
            )
        wide = len(positive) > 0 and positive.max() >= _LOG_FROM * positive.min()
        if x_scale == "log" or (x_scale == "auto" and wide and has_logarithms):
            return numbers, "log"
        if x_scale == "auto" and wide and numbers.min() == 0:
            return numbers, "symlog"
        return numbers, "linear"

    def _label_x(self, positions: NDArray[Any], scale: str) -> None:
        """Put a tick at each value that was tried, if there are not too many."""
        numeric = _are_numbers(self.values)
        if numeric and len(self.values) > _MOST_TICKS:
            return
        labels = [_number_text(v) if numeric else str(v) for v in self.values]
        crowded = sum(map(len, labels)) > 60
        self.ax_.set_xticks(positions, labels, rotation=20 if crowded else 0, **VERBATIM)
        self.ax_.minorticks_off()
        if not numeric:
            self.ax_.margins(x=0.12)
        elif scale == "log" and len(positions) == 1:
            self.ax_.set_xlim(positions[0] / _LOG_FROM, positions[0] * _LOG_FROM)


def _score_name(scoring: Any) -> str:
    if scoring is None:
        return "accuracy"
    if callable(scoring):
        from fernet.model_selection import report_scoring  # heavy, and here if it is used

        return "accuracy" if scoring is report_scoring else "score"
    return str(scoring)


def _are_numbers(values: Sequence[Any]) -> bool:
    kinds = (int, float, np.integer, np.floating)
    return all(isinstance(v, kinds) and not isinstance(v, bool) for v in values)


def _number_text(value: float) -> str:
    """Write a number in six digits, a whole one in as many as it has; of floats these are few."""
    text = f"{value:g}"
    is_whole = float(value).is_integer() and (abs(value) < 1e16 or not isinstance(value, float))
    return str(int(value)) if is_whole and float(text) != value else text


def _order(values: Sequence[Any]) -> list[int]:
    """Return the order to show values in: numbers sorted, others as they come."""
    if len(values) == 0:
        raise ValueError("values is empty; expected at least one value of the parameter")
    indices = range(len(values))
    return sorted(indices, key=lambda i: values[i]) if _are_numbers(values) else list(indices)


def _runs(scores: ArrayLike, order: list[int], name: str) -> NDArray[np.float64]:
    runs = np.ma.array(scores, dtype=np.float64).filled(np.nan)
    if runs.ndim == 1:
        runs = runs[:, None]
    if runs.ndim != 2 or len(runs) != len(order):
        raise ValueError(
            f"{name} has shape {np.shape(scores)}; expected a row for each of {len(order)} values"
        )
    return runs[order]
