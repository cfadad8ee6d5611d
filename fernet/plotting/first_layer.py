"""What the first layer looks for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet._checks import as_count
from fernet.estimators.not_images import check_unmasked
from fernet.estimators.steps import last_step
from fernet.plotting._classes import as_images
from fernet.plotting._display import Display
from fernet.plotting._networks import check_sees_pixels, learnt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FirstLayerDisplay"]
__dir__ = __all__.copy


class FirstLayerDisplay(Display):
    """Weights of the first layer as images, the largest first.

    Mid-grey is a weight of 0, white the largest positive and black the largest negative weight of
    the unit. For a perceptron an image is as large as a face; a convolution's is one filter.

    Parameters
    ----------
    weights : array-like of shape (n_units, height, width) or (n_units, height, width, channels)
        Weights of each unit. Three channels are shown as colours; of other numbers, the mean.
    n_columns : int, default=None
        Images in a row; by default as many as make the sheet about square.
    title : str, default=None
        Heading of the picture, or of the axes that are given.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    ax_ : matplotlib.axes.Axes
        The sheet.
    im_ : list of matplotlib.image.AxesImage
        The units' images.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.plotting import FirstLayerDisplay
    >>> X, y = make_faces(70, random_state=0, return_X_y=True)
    >>> model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(X, y)
    >>> display = FirstLayerDisplay.from_estimator(model, ax=Figure().subplots())
    >>> len(display.im_), display.weights.shape
    (8, (8, 48, 48, 1))
    """

    def __init__(
        self, weights: ArrayLike, *, n_columns: int | None = None, title: str | None = None
    ) -> None:
        check_unmasked(weights, "weights")
        if np.ndim(weights) not in (3, 4) or len(np.asarray(weights)) == 0:
            raise ValueError(
                f"weights has shape {np.shape(weights)}; expected (n_units, height, width) or "
                "(n_units, height, width, channels)"
            )
        self.weights: NDArray[Any] = as_images(weights)
        self.n_columns = None if n_columns is None else as_count(n_columns, "n_columns")
        self.title = title

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        n_units: int = 36,
        n_columns: int | None = None,
        title: str | None = None,
        ax: Axes | None = None,
    ) -> FirstLayerDisplay:
        """Plot the first layer of a fitted network, scikit-learn's `MLPClassifier` included.

        Parameters
        ----------
        estimator : estimator
            Fitted, with ``coefs_``; or a pipeline or search that ends in one.
        n_units : int, default=36
            How many units at most: those whose weights have the largest norm.
        n_columns : int, default=None
            Images in a row.
        title : str, default=None
            Heading of the picture, or of the axes that are given.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        FirstLayerDisplay
            With `figure_`, `ax_` and `im_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the estimator is not fitted, its rows are no images, or a step before the network
            makes other features of them, as `sklearn.decomposition.PCA` does.
        """
        return cls.of(estimator, n_units=n_units, n_columns=n_columns, title=title).plot(ax)

    @classmethod
    def of(
        cls,
        estimator: Any,
        *,
        n_units: int = 36,
        n_columns: int | None = None,
        title: str | None = None,
    ) -> FirstLayerDisplay:
        """Take the weights without drawing yet, for `save`; parameters as of `from_estimator`.

        Returns
        -------
        FirstLayerDisplay

        Raises
        ------
        ValueError
            If the estimator is not fitted, its rows are no images, or a step before the network
            makes other features of them, as `sklearn.decomposition.PCA` does.
        """
        model = last_step(estimator)
        first = np.moveaxis(np.asarray(learnt(model, "coefs_")[0]), -1, 0)
        if first.ndim == 2:
            check_sees_pixels(estimator)
            first = as_images(first, model)
        images = first
        sizes = np.linalg.norm(images.reshape(len(images), -1), axis=1)
        largest = np.argsort(-sizes, kind="stable")[: as_count(n_units, "n_units")]
        return cls(images[largest], n_columns=n_columns, title=title)

    def plot(self, ax: Axes | None = None) -> FirstLayerDisplay:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        FirstLayerDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_: Axes = self._axes_or_new(ax)[0]
        self.figure_ = self.ax_.figure
        from matplotlib.patches import Rectangle

        rows, columns = self._grid()
        self.im_: list[Any] = []
        height, width = self._cell()
        for index, shades in enumerate(self._shades()):
            row, column = divmod(index, columns)
            left, top = 1.08 * width * column, 1.08 * height * row
            extent = (left, left + width, top + height, top)
            image = self.ax_.imshow(shades, extent=extent, cmap="gray", vmin=-1, vmax=1)
            self.im_.append(image)
            # White weights would look like holes.
            frame = Rectangle(
                (left, top), width, height, fill=False, edgecolor="0.5", linewidth=0.6
            )
            self.ax_.add_patch(frame)
        self.ax_.set(
            xlim=(-0.08 * width, 1.08 * width * columns),
            ylim=(1.08 * height * rows, -0.08 * height),
        )
        self.ax_.set_aspect("equal")
        self.ax_.set_axis_off()
        if self.weights.shape[-1] != 3:
            bar = self.figure_.colorbar(self.im_[0], ax=self.ax_, shrink=0.6, aspect=15)
            bar.set_ticks([-1, 0, 1], labels=["-", "0", "+"])
            bar.set_label("weight beside the unit's largest", fontsize="small")
        self._finish(self.ax_)
        return self

    def _shades(self) -> list[NDArray[Any]]:
        """Return each unit's weights over its largest: from -1 to 1, as colours from 0 to 1."""
        weights = self.weights.astype(np.float64)
        if weights.shape[-1] not in (1, 3):
            weights = weights.mean(axis=-1, keepdims=True)
        largest = np.abs(weights).max(axis=(1, 2, 3), keepdims=True)
        weights = weights / np.maximum(largest, np.finfo(np.float64).tiny)
        return [unit[..., 0] if unit.shape[-1] == 1 else (unit + 1) / 2 for unit in weights]

    def _cell(self) -> tuple[float, float]:
        """Return a unit's height and width, the longer side of which is 1."""
        height, width = self.weights.shape[1:3]
        return height / max(height, width), width / max(height, width)

    def _grid(self) -> tuple[int, int]:
        n = len(self.weights)
        columns = min(n, self.n_columns or math.ceil(math.sqrt(n)))
        return math.ceil(n / columns), columns

    def _figure_size(self) -> tuple[float, float]:
        rows, columns = self._grid()
        cell = min(0.9, 5.5 / columns) if self.weights.shape[1] > 12 else min(0.7, 5.5 / columns)
        height = 1.08 * cell * rows + (0.45 if self.title is not None else 0.1)
        return max(2.0, 1.08 * cell * columns + 0.7), max(2.2, height)
