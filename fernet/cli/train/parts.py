"""Trainings that ``fernet train`` knows as one by name, and what each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

__all__ = ["COURSES", "Part"]
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
    settings : dict
        What differs from the recipe.
    model : str, optional
        One of `recipes.MODELS`, of which a network begins anew here; by default it goes on from
        its start.
    width : float, default=1.0
        How many filters a network that begins here has to one of the first part's.
    """

    folder: str
    recipe: str
    seed: int
    start: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()
    settings: Mapping[str, Any] = MappingProxyType({})
    model: str | None = None
    width: float = 1.0


def _taught(n_epochs: int) -> dict[str, Any]:
    """Return what is set where teachers' answers leave room for doubt already."""
    return {"label_smoothing": 0.0, "max_iter": n_epochs}


_SMALL = (
    Part("1-varied", "best", 0),
    Part("2-finish", "finish", 0, ("1-varied",)),
    Part("3-again", "again", 1, ("2-finish",), ("2-finish",)),
    Part("4-finish", "finish", 1, ("3-again",), ("2-finish",), _taught(16)),
)
_BEST = (
    *_SMALL,
    Part("5-again", "again", 2, ("4-finish",), ("4-finish",), _taught(40)),
    Part("6-finish", "finish", 2, ("5-again",), ("4-finish",), _taught(14)),
    Part("7-mean", "finish", 3, ("4-finish", "6-finish"), ("4-finish", "6-finish"), _taught(20)),
    # Another network, that looks at each pixel, from its own beginning.
    Part(
        "8-detailed", "again", 0, (), ("7-mean",), {"dropout": 0.2, "max_iter": 82}, "detailed", 0.6
    ),
    Part("9-finish", "finish", 0, ("8-detailed",), ("7-mean",), _taught(16)),
    Part("10-again", "again", 1, ("9-finish",), ("9-finish", "7-mean")),
    Part("11-finish", "finish", 1, ("10-again",), ("9-finish", "7-mean"), _taught(16)),
)

COURSES: dict[str, tuple[str, tuple[Part, ...]]] = {
    "small": ("varied", _SMALL),
    "best": ("varied", _BEST),
}
"""Trainings one after another that ``fernet train --model`` takes by one name: the one of
`recipes.CONFIGURATIONS` that is the first, and all of them in order."""
