"""The same networks in Keras on TensorFlow: built, trained there, and read back."""

from __future__ import annotations

from fernet.tensorflow_backend.backend import KerasBackend
from fernet.tensorflow_backend.exchange import from_keras, to_keras

__all__ = ["KerasBackend", "from_keras", "to_keras"]
__dir__ = __all__.copy
