"""What an `EmotionRecognizer` can't be made of, and what is no video, told at once."""

from __future__ import annotations

import os
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

__all__ = [
    "check_array",
    "check_detector",
    "check_model",
    "check_number",
    "check_parts",
    "checked_every",
    "checked_video",
]
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
    ValueError
        If it names classes by a threshold of its own.
    """
    if isinstance(model, type) or not callable(getattr(model, "predict_proba", None)):
        found = f"the class {model.__name__}" if isinstance(model, type) else f"{model!r:.60}"
        raise TypeError(
            f"{name} is {found}; expected the name of a network, a model's file, or a fitted "
            "classifier with predict_proba"
        )
    # Some that are fitted, as of pipelines, do not tell how many features they take.
    if getattr(model, "classes_", None) is None:
        raise NotFittedError(f"{name} is a {type(model).__name__} that is not fitted: call fit")
    decider = _decider(model)
    if isinstance(decider, FixedThresholdClassifier | TunedThresholdClassifierCV):
        raise ValueError(
            f"{name}: {type(decider).__name__} has a threshold of its own, and faces are called by "
            "what is more probable; give its estimator_, and go by the probabilities"
        )


def _decider(model: Any) -> Any:
    """Return the part of a model whose ``predict`` is the whole's."""
    while True:
        if steps := getattr(model, "steps", None):
            model = steps[-1][1]
        elif hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif isinstance(model, FrozenEstimator):
            model = model.estimator
        else:
            return model


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
    check_detector(detector)


def check_detector(detector: Any) -> None:
    """Refuse a detector that can't be called, and a class in place of one of its objects.

    Raises
    ------
    TypeError
        Which names the parameter.
    """
    if isinstance(detector, type):
        name = detector.__name__
        raise TypeError(f"detector is the class {name}; expected an object of it, such as {name}()")
    if detector is not None and not callable(detector):
        raise TypeError(
            f"detector is {detector!r}; expected a callable, such as fernet.faces.FaceDetector()"
        )


def checked_video(source: Any) -> str | int:
    """Return a video's path or a camera's number, as OpenCV takes them.

    Raises
    ------
    TypeError, ValueError
        If it is neither. OpenCV itself crashes on a number below zero.
    """
    if isinstance(source, (str, bytes, os.PathLike)):
        path = os.fsdecode(source)
        if "\0" in path:
            raise ValueError(
                f"source is {len(path)} characters or bytes with a null byte among them; expected "
                "a video's path or a camera's number: a video's content is to be in a file"
            )
        return path
    if isinstance(source, bool) or not isinstance(source, Integral):
        raise TypeError(
            f"source is of type {type(source).__name__}; expected a video's path or a camera's "
            "number"
        )
    number = int(source)
    if not 0 <= number < 2**31:
        raise ValueError(f"source is {number}; expected a camera's number, from 0")
    return number


def checked_every(every: Any) -> int:
    """Return how many frames one is looked at of.

    Raises
    ------
    TypeError, ValueError
        If it is no whole number, or below 1.
    """
    if isinstance(every, bool) or not isinstance(every, Integral):
        raise TypeError(f"every is {every!r}; expected a whole number")
    number = int(every)
    if number < 1:
        raise ValueError(f"every is {number}; expected at least 1")
    return number


def check_number(value: Any, name: str) -> None:
    """Refuse what is no number, before it is compared with any.

    Raises
    ------
    TypeError
        Which names the parameter.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} is {value!r}; expected a number")


def check_array(value: Any, name: str) -> None:
    """Refuse what is no array of pixels, such as a Pillow image or a path.

    Raises
    ------
    TypeError
        Which names the parameter.
    """
    if not isinstance(value, np.ndarray):
        raise TypeError(
            f"{name} is of type {type(value).__name__}; expected an array of uint8, such as "
            "numpy.asarray of a Pillow image"
        )
