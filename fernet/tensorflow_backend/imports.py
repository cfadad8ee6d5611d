"""TensorFlow and its Keras, imported when they are first needed."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from fernet._io.extras import import_extra

__all__ = ["import_keras", "import_tensorflow", "require_channels_last"]
__dir__ = __all__.copy


def import_tensorflow(purpose: str = "backend='tensorflow'") -> Any:
    """Import TensorFlow, or name the extra that brings it.

    Parameters
    ----------
    purpose : str, default="backend='tensorflow'"
        What for, as the error shall say it.

    Raises
    ------
    ImportError
        If it is not installed, or can't be imported.
    """
    # What it has to say of the machine's GPU at import is no news here.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    return import_extra("tensorflow", purpose, "TensorFlow", "tensorflow")


def import_keras(purpose: str = "a Keras model") -> Any:
    """Import Keras 3 on TensorFlow, or name the extra that brings it.

    Parameters
    ----------
    purpose : str, default="a Keras model"
        What for, as the error shall say it.

    Raises
    ------
    ImportError
        If TensorFlow or Keras is not installed or can't be imported, or Keras is set to compute
        with another library.
    """
    import_tensorflow(purpose)
    keras = import_extra("keras", purpose, "Keras 3", "tensorflow")
    if not hasattr(keras, "backend"):
        # A file of the user's own may have the package's name.
        raise ImportError(f"{purpose} needs Keras 3; {getattr(keras, '__file__', None)} is another")
    if keras.backend.backend() != "tensorflow":
        raise ImportError(
            f"Keras computes with {keras.backend.backend()!r} here; expected 'tensorflow': set the "
            "environment variable KERAS_BACKEND=tensorflow before Keras is imported"
        )
    return keras


def require_channels_last(scale: Any) -> None:
    """Refuse a Rescaling's scale that Keras takes for the planes' where these come first.

    Parameters
    ----------
    scale : float or array-like
        A number, and an array for images of three axes, mean the same in any format.

    Raises
    ------
    ValueError
        If Keras's `image_data_format` is "channels_first" and the scale's axes are one or two.
    """
    found = import_keras().config.image_data_format()
    if found != "channels_last" and np.ndim(scale) in (1, 2):
        raise ValueError(
            f"Keras's image_data_format is {found!r}, in which a Rescaling takes an array of shape "
            f"{np.shape(scale)} for planes'; expected 'channels_last': call "
            "keras.config.set_image_data_format('channels_last') before"
        )
