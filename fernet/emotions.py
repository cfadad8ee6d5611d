"""The subject in numbers: FER2013's seven emotions and the size of its faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EMOTIONS", "IMAGE_SHAPE", "class_names"]
__dir__ = __all__.copy

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Names in the order of FER2013's labels: ``EMOTIONS[label]``."""

IMAGE_SHAPE = (48, 48)
"""Height and width of a FER2013 face, in pixels."""


def class_names(classes: NDArray) -> list[str]:
    """Name a model's classes: FER2013's numbers by their emotions, others as they are.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Labels, such as an estimator's `classes_`.

    Returns
    -------
    list of str
        In the same order.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.emotions import class_names
    >>> class_names(np.array([0, 3])), class_names(np.array(["frown", "smile"]))
    (['angry', 'happy'], ['frown', 'smile'])
    """
    if classes.dtype.kind in "iu" and classes.min() >= 0 and classes.max() < len(EMOTIONS):
        return [EMOTIONS[label] for label in classes]
    return [str(label) for label in classes.tolist()]
