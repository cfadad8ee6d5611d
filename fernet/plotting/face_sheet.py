"""Faces with what they show and what the model sees in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet._checks import as_count
from fernet.emotions import class_names
from fernet.estimators.steps import last_step
from fernet.metrics.calibration import as_confidences
from fernet.plotting._classes import as_images, for_showing, indices_of, shortened
from fernet.plotting._display import (
    VERBATIM,
    Display,
    require_matplotlib,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FaceSheetDisplay"]
__dir__ = __all__.copy

_CELL_WIDTH = 1.05
"""Inches: enough for the longest of the emotions' names and a percentage below a face."""

_LONGEST = 9
"""Characters of a name that there is room for beside a percentage."""

_LINE_HEIGHT, _GAP = 0.17, 0.1
"""Of the text, and between faces, in sides of a face."""


class FaceSheetDisplay(Display):
    r"""A sheet of faces with their actual and predicted emotions, in the order of confidence.

    Below a face stands what the model predicts and how sure it is, and if it is wrong, what the
    face is labelled; a wrong one has a thick dashed frame as well.

    Parameters
    ----------
    images : array-like of shape (n, n_features), (n, height, width) or (n, height, width, 3)
        The faces, in the order in which they are shown.
    actual, predicted : sequence of str of length n
        What they are labelled, and what the model says.
    confidence : array-like of shape (n,)
        Its probability of that, between 0 and 1.
    n_columns : int, default=5
        Faces in a row.
    title : str, default=None
        Heading of the picture, or of the axes that are given.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    ax_ : matplotlib.axes.Axes
        The sheet.
    im_ : list of matplotlib.image.AxesImage
        The faces.
    text_ : list of matplotlib.text.Text
        What stands below them.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from fernet.plotting import FaceSheetDisplay
    >>> faces = np.zeros((2, 48, 48), np.uint8)
    >>> display = FaceSheetDisplay(faces, ["happy", "sad"], ["happy", "fear"], [0.9, 0.6])
    >>> [text.get_text().split("\n") for text in display.plot(Figure().subplots()).text_]
    [['happy 90 %'], ['fear 60 %', 'is sad']]
    """

    def __init__(
        self,
        images: ArrayLike,
        actual: Sequence[str],
        predicted: Sequence[str],
        confidence: ArrayLike,
        *,
        n_columns: int = 5,
        title: str | None = None,
    ) -> None:
        self.images: NDArray[Any] = as_images(images)
        self.actual, self.predicted = list(actual), list(predicted)
        self.confidence = as_confidences(confidence)
        lengths = {len(self.actual), len(self.predicted), *self.confidence.shape}
        if lengths != {len(self.images)}:
            raise ValueError(
                f"there are {len(self.images)} images, {len(self.actual)} actual and "
                f"{len(self.predicted)} predicted emotions and {self.confidence.shape} "
                "confidences; expected as many of each"
            )
        self.n_columns = as_count(n_columns, "n_columns")
        self.title = title

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        ax: Axes | None = None,
        **options: Any,
    ) -> FaceSheetDisplay:
        """Predict and plot.

        Parameters
        ----------
        estimator : classifier
            Fitted, with ``predict_proba``.
        X : array-like of shape (n_samples, n_features) or (n_samples, height, width)
            Images, as `fit` takes them.
        y : array-like of shape (n_samples,)
            Actual labels.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.
        **options
            ``show``, ``n_faces``, ``ascending``, ``n_columns`` and ``title``, as for
            `from_predictions`.

        Returns
        -------
        FaceSheetDisplay
            With `figure_`, `ax_`, `im_` and `text_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the images are no images, or an option is not as described.
        """
        require_matplotlib()
        images = as_images(X, last_step(estimator))
        proba, classes = estimator.predict_proba(X), estimator.classes_
        return cls.from_predictions(images, y, proba, classes=classes, ax=ax, **options)

    @classmethod
    def from_predictions(
        cls,
        images: ArrayLike,
        y_true: ArrayLike,
        y_proba: ArrayLike,
        *,
        classes: ArrayLike | None = None,
        show: str = "all",
        n_faces: int = 20,
        ascending: bool = False,
        n_columns: int = 5,
        title: str | None = None,
        ax: Axes | None = None,
    ) -> FaceSheetDisplay:
        """Sort faces by confidence and plot the first of them.

        Parameters
        ----------
        images : array-like of shape (n, n_features), (n, height, width) or (n, height, width, 3)
            The faces.
        y_true : array-like of shape (n,)
            Actual labels.
        y_proba : array-like of shape (n, n_classes)
            Probability of each class.
        classes : array-like of shape (n_classes,), default=None
            The label of each column; by default those that name a table's columns, if all labels
            are among them, else 0 to ``n_classes - 1``.
        show : {"all", "right", "wrong"}, default="all"
            Which predictions to show.
        n_faces : int, default=20
            How many at most.
        ascending : bool, default=False
            Whether the least certain come first.
        n_columns : int, default=5
            Faces in a row.
        title : str, default=None
            Heading of the picture, or of the axes that are given.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        FaceSheetDisplay
            With `figure_`, `ax_`, `im_` and `text_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the arrays do not fit each other, or an option is not as described.
        """
        proba, known, actual = indices_of(y_true, y_proba, classes)
        if show not in ("all", "right", "wrong"):
            raise ValueError(f"show is {show!r}; expected 'all', 'right' or 'wrong'")
        predicted, confidence = proba.argmax(axis=1), proba.max(axis=1)
        order = np.argsort(confidence if ascending else -confidence, kind="stable")
        if show != "all":
            order = order[(predicted == actual)[order] == (show == "right")]
        chosen, names = order[: as_count(n_faces, "n_faces", least=0)], class_names(known)
        return cls(
            as_images(images)[chosen],
            [names[index] for index in actual[chosen]],
            [names[index] for index in predicted[chosen]],
            confidence[chosen],
            n_columns=n_columns,
            title=title,
        ).plot(ax)

    def plot(self, ax: Axes | None = None) -> FaceSheetDisplay:
        """Draw the sheet.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; by default a new pyplot figure.

        Returns
        -------
        FaceSheetDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_: Axes = self._axes_or_new(ax)[0]
        self.figure_ = self.ax_.figure
        self.im_: list[Any] = []
        self.text_: list[Any] = []
        rows, columns = self._grid()
        for index, image in enumerate(for_showing(self.images)):
            row, column = divmod(index, columns)
            self._face(index, image, column * (1 + _GAP), row * self._row_height)
        self.ax_.set_axis_off()
        self.ax_.set_aspect("equal")
        width, height = self._extent(rows, columns)
        self.ax_.set(xlim=(-_GAP, width), ylim=(height, -_GAP))
        if not len(self.images):
            self.ax_.text(width / 2, height / 2, "none", ha="center", va="center")
        self._finish(self.ax_)
        return self

    def _face(self, index: int, image: NDArray[Any], left: float, top: float) -> None:
        extent = (left, left + 1, top + 1, top)
        self.im_.append(self.ax_.imshow(image, extent=extent, interpolation="nearest"))
        actual, predicted = self.actual[index], self.predicted[index]
        wrong = actual != predicted
        text = f"{shortened(predicted, _LONGEST)} {_percent(self.confidence[index])}"
        if wrong:
            text += f"\nis {shortened(actual, _LONGEST + 2)}"
        middle = left + 0.5
        options: Any = {"ha": "center", "va": "top", "fontsize": 8.5, "linespacing": 1.15}
        self.text_.append(self.ax_.text(middle, top + 1.06, text, **options, **VERBATIM))
        if wrong:
            from matplotlib.patches import Rectangle

            frame = Rectangle(
                (left, top), 1, 1, fill=False, edgecolor="#d9730d", linewidth=2.5, linestyle="--"
            )
            self.ax_.add_patch(frame)

    @property
    def _row_height(self) -> float:
        """Height of a face with its text, in sides of a face."""
        n_lines = 1 if self.actual == self.predicted else 2
        return 1 + n_lines * _LINE_HEIGHT + 1.5 * _GAP

    def _grid(self) -> tuple[int, int]:
        columns = min(self.n_columns, max(1, len(self.images)))
        return max(1, math.ceil(len(self.images) / columns)), columns

    def _extent(self, rows: int, columns: int) -> tuple[float, float]:
        """Return width and height of the sheet in sides of a face."""
        return columns * (1 + _GAP), rows * self._row_height

    def _figure_size(self) -> tuple[float, float]:
        width, height = self._extent(*self._grid())
        heading = 0.4 if self.title is not None else 0.1
        return _CELL_WIDTH * (width + _GAP), _CELL_WIDTH * (height + _GAP) + heading


def _percent(share: float) -> str:
    """Write a share in percent, 100 only where nothing is left to doubt."""
    return ">99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"
