"""What an `EmotionRecognizer` can't be made of, told when it is made."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from sklearn.exceptions import NotFittedError

from fernet.datasets.face_shapes import FaceShape, face_shape, in_words, n_pixels
from fernet.emotions import IMAGE_SHAPE
from fernet.estimators.cnn import FERCNNClassifier
from fernet.estimators.inputs import guess_image_shape

__all__ = ["check_model", "check_parts", "shape_for"]
__dir__ = __all__.copy


def check_model(model: Any, name: str) -> None:
    """Refuse what can't tell emotions by their probabilities.

    Parameters
    ----------
    model : object
        What a user gave, or what a file held.
    name : str
        What to call it in an error.

    Raises
    ------
    TypeError
        If it is no classifier that gives probabilities.
    NotFittedError
        If it is not fitted; a ValueError.
    """
    if isinstance(model, type) or not callable(getattr(model, "predict_proba", None)):
        found = f"the class {model.__name__}" if isinstance(model, type) else f"{model!r:.60}"
        raise TypeError(
            f"{name} is {found}; expected the name of a network, a model's file, or a fitted "
            "classifier with predict_proba"
        )
    if getattr(model, "n_features_in_", None) is None:
        raise NotFittedError(f"{name} is a {type(model).__name__} that is not fitted: call fit")


def shape_for(model: Any, name: str, image_size: int | None, *, color: bool) -> FaceShape:
    """Return the shape of the faces that a model is to see.

    Parameters
    ----------
    model : classifier
        One that `check_model` lets pass.
    name : str
        What to call it in an error.
    image_size : int or None
        The faces' side, as a user says it. By default that of the model's own images where it is a
        `FERCNNClassifier`, else FER2013's: rows of numbers may be no pixels at all.
    color : bool
        Whether they are in colours, as a user says it.

    Returns
    -------
    tuple of int

    Raises
    ------
    TypeError, ValueError
        If the size is none, the model takes other rows, or images that are not square.
    """
    if image_size is not None or color:
        side = IMAGE_SHAPE[0] if image_size is None else image_size
        shape = face_shape(side, color=color)
    else:
        shape = _learnt_shape(model, name)
    found = model.n_features_in_
    if found != n_pixels(shape):
        guessed = guess_image_shape(found)
        cure = "" if guessed is None else f"; if these are {_guess(*guessed)}"
        raise ValueError(
            f"{name}: the model takes {found} values an image, not the {n_pixels(shape)} of "
            f"{in_words(shape)}{cure}"
        )
    return shape


def _learnt_shape(model: Any, name: str) -> FaceShape:
    learnt = model.image_shape_ if isinstance(model, FERCNNClassifier) else None
    if learnt is None:
        return IMAGE_SHAPE
    height, width, channels = learnt
    if height != width or channels not in (1, 3):
        raise ValueError(
            f"{name}: the model takes images of {height} x {width} x {channels} numbers; expected "
            "square ones, grey or in colours: faces are cut out as such"
        )
    return face_shape(height, color=channels == 3)


def _guess(height: int, width: int, channels: int) -> str:
    color = channels == 3
    words = in_words(face_shape(height, color=color))
    return f"{words}: image_size={height}" + (", color=True" if color else "")


def check_parts(batch_size: Any, detector: Any) -> None:
    """Refuse a number of pictures that is none, and a detector that can't be called.

    Raises
    ------
    TypeError, ValueError
        Which name the parameter.
    """
    if not isinstance(batch_size, Integral):
        raise TypeError(f"batch_size is {batch_size!r}; expected a whole number")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; expected at least 1")
    if detector is not None and not callable(detector):
        raise TypeError(
            f"detector is {detector!r}; expected a callable, such as fernet.faces.FaceDetector()"
        )
