"""What ``--image-size`` and ``--color`` say of the images of folders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from fernet.emotions import MAX_IMAGE_SIZE

__all__ = ["image_form_options"]
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
