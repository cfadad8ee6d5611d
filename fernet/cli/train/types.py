"""Values of options that are more than a word or a number; a file may have them as they are."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

import click

from fernet.cli.toml_files import did_you_mean

__all__ = [
    "AugmentationName",
    "ClassWeights",
    "FilterGroups",
    "LayerSizes",
    "Structured",
]
__dir__ = __all__.copy


class Structured:
    """Base of the types that take lists or tables as well as text."""


class LayerSizes(click.ParamType, Structured):
    """Sizes of hidden layers, such as 512,256; "none" for a network without any."""

    name = "sizes"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        parts = _parts(value)
        sizes = tuple(_whole(part) for part in parts)
        if any(size < 1 for size in sizes):
            shown = ",".join(map(str, parts))
            self.fail(f"{shown!r} is not a list of sizes such as 512,256, or none", param, ctx)
        return sizes


class FilterGroups(click.ParamType, Structured):
    """Groups of convolutions, such as 32x2,64x3: filters, and how many convolutions."""

    name = "groups"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[tuple[int, int], ...]:
        parts = [part.split("x") if isinstance(part, str) else part for part in _parts(value)]
        groups = tuple(
            (_whole(part[0]), _whole(part[1]))
            for part in parts
            if isinstance(part, list | tuple) and len(part) == 2
        )
        if len(groups) != len(parts) or not groups or min(map(min, groups)) < 1:
            self.fail(f"{value!r} is not a list of groups such as 32x2,64x3", param, ctx)
        return groups


class ClassWeights(click.ParamType, Structured):
    """A word, or weights by the names of the classes, such as disgust=3,happy=0.5."""

    name = "balanced|class=weight,..."

    def convert(self, value: Any, param: Any, ctx: Any) -> str | dict[str, float]:
        if value in ("none", "balanced"):
            return str(value)
        pairs: Any = value.items() if isinstance(value, Mapping) else _pairs(str(value))
        weights: dict[str, float] = {}
        for name, weight in ((str(name).strip(), _number(weight)) for name, weight in pairs):
            if name in weights and weights[name] != weight:
                self.fail(f"{value!r} has two weights for {name}; expected one", param, ctx)
            weights[name] = weight
        if not weights or not all(
            name and math.isfinite(weight) and weight >= 0 for name, weight in weights.items()
        ):
            self.fail(
                f"{value!r} is not none, balanced or weights such as disgust=3,happy=0.5",
                param,
                ctx,
            )
        return weights


class AugmentationName(click.Choice, Structured):
    """A named augmentation; a file may also have a table of an `Augmentation`'s arguments."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if not isinstance(value, Mapping):
            return super().convert(value, param, ctx)
        from fernet.augmentation import Augmentation

        known = inspect.signature(Augmentation).parameters
        for name in value:
            if name not in known:
                self.fail(f"{name!r} is unknown; {did_you_mean(name, known)}", param, ctx)
        try:
            Augmentation(**value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return dict(value)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    text = str(value).strip()
    return [] if text.lower() == "none" else text.split(",")


def _pairs(text: str) -> list[tuple[str, str]]:
    found = [part.partition("=") for part in text.split(",") if part.strip()]
    return [(name, weight) for name, _, weight in found]


def _whole(part: Any) -> int:
    """Return a whole number, 0 for what is none."""
    try:
        return int(str(part))
    except ValueError:
        return 0


def _number(part: Any) -> float:
    try:
        return float(part)
    except (TypeError, ValueError):
        return math.nan
