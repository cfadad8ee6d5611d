"""What a classifier's docstring says of the parameters and attributes of its bases."""

from __future__ import annotations

import inspect
from typing import TypeVar

__all__ = ["with_shared_text"]
__dir__ = __all__.copy

_Class = TypeVar("_Class", bound=type)


def with_shared_text(cls: _Class) -> _Class:
    """Fill in a classifier's docstring what its bases say of parameters and attributes.

    Parameters
    ----------
    cls : type
        Its docstring holds ``{shared_parameters}`` and ``{shared_attributes}``, each on a line
        in place of all that the first base with such a section has there.

    Returns
    -------
    type
        The same class.
    """
    if cls.__doc__:  # None where Python drops docstrings (-OO)
        text = inspect.cleandoc(cls.__doc__)
        for title in ("Parameters", "Attributes"):
            place = f"{{shared_{title.lower()}}}\n"
            if place in text:
                text = text.replace(place, _section(cls, title))
        cls.__doc__ = text
    return cls


def _section(cls: type, title: str) -> str:
    heading = f"{title}\n{'-' * len(title)}\n"
    texts = (inspect.cleandoc(base.__doc__ or "") for base in cls.__mro__[1:])
    found = next(text for text in texts if heading in text)
    return found.split(heading)[1].split("\n\n")[0] + "\n"
