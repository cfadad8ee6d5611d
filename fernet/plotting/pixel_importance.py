"""Which pixels an emotion's score depends on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet.estimators.not_images import check_unmasked
from fernet.estimators.steps import last_step
from fernet.plotting._classes import as_images, class_index, for_showing, shortened
from fernet.plotting._display import (
    Display,
    bar_beside,
    require_matplotlib,
    sway_map,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PixelImportanceDisplay"]
__dir__ = __all__.copy

_METHODS = ("occlusion", "gradient")
_LABELS = {
    "occlusion": "fall of its probability\nwhen covered (% points)",
    "gradient": "estimated fall when\ncovered (% points)",
}
_LONGEST = 40
"""Characters of a name that there is room for above the maps."""
_AGAINST = -0.25
"""What part of the scale counts as speaking against clearly."""


class PixelImportanceDisplay(Display):
    """A face with the parts that an emotion's score depends on, beside the map of them.

    The map tells by how many percentage points the emotion's probability falls when a small square
    around a pixel is covered with grey: 5 means from, say, 80 % to 75 %. Blue, above 0, is what
    speaks for the emotion; orange, below 0, is what speaks against it, as the probability rises
    when that is covered. White is 0. On the face, lines surround the tenth of the pixels that speak
    for it most; on the map, dashed ones what speaks against it clearly.

    Parameters
    ----------
    face : array-like of shape (height, width) or (height, width, channels)
        The face, or the mean of several.
    importance : array-like of shape (height, width)
        How much each pixel matters, above 0 if it speaks for the emotion; finite.
    emotion : str, default=None
        Whose score it is.
    limit : float, default=None
        The colours run from ``-limit`` to `limit`; by default the largest of the map, whatever its
        sign. Maps to be compared need the same.
    label : str, default="importance"
        What the colour bar is called.
    title : str, default=None
        Heading of the picture, or of the axes that are given; by default the emotion.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    axes_ : ndarray of 2 matplotlib.axes.Axes
        The face and the map.
    im_ : matplotlib.image.AxesImage
        The map.
    colorbar_ : matplotlib.colorbar.Colorbar
        Its legend, from -`limit` to `limit`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.plotting import PixelImportanceDisplay
    >>> X, y = make_faces(70, random_state=0, return_X_y=True)
    >>> model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(X, y)
    >>> display = PixelImportanceDisplay.from_estimator(
    ...     model, X[y == 3], "happy", method="gradient", ax=Figure().subplots(1, 2))
    >>> display.importance.shape
    (48, 48)
    """

    _size: ClassVar[tuple[float, float]] = (6.4, 3.2)

    def __init__(
        self,
        face: ArrayLike,
        importance: ArrayLike,
        *,
        emotion: str | None = None,
        limit: float | None = None,
        label: str = "importance",
        title: str | None = None,
    ) -> None:
        check_unmasked(face, "face")
        check_unmasked(importance, "importance")
        self.face: NDArray[Any] = np.asarray(face)
        self.importance = np.asarray(importance, dtype=np.float64)
        if self.importance.ndim != 2 or self.face.shape[:2] != self.importance.shape:
            raise ValueError(
                f"face has shape {self.face.shape} and importance {self.importance.shape}; "
                "expected the same height and width"
            )
        if not np.isfinite(self.importance).all():
            raise ValueError("importance holds a number that is not finite")
        if limit is not None and not 0 < limit < np.inf:
            raise ValueError(f"limit is {limit}; expected a finite number, more than 0")
        self.emotion = emotion
        self.limit = limit
        self.label = label
        named = None if emotion is None else shortened(emotion, _LONGEST)
        self.title = named if title is None else title
        self._title_is_name = title is None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        emotion: Any,
        *,
        method: str = "occlusion",
        patch: int = 8,
        stride: int = 4,
        smoothing: float = 1.0,
        limit: float | None = None,
        title: str | None = None,
        ax: Sequence[Axes] | None = None,
    ) -> PixelImportanceDisplay:
        """Find which pixels of some faces an emotion's score depends on, and plot them.

        Parameters
        ----------
        estimator : classifier
            Fitted, with ``predict_proba``; for ``method="gradient"`` one of fernet's.
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Faces, as `fit` takes them, a few dozen at most: the map is their mean. Let them be
            aligned, or one.
        emotion : label or str
            The class or its name.
        method : {"occlusion", "gradient"}, default="occlusion"
            ``"occlusion"`` covers one square after the other with the image's mean grey and
            takes how many percentage points the emotion's probability falls; ``"gradient"``
            estimates the same from the slopes of the probability, which is finer, much faster and
            less exact: slopes tell what a slight change does, and covering a square is no slight
            one.
        patch, stride : int, default=8, 4
            Side of the squares that are covered, and for ``"occlusion"`` the distance between
            them, in pixels.
        smoothing : float, default=1.0
            Standard deviation in pixels of the blur that ``"gradient"`` maps get, 0 or more:
            single pixels of such maps say little.
        limit : float, default=None
            The colours run from ``-limit`` to `limit` percentage points; by default as far as the
            map does.
        title : str, default=None
            Heading of the picture, or of the axes that are given; by default the emotion.
        ax : sequence of 2 matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        PixelImportanceDisplay
            With `figure_`, `axes_` and `im_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there are no images, `X` is one, the emotion is no class, or an option is not as
            described.
        """
        require_matplotlib()
        display = cls.of(
            estimator,
            X,
            emotion,
            method=method,
            patch=patch,
            stride=stride,
            smoothing=smoothing,
            limit=limit,
            title=title,
        )
        return display.plot(ax)

    @classmethod
    def of(
        cls,
        estimator: Any,
        X: ArrayLike,
        emotion: Any,
        *,
        method: str = "occlusion",
        patch: int = 8,
        stride: int = 4,
        smoothing: float = 1.0,
        limit: float | None = None,
        title: str | None = None,
    ) -> PixelImportanceDisplay:
        """Compute the map without drawing yet, for `save`; parameters as of `from_estimator`.

        Returns
        -------
        PixelImportanceDisplay

        Raises
        ------
        ValueError
            If there are no images, `X` is one, the emotion is no class, or an option is not as
            described.
        """
        if method not in _METHODS:
            raise ValueError(f"method is {method!r}; expected one of {_METHODS}")
        if patch < 1 or stride < 1 or stride > patch:
            raise ValueError(
                f"patch is {patch} and stride {stride}; expected 1 or more and stride <= patch"
            )
        if not smoothing >= 0:
            raise ValueError(f"smoothing is {smoothing}; expected 0 or more")
        model = last_step(estimator)
        if method == "gradient" and (model is not estimator or not hasattr(model, "network_")):
            raise ValueError("method is 'gradient', which needs a fitted estimator of fernet's own")
        images = as_images(X, model)
        if len(images) == 0:
            raise ValueError("X is empty; expected at least one image")
        index, name = class_index(np.asarray(estimator.classes_), emotion)
        # Here, so that importing the pictures does not load the kernels.
        from fernet.plotting._pixel_maps import gradient_map, occlusion_map

        if method == "gradient":
            falls = gradient_map(estimator, images, index, patch=patch, smoothing=smoothing)
        else:
            falls = occlusion_map(estimator, images, index, patch=patch, stride=stride)
        return cls(
            for_showing(images).mean(axis=0),
            100 * falls,
            emotion=name,
            limit=limit,
            label=_LABELS[method],
            title=title,
        )

    def plot(self, ax: Sequence[Axes] | None = None) -> PixelImportanceDisplay:
        """Draw face and map.

        Parameters
        ----------
        ax : sequence of 2 matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        PixelImportanceDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.axes_: NDArray[Any] = self._axes_or_new(ax, 2)
        self.figure_ = self.axes_[0].figure
        self.axes_[0].imshow(self.face, cmap="gray")
        self._outline(self.axes_[0])
        self._draw_map(self.axes_[1])
        for axes in self.axes_:
            axes.grid(False)
            axes.set_xticks([])
            axes.set_yticks([])
        self._finish(self.axes_[0])
        return self

    def _draw_map(self, axes: Axes) -> None:
        limit = self.limit or float(np.abs(self.importance).max()) or 1.0
        self.im_ = axes.imshow(self.importance, cmap=sway_map(), vmin=-limit, vmax=limit)
        against = _AGAINST * limit
        if self.importance.min() < against < self.importance.max():
            axes.contour(
                self.importance, [against], colors="black", linewidths=0.8, linestyles="--"
            )
            axes.set_xlabel("dashed: speaks against it", fontsize="small")
        self.colorbar_ = bar_beside(self.im_, axes)
        self.colorbar_.set_ticks([-limit, 0, limit], labels=[f"{-limit:.2g}", "0", f"{limit:.2g}"])
        self.colorbar_.set_label(self.label, fontsize="small")
        self.colorbar_.ax.set_title("for", fontsize="small", pad=3)
        self.colorbar_.ax.set_xlabel("against", fontsize="small")

    def _outline(self, axes: Axes) -> None:
        level = float(np.quantile(self.importance, 0.9))
        if not max(0.0, self.importance.min()) < level < self.importance.max():
            return
        axes.set_xlabel("lines: speaks for it most", fontsize="small")
        # White on black shows on any grey.
        for colour, width in (("black", 2.6), ("white", 1.2)):
            axes.contour(self.importance, levels=[level], colors=colour, linewidths=width)

    def _subplots(self, figure: Figure) -> Any:
        return figure.subplots(1, 2)
