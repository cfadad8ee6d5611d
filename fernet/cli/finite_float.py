"""A number as an option, which NaN is not."""

from __future__ import annotations

import math
from typing import Any

import click

__all__ = ["FiniteFloat"]
__dir__ = __all__.copy


class FiniteFloat(click.FloatRange):
    """A finite number within a range; click's own lets pass what compares with no number."""

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{number} is not a finite number", param, ctx)
        return number
