"""Loading a model for a command, and saying what it is."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from fernet.cli.errors import InputError
from fernet.cli.paths import FilePath

if TYPE_CHECKING:
    from fernet.faces.recognizer import EmotionRecognizer

__all__ = [
    "FOR_PHOTOS",
    "HELP",
    "METAVAR",
    "MODEL",
    "class_names",
    "comes_with_fernet",
    "load",
    "recognizer_of",
    "views_option",
]
__dir__ = __all__.copy

FOR_PHOTOS = "cnn-ferplus"
"""The network that pictures are shown to where no other is named, as by `EmotionRecognizer`: of
those that come with fernet it agrees most often with people, on worse faces too."""
MODEL = FilePath(path_type=str)
"""What names a model; no `Path`, so that ``cnn`` is a name and ``./cnn`` a file."""
METAVAR = "NAME_OR_PATH"
"""What such an option's value is called in the help."""
HELP = 'Network that comes with fernet, or a file or folder that "fernet train" wrote.'
"""What the help says of such an option."""


def views_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--views`` to a command."""
    return click.option(
        "--views",
        type=click.Choice(["none", "zooms", "shifts"]),
        help="Average over three sizes of each face, or over nine places: three or nine times as "
        "long. By default what the model was trained to do.",
    )(command)


def load(model: str, views: str | None = None) -> Any:
    """Load a model by the name of a network that comes with fernet, by its folder or file.

    Parameters
    ----------
    model : str
        Its name or path.
    views : str or None, default=None
        What ``--views`` was given: the views that it is to average over; None leaves it as it is.

    Raises
    ------
    InputError
        If a model of rows that are no images is to average over views.
    """
    from fernet.pretrained import load_model

    estimator = load_model(model)
    if views is None:
        return estimator
    if views != "none" and estimator.image_shape_ is None:
        raise InputError(f"{model}: --views {views}, but the model takes no images")
    return estimator.set_params(average_views=None if views == "none" else views)


def comes_with_fernet(model: str) -> bool:
    """Tell whether what names a model is the name of one that comes with fernet."""
    from fernet.pretrained import pretrained_names

    return model in pretrained_names()


def recognizer_of(model: Any, *, quiet: bool = False, **options: Any) -> EmotionRecognizer:
    """Make a recogniser, and say on stderr what it warns of."""
    from fernet.faces.recognizer import EmotionRecognizer

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        recognizer = EmotionRecognizer(model, **options)
    for warning in caught:
        if not quiet:
            click.echo(f"Note: {warning.message}.", err=True)
    return recognizer


def class_names(model: Any) -> list[str]:
    """Name the model's classes in the order of its probabilities."""
    from fernet import emotions

    return emotions.class_names(model.classes_)
