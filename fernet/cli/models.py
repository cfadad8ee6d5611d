"""Loading a model for a command, and saying what it is."""

from __future__ import annotations

from typing import Any

import click

__all__ = ["HELP", "METAVAR", "MODEL", "class_names", "comes_with_fernet", "load"]
__dir__ = __all__.copy

MODEL = click.Path(path_type=str)
"""What names a model; no `Path`, so that ``cnn`` is a name and ``./cnn`` a file."""
METAVAR = "NAME_OR_PATH"
"""What such an option's value is called in the help."""
HELP = 'Network that comes with fernet, or a file or folder that "fernet train" wrote.'
"""What the help says of such an option."""


def load(model: str) -> Any:
    """Load a model by the name of a network that comes with fernet, by its folder or file."""
    from fernet.pretrained import load_model

    return load_model(model)


def comes_with_fernet(model: str) -> bool:
    """Tell whether what names a model is the name of one that comes with fernet."""
    from fernet.pretrained import pretrained_names

    return model in pretrained_names()


def class_names(model: Any) -> list[str]:
    """Name the model's classes in the order of its probabilities."""
    from fernet import emotions

    return emotions.class_names(model.classes_)
