"""What the network may rely on of a layer: the traits of its class that hold for its passes."""

from __future__ import annotations

from functools import partial
from typing import Any

from fernet.layers.base import Layer

__all__ = ["trait"]
__dir__ = __all__.copy

_BOTH = ("forward", "backward")
_PASSES = {
    "in_place": ("forward",),
    "backward_in_place": ("backward",),
    "backward_reads": ("backward",),
    "keeps_mask": _BOTH,
    "fuses_relu": ("forward",),
    "fuses_relu_backward": _BOTH,
    "masks_relu": _BOTH,
    "folds_scale": ("forward",),
    "is_linear": ("backward",),
    "passes_through": _BOTH,
    "pools": ("forward",),
    "packed_size": ("forward",),
}
"""The passes that each trait speaks of."""


def trait(layer: Layer, name: str) -> Any:
    """Return an attribute or method of a layer that says what its passes can do.

    Parameters
    ----------
    layer : Layer
        Any.
    name : str
        Of an attribute that `Layer` describes, or ``"passes_through"``, ``"pools"`` or
        ``"packed_size"``.

    Returns
    -------
    object
        The layer's own. Where a class overrides a pass below the one that gives the trait, nobody
        has said it of this pass: then `Layer`'s, with which each layer works; its backward may
        read all.

    Examples
    --------
    >>> from fernet.layers import ReLU
    >>> from fernet.layers.traits import trait
    >>> class Steps(ReLU):
    ...     kind = "steps"
    ...
    ...     def forward(self, ctx, pass_ctx):
    ...         ctx.y[...] = ctx.x > 0
    >>> trait(ReLU(), "in_place"), trait(Steps(), "in_place")
    (True, False)
    """
    if name in getattr(layer, "__dict__", {}) or _holds(type(layer), name):
        return getattr(layer, name)
    if name == "backward_reads":
        return frozenset({"x", "y"})
    default = getattr(Layer, name)
    return partial(default, layer) if callable(default) else default


def _holds(cls: type[Layer], name: str) -> bool:
    """Tell whether no pass is overridden below the class that gives a trait."""
    classes = cls.__mro__[: cls.__mro__.index(Layer)]
    where = next((i for i, one in enumerate(classes) if name in vars(one)), None)
    if where is None:
        return True
    for called in _PASSES[name]:
        places = [i for i, one in enumerate(classes) if called in vars(one)]
        if places and places[0] < where <= places[-1]:
            return False
    return True
