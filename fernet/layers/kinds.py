"""Layers by their kinds: which class each names, and that no two are taken for each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fernet.layers.base import Layer, is_of_fernet

__all__ = ["check_kind", "known_layers", "layer_from_config"]
__dir__ = __all__.copy


def known_layers() -> dict[str, type[Layer]]:
    """Return the classes of layers by their kinds; of two of one kind, fernet's or the newer one.

    They are looked for when asked: a class that comes from another process gets its kind after it
    is made.

    Returns
    -------
    dict of str to type

    Examples
    --------
    >>> from fernet.layers.kinds import known_layers
    >>> known_layers()["relu"]
    <class 'fernet.layers.relu.ReLU'>
    """
    classes = _subclasses(Layer)
    by_rank = sorted(classes, key=is_of_fernet)
    return {cls.kind: cls for cls in by_rank if isinstance(getattr(cls, "kind", None), str)}


def _subclasses(cls: type[Layer]) -> list[type[Layer]]:
    return [found for sub in cls.__subclasses__() for found in (sub, *_subclasses(sub))]


def check_kind(layer: Layer) -> None:
    """Refuse a layer whose class has no kind of its own.

    Under another layer's kind it would be taken for that one, by files and by what does a
    neighbour's work.

    Parameters
    ----------
    layer : Layer
        Those within it are none of this function's.

    Raises
    ------
    ValueError
        If the class's body sets no `kind`, or that of a layer of fernet's.

    Examples
    --------
    >>> from fernet.layers import ReLU
    >>> from fernet.layers.kinds import check_kind
    >>> check_kind(ReLU())
    """
    cls = type(layer)
    if is_of_fernet(cls):
        return
    own = vars(cls).get("kind")
    if isinstance(own, str) and own:
        taken = known_layers().get(own, cls)
        if not is_of_fernet(taken):
            return
        found = f"the kind {own!r}, which is that of fernet's {taken.__name__}"
    else:
        kind = getattr(cls, "kind", None)
        found = "no kind" if kind is None else f"no kind of its own, but the inherited {kind!r}"
    raise ValueError(
        f"{cls.__name__}, a class of layers, has {found}; expected one in its body that no other "
        f"class has, such as kind = 'my_{cls.__name__.lower()}'"
    )


def layer_from_config(config: Mapping[str, Any]) -> Layer:
    """Build the layer that `Layer.config` described.

    Parameters
    ----------
    config : mapping
        Key ``"kind"`` and the constructor's arguments.

    Returns
    -------
    Layer

    Raises
    ------
    ValueError
        If the kind is unknown or the arguments are not those of its constructor.

    Examples
    --------
    >>> from fernet.layers import Linear, layer_from_config
    >>> layer_from_config(Linear(7).config())
    Linear(n_outputs=7, initializer='he_normal', use_bias=True)
    """
    arguments = dict(config)
    kind = arguments.pop("kind", None)
    known = known_layers()
    if kind not in known:
        names = ", ".join(sorted(known))
        raise ValueError(f"layer kind {kind!r} is unknown; expected one of: {names}")
    try:
        return known[kind].from_arguments(arguments)
    except TypeError as error:
        raise ValueError(f"layer {kind!r} does not take these arguments: {error}") from None
