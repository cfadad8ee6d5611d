"""Augmentations that have a name."""

from __future__ import annotations

from typing import Any

from fernet.augmentation.settings import Augmentation

__all__ = ["named_augmentation"]
__dir__ = __all__.copy


def named_augmentation(name: str) -> Augmentation:
    """Return one of the augmentations that have a name.

    Parameters
    ----------
    name : {"flip", "standard", "robust"}
        ``"flip"`` mirrors at random; ``"standard"`` also varies pose, size and light, to a degree
        that leaves an expression readable; ``"robust"`` more of it, and adds what cameras, distance
        and compression do to a face.

    Returns
    -------
    Augmentation

    Raises
    ------
    ValueError
        If the name is another.

    Examples
    --------
    >>> from fernet.augmentation import named_augmentation
    >>> named_augmentation("flip")
    Augmentation(flip='random')
    """
    if name not in _NAMED:
        known = ", ".join(map(repr, _NAMED))
        raise ValueError(f"augmentation is {name!r}; expected {known} or an Augmentation")
    return Augmentation(**_NAMED[name])


_NAMED: dict[str, dict[str, Any]] = {
    "flip": {"flip": "random"},
    "standard": {
        "flip": "random",
        "shift": 3.0,
        "rotation": 10.0,
        "scale": 0.1,
        "brightness": 20.0,
        "contrast": 0.2,
    },
    "robust": {
        "flip": "random",
        "shift": 4.0,
        "rotation": 20.0,
        "scale": 0.2,
        "brightness": 60.0,
        "contrast": 0.5,
        "erase": 0.3,
        "erase_size": 0.6,
        "erase_fill": "random",
        "stretch": 0.2,
        "gamma": 0.5,
        "blur": 2.0,
        "coarsening": 2.7,
        "motion": 5.0,
        "noise": 20.0,
        "jpeg": 15.0,
        "degrade": 0.4,
    },
}
