"""Labels, names and columns of probabilities, and how rows read as images."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet.emotions import alike_labels, class_names
from fernet.estimators.images import check_no_single_image
from fernet.estimators.inputs import guess_image_shape
from fernet.estimators.labels import plain
from fernet.metrics._columns import indices_of as indices_of
from fernet.metrics._labels import label_array
from fernet.metrics.corruptions import nominal_range, numbers_of_faces


def class_index(classes: NDArray[Any], emotion: Any) -> tuple[int, str]:
    """Return the position and the name of a class that is given by its label or its name.

    Raises
    ------
    ValueError
        If there is no such class.
    """
    names = class_names(classes)
    if np.ndim(emotion) > 0:
        raise ValueError(f"emotion has shape {np.shape(emotion)}; expected one of {names}")
    known, given = alike_labels(classes, [emotion])
    for position, label in enumerate(known.tolist()):
        if given[0] == label or emotion == names[position]:
            return position, names[position]
    raise ValueError(f"emotion is {plain(emotion)!r}; expected one of {names}")


def shown_classes(classes: ArrayLike, y: ArrayLike) -> tuple[NDArray[Any], list[str]]:
    """Return the labels and names of an estimator's classes, and of others that occur.

    So that a picture leaves out no image whose label the estimator does not know.

    Examples
    --------
    >>> from fernet.plotting._classes import shown_classes
    >>> labels, names = shown_classes([0, 3], [3, 9, 0])
    >>> labels.tolist(), names
    ([0, 3, 9], ['angry', 'happy', '9'])
    """
    known, found = alike_labels(classes, label_array(y, "y"))
    others = [label for label in np.unique(found).tolist() if label not in known.tolist()]
    of_a_kind = len({array.dtype.kind in "biuf" for array in (known, found)}) == 1
    if not others or not of_a_kind:
        return known, class_names(classes)
    return np.array([*known.tolist(), *others]), [*class_names(classes), *map(str, others)]


def shortened(name: str, n_characters: int) -> str:
    """Return a class's name as there is room for it in a picture.

    Examples
    --------
    >>> from fernet.plotting._classes import shortened
    >>> shortened("happy", 9), shortened("happily surprised", 9)
    ('happy', 'happily …')
    """
    return name if len(name) <= n_characters else f"{name[: n_characters - 1]}…"


def as_images(X: ArrayLike, estimator: Any = None) -> NDArray[Any]:
    """Read rows as images.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Images, as `fit` takes them.
    estimator : estimator, default=None
        One that knows how its rows read as images; it counts where they are as long as those of
        `X`.

    Returns
    -------
    ndarray of shape (n, height, width, channels)

    Raises
    ------
    ValueError
        If the rows are no square images, `X` is one image, or holds masked entries.
    """
    known_shape = getattr(estimator, "image_shape_", None)
    if isinstance(X, np.ndarray) and X.dtype.kind in "US":
        X = X.astype(np.float64)
    images = numbers_of_faces(X)
    check_no_single_image(images, known_shape)
    if images.ndim == 4:
        return images
    if images.ndim == 3:
        return images[..., None]
    if images.ndim != 2:
        raise ValueError(f"X has shape {images.shape}; expected rows or images")
    # Of the last step of a pipeline it may be the shape of something else than pixels.
    fits = known_shape is not None and math.prod(known_shape) == images.shape[1]
    shape = known_shape if fits else guess_image_shape(images.shape[1])
    if shape is None:
        raise ValueError(
            f"X has {images.shape[1]} features, no square image; expected X of shape "
            "(n_samples, height, width)"
        )
    return images.reshape(len(images), *shape)


def for_showing(images: NDArray[Any]) -> NDArray[np.float64]:
    """Return colour images with values from 0 to 1, each stretched over its own range if floats.

    Whole numbers that are no bytes, such as those of 16 bits, are stretched over the range of all.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, 1 or 3)
        Pixels: whole numbers or floats.

    Returns
    -------
    ndarray of shape (n, height, width, 3)
    """
    values = images.astype(np.float64)
    if images.dtype.kind in "iu":
        low, high = nominal_range(images)
        values = np.clip((values - low) / (high - low), 0, 1)
    else:
        low = values.min(axis=(1, 2, 3), keepdims=True)
        high = values.max(axis=(1, 2, 3), keepdims=True)
        values = (values - low) / np.maximum(high - low, np.finfo(np.float64).tiny)
    if values.shape[-1] != 3:
        values = np.repeat(values.mean(axis=-1, keepdims=True), 3, axis=-1)
    return values
