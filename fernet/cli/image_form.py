"""What ``--image-size`` and ``--color`` say of the images of folders."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from fernet.emotions import IMAGE_SHAPE, MAX_IMAGE_SIZE

if TYPE_CHECKING:
    from fernet.datasets.face_shapes import FaceShape

__all__ = ["asked_shape", "image_form_options"]
__dir__ = __all__.copy


def image_form_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--image-size`` and ``--color`` to a command."""
    for option in (
        click.option(
            "--color/--grey",
            default=None,
            help="Whether to learn the colours of the images of folders.  [default: grey]",
        ),
        click.option(
            "--image-size",
            type=click.IntRange(1, MAX_IMAGE_SIZE),
            help="Pixels a side that the images of folders are brought to.  [default: 48]",
        ),
    ):
        command = option(command)
    return command


def asked_shape(image_size: int | None, color: bool | None) -> FaceShape | None:
    """Return the shape that a user has asked for, None if for none.

    Examples
    --------
    >>> from fernet.cli.image_form import asked_shape
    >>> asked_shape(None, None), asked_shape(64, None), asked_shape(None, True)
    (None, (64, 64), (48, 48, 3))
    """
    from fernet.datasets.face_shapes import face_shape

    if image_size is None and color is None:
        return None
    side = IMAGE_SHAPE[0] if image_size is None else image_size
    return face_shape(side, color=bool(color))
