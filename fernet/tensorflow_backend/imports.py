"""TensorFlow and its Keras, imported when they are first needed."""

from __future__ import annotations

import os
from typing import Any

__all__ = ["import_keras", "import_tensorflow"]
__dir__ = __all__.copy

_INSTALL = 'install it with: pip install "fernet-emotion[tensorflow]"'


def import_tensorflow() -> Any:
    """Import TensorFlow, or name the extra that brings it.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    # What it has to say of the machine's GPU at import is no news here.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        import tensorflow
    except ImportError as error:
        raise ImportError(f"this needs TensorFlow; {_INSTALL}") from error
    return tensorflow


def import_keras() -> Any:
    """Import Keras 3 on TensorFlow, or name the extra that brings it.

    Raises
    ------
    ImportError
        If TensorFlow or Keras is not installed, or Keras is set to compute with another library.
    """
    import_tensorflow()
    try:
        import keras
    except ImportError as error:
        raise ImportError(f"this needs Keras 3; {_INSTALL}") from error
    if keras.backend.backend() != "tensorflow":
        raise ImportError(
            f"Keras computes with {keras.backend.backend()!r} here; expected 'tensorflow': set the "
            "environment variable KERAS_BACKEND=tensorflow before Keras is imported"
        )
    return keras
