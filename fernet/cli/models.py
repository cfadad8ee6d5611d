"""Loading a model for a command, and saying what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["class_names", "load"]
__dir__ = __all__.copy


def load(path: Path) -> Any:
    """Load a model file; a folder stands for the ``model.safetensors`` in it."""
    from fernet._io.model_files import load_model

    if path.is_dir() and (path / "model.safetensors").is_file():
        path = path / "model.safetensors"
    return load_model(path)


def class_names(model: Any) -> list[str]:
    """Name the model's classes in the order of its probabilities."""
    from fernet import emotions

    return emotions.class_names(model.classes_)
