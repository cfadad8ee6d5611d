"""One image seen several times: larger, smaller, a little moved."""

from __future__ import annotations

from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fernet import _kernels
from fernet._training.lazy_rows import LazyRows
from fernet._training.scaling import PixelScaling
from fernet.augmentation.filters import interpolation_matrix, mirrored
from fernet.estimators.images import ImageShape
from fernet.estimators.labels import plain

__all__ = ["AS_IT_IS", "NAMED_VIEWS", "View", "axis_matrices", "find_views", "gather_view"]
__dir__ = __all__.copy

_LARGEST_ZOOM = 4.0


class View(NamedTuple):
    """How an image is looked at.

    Parameters
    ----------
    zoom : float
        How many times larger its parts appear, about its centre.
    down, right : float, default=0.0
        How far they are then moved, as a share of the height and of the width.
    """

    zoom: float
    down: float = 0.0
    right: float = 0.0


AS_IT_IS = View(1.0)
"""The image itself."""

_ZOOMS = (0.93, 1.0, 1.07)
_STEP = 1 / 24

NAMED_VIEWS: dict[str, tuple[View, ...]] = {
    "zooms": tuple(map(View, _ZOOMS)),
    "shifts": tuple(
        View(1.0, down, right) for down in (-_STEP, 0.0, _STEP) for right in (-_STEP, 0.0, _STEP)
    ),
}
"""Sets of views that have a name: three sizes; the image itself and moved eight ways."""


def find_views(average_views: Any) -> tuple[View, ...]:
    """Return the views that a parameter asks for.

    Parameters
    ----------
    average_views : str, sequence or None
        A name, or zooms and triples of zoom, down and right.

    Returns
    -------
    tuple of View
        Of None the image as it is.

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> from fernet.estimators.views import find_views
    >>> find_views((1, (1.1, 0, 0.05)))
    (View(zoom=1.0, down=0.0, right=0.0), View(zoom=1.1, down=0.0, right=0.05))
    """
    if average_views is None:
        return (AS_IT_IS,)
    if isinstance(average_views, str) and average_views in NAMED_VIEWS:
        return NAMED_VIEWS[average_views]
    is_sequence = isinstance(average_views, list | tuple | np.ndarray) and len(average_views) > 0
    if not is_sequence or isinstance(average_views, str):
        raise ValueError(_refusal(average_views))
    return tuple(_view(entry, average_views) for entry in average_views)


def _view(entry: Any, whole: Any) -> View:
    is_triple = isinstance(entry, list | tuple | np.ndarray) and len(entry) == 3
    numbers = entry if is_triple else [entry]
    if not all(isinstance(number, Real) for number in numbers):
        raise ValueError(_refusal(whole))
    view = View(*map(float, numbers))
    if not (1 / _LARGEST_ZOOM <= view.zoom <= _LARGEST_ZOOM):
        raise ValueError(
            f"average_views has a zoom of {view.zoom:g}; expected {1 / _LARGEST_ZOOM:g} to "
            f"{_LARGEST_ZOOM:g}"
        )
    if not max(abs(view.down), abs(view.right)) <= 1:
        raise ValueError(
            f"average_views moves by {view.down:g} and {view.right:g}; expected shares of the "
            "height and the width, -1 to 1"
        )
    return view


def _refusal(found: Any) -> str:
    names = ", ".join(map(repr, NAMED_VIEWS))
    return (
        f"average_views is {plain(found)!r}; expected None, one of {names}, or a list of zooms or "
        "of triples of zoom, down and right"
    )


def gather_view(
    X: NDArray | LazyRows,
    indices: NDArray,
    view: View,
    image_shape: ImageShape,
    scaling: PixelScaling,
    out: NDArray,
    *,
    mirrored: bool = False,
) -> None:
    """Write scaled images as a view shows them: bilinear, mirrored beyond the border.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), uint8, float32 or float64, or LazyRows
        All images.
    indices : ndarray of shape (N,), int64
        Which of them.
    view : View
        How they are looked at.
    image_shape : tuple (height, width, channels)
        How a row reads as an image.
    scaling : PixelScaling
        Of the pixels.
    out : ndarray of N rows, float32, contiguous
        Overwritten.
    mirrored : bool, default=False
        Whether left and right are exchanged in the end.
    """
    if isinstance(X, LazyRows) or X.dtype == np.float64:
        X, indices = X[indices], np.arange(len(indices), dtype=np.int64)
    if X.dtype == np.float64:
        X = X.astype(np.float32)
    n, (height, width, _) = len(indices), image_shape
    side = -1.0 if mirrored else 1.0
    matrix = [
        [1 / view.zoom, 0, -view.down * height / view.zoom],
        [0, side / view.zoom, -view.right * width / view.zoom],
    ]
    _kernels.affine_gather(
        X.reshape(len(X), *image_shape),
        indices,
        np.tile(np.array(matrix, dtype=np.float32), (n, 1, 1)),
        np.ones(n, dtype=np.float32),
        np.zeros(n, dtype=np.float32),
        np.zeros((n, 4), dtype=np.int32),
        np.zeros(n, dtype=np.float32),
        scaling.offset_,
        scaling.scale_,
        -np.inf,
        np.inf,
        out.reshape(n, *image_shape),
    )


def axis_matrices(view: View, image_shape: ImageShape) -> tuple[NDArray, NDArray]:
    """Return a view as two matrices, so that ``rows @ image @ columns.T`` is what it shows.

    Parameters
    ----------
    view : View
        How images are looked at.
    image_shape : tuple (height, width, channels)
        Theirs.

    Returns
    -------
    rows : ndarray of shape (height, height), float32
    columns : ndarray of shape (width, width), float32

    Examples
    --------
    >>> from fernet.estimators.views import View, axis_matrices
    >>> rows, columns = axis_matrices(View(1.0, 1 / 3, 0.0), (3, 3, 1))
    >>> rows.tolist()    # the first row is the second one mirrored at the border
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    height, width, _ = image_shape
    return (
        _axis_matrix(height, view.zoom, view.down * height),
        _axis_matrix(width, view.zoom, view.right * width),
    )


def _axis_matrix(size: int, zoom: float, shift: float) -> NDArray:
    centre = (size - 1) / 2
    places = (np.arange(size) - centre) / zoom - shift / zoom + centre
    return interpolation_matrix(mirrored(places, size), size).astype(np.float32)
