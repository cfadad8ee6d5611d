"""Trainings that ``fernet train`` knows as one by name, and what each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

__all__ = ["COURSES", "Course", "Part"]
__dir__ = __all__.copy


class Part(NamedTuple):
    """A training of a course, by what it has beside the user's settings.

    Parameters
    ----------
    folder : str
        Its folder in the course's; the last part has none of its own.
    recipe : str
        One of `recipes.NAMES`.
    seed : int
        Added to the user's.
    start, teachers : tuple of str
        Folders of the parts that it goes on from, at the mean of their weights, and is taught by.
        One that goes on from none begins anew, with the course's configuration.
    settings : dict
        What differs from the recipe.
    """

    folder: str
    recipe: str
    seed: int
    start: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()
    settings: Mapping[str, Any] = MappingProxyType({})


class Course(NamedTuple):
    """Trainings one after another.

    Parameters
    ----------
    configuration : str
        The one of `recipes.CONFIGURATIONS` that parts which begin anew are.
    parts : tuple of Part
        All of them, in order.
    in_half : bool, default=False
        Whether those that teach do so in half precision, as the networks that come with fernet.
    """

    configuration: str
    parts: tuple[Part, ...]
    in_half: bool = False


def _taught(n_epochs: int) -> dict[str, Any]:
    """Return what is set where teachers' answers leave room for doubt already."""
    return {"label_smoothing": 0.0, "max_iter": n_epochs}


_VARIED = (
    Part("1-varied", "best", 0),
    Part("2-finish", "finish", 0, ("1-varied",)),
)
_ONCE_MORE = (
    *_VARIED,
    Part("3-again", "again", 1, ("2-finish",), ("2-finish",)),
    Part("4-finish", "finish", 1, ("3-again",), ("2-finish",), _taught(16)),
)
_LIGHT = (
    *_ONCE_MORE,
    Part("5-again", "again", 2, ("4-finish",), ("4-finish",), _taught(40)),
    Part("6-finish", "finish", 2, ("5-again",), ("4-finish",), _taught(14)),
    Part("7-mean", "finish", 3, ("4-finish", "6-finish"), ("4-finish", "6-finish"), _taught(20)),
)
_BY_TWO = (
    *_VARIED,
    Part("3-varied", "best", 1),
    Part("4-finish", "finish", 1, ("3-varied",)),
    Part("5-again", "again", 1, ("2-finish",), ("2-finish", "4-finish")),
    Part("6-finish", "finish", 1, ("5-again",), ("2-finish", "4-finish"), _taught(16)),
)

COURSES = {
    "light": Course("varied", _LIGHT, in_half=True),
    "small": Course("detailed-varied", _VARIED),
    "best": Course("detailed-varied", _BY_TWO),
}
"""Trainings one after another that ``fernet train --model`` takes by one name."""
