"""What an `EmotionRecognizer` can't be made of, told when it is made."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from sklearn.exceptions import NotFittedError

__all__ = ["check_model", "check_parts"]
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
