"""What faces a model is to see: those that it has learnt from, or as a user says."""

from __future__ import annotations

from typing import Any

from fernet._training.input_range import BYTES, InputRange
from fernet.datasets.face_shapes import FaceShape, asked_shape, face_shape, in_words, n_pixels
from fernet.emotions import IMAGE_SHAPE
from fernet.estimators.cnn import FERCNNClassifier
from fernet.estimators.inputs import guess_image_shape
from fernet.estimators.mlp import FERMLPClassifier
from fernet.faces.cropper import FaceCropper

__all__ = ["learnt_face_shape", "shape_for"]
__dir__ = __all__.copy


def shape_for(model: Any, name: str, image_size: int | None, *, color: bool) -> FaceShape:
    """Return the shape of the faces that a model is to see.

    Parameters
    ----------
    model : classifier
        Fitted. Without ``n_features_in_``, as some pipelines, it may take rows of any length.
    name : str
        What to call it in an error.
    image_size : int or None
        The faces' side, as a user says it. By default that of the images that the model has learnt
        from where it tells, else FER2013's: rows of numbers may be no pixels at all.
    color : bool
        Whether they are in colours, as a user says it.

    Returns
    -------
    tuple of int

    Raises
    ------
    TypeError, ValueError
        If the size is none, the model takes other rows, images that are not square, or photos.
    """
    _check_first_step(model, name)
    _check_images(model, name)
    shape = asked_shape(image_size, color or None) or learnt_face_shape(model) or IMAGE_SHAPE
    found = getattr(model, "n_features_in_", None)
    if found is not None and found != n_pixels(shape):
        guessed = guess_image_shape(found)
        cure = "" if guessed is None else f"; if these are {_guess(*guessed)}"
        raise ValueError(
            f"{name}: the model takes {found} values an image, not the {n_pixels(shape)} of "
            f"{in_words(shape)}{cure}"
        )
    return shape


def _check_first_step(model: Any, name: str) -> None:
    """Refuse a pipeline that finds the faces itself: it takes photos."""
    first = model
    while (steps := getattr(first, "steps", None)) or hasattr(first, "best_estimator_"):
        first = steps[0][1] if steps else first.best_estimator_
    if isinstance(first, FaceCropper):
        raise ValueError(
            f"{name} is a {type(model).__name__} that begins with a FaceCropper: it takes photos; "
            "expected a model of faces: give the steps behind it, as pipeline[1:]"
        )


def _check_images(model: Any, name: str) -> None:
    """Refuse a model of images that no face is cut out as, though it may have as many pixels."""
    if not isinstance(model, FERCNNClassifier | FERMLPClassifier):
        return
    # None of a perceptron's rows that are no images.
    image_shape = model.image_shape_
    if image_shape is not None and not _is_face_shape(image_shape):
        numbers = " x ".join(map(str, image_shape))
        raise ValueError(
            f"{name}: the model takes images of {numbers} numbers; expected square ones, grey or "
            "in colours: faces are cut out as such"
        )


def _is_face_shape(image_shape: tuple[int, ...]) -> bool:
    return len(image_shape) == 3 and image_shape[0] == image_shape[1] and image_shape[2] in (1, 3)


def _guess(height: int, width: int, channels: int) -> str:
    if channels == 1:
        return f"{in_words((height, width))}: image_size={height}"
    return f"{in_words((height, width, channels))}: image_size={height}, color=True"


def learnt_face_shape(model: Any) -> FaceShape | None:
    """Return the shape of the faces that a classifier has learnt from.

    Parameters
    ----------
    model : classifier
        Fitted.

    Returns
    -------
    tuple of int or None
        None where it has learnt from images that are not square, grey or in colours; or where it
        does not tell: a perceptron's rows count as pixels if they had levels of 0 to 255.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.faces.model_shapes import learnt_face_shape
    >>> X, y = make_faces(70, random_state=0, return_X_y=True)
    >>> learnt_face_shape(FERMLPClassifier((8,), max_iter=1).fit(X, y))
    (48, 48)
    """
    image_shape = getattr(model, "image_shape_", None)
    if image_shape is None or not _has_learnt_pixels(model):
        return None
    if not _is_face_shape(image_shape):
        return None
    return face_shape(image_shape[0], color=image_shape[2] == 3)


def _has_learnt_pixels(model: Any) -> bool:
    if isinstance(model, FERCNNClassifier):
        return True
    learnt = getattr(model, "input_range_", None)
    return learnt is not None and InputRange(*learnt).nominal == BYTES
