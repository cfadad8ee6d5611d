"""Shapes on a grid of pixels: signed distances become coverage, coverage becomes paint.

Coordinates are in half image widths: a picture spans -1 to 1 both ways, `v` downwards. Arrays have
the shape (n_faces, height, width); parameters (n_faces, 1, 1). A signed distance is positive
inside its shape.
"""

from __future__ import annotations

import numpy as np

Number = float | np.ndarray

PIXEL = 2.0 / 48.0
"""Side of a pixel, over which the edge of a shape fades."""


def coverage(signed: np.ndarray, softness: Number = PIXEL) -> np.ndarray:
    """Share of each pixel inside a shape, given the signed distance to its edge."""
    share = signed * (1.0 / softness)
    share += 0.5
    return np.clip(share, 0.0, 1.0, out=share)


def smooth(share: np.ndarray) -> np.ndarray:
    """Bend a ramp from 0 to 1 so that it starts and ends level."""
    return share * share * (3.0 - 2.0 * share)


def ellipse(
    u: np.ndarray, v: np.ndarray, cu: Number, cv: Number, ru: Number, rv: Number
) -> np.ndarray:
    """Signed distance, nearly, to the ellipse with centre (`cu`, `cv`) and radii `ru`, `rv`."""
    radius = np.sqrt(_radius_squared(u, v, cu, cv, ru, rv))
    return (1.0 - radius) * np.minimum(ru, rv, dtype=np.float32)


def bump(
    u: np.ndarray, v: np.ndarray, cu: Number, cv: Number, ru: Number, rv: Number
) -> np.ndarray:
    """A soft hill: 1 at the centre, level there and where it ends, at the ellipse's edge."""
    height = 1.0 - _radius_squared(u, v, cu, cv, ru, rv)
    np.maximum(height, 0.0, out=height)
    height *= height
    return height


def _radius_squared(
    u: np.ndarray, v: np.ndarray, cu: Number, cv: Number, ru: Number, rv: Number
) -> np.ndarray:
    across = (u - cu) * (1.0 / ru)
    along = (v - cv) * (1.0 / rv)
    across *= across
    along *= along
    return across + along


def line(offset: np.ndarray, half_width: Number, softness: Number = PIXEL) -> np.ndarray:
    """Coverage of a line, given each pixel's offset from its middle."""
    return coverage(half_width - np.abs(offset), softness)


def between(x: np.ndarray, low: Number, high: Number, softness: Number = PIXEL) -> np.ndarray:
    """Coverage of the strip in which `x` lies between `low` and `high`."""
    return coverage(np.minimum(x - low, high - x), softness)


def paint(canvas: np.ndarray, tone: Number, share: np.ndarray) -> None:
    """Cover `share` of each pixel of `canvas` with `tone`, in place."""
    canvas += share * (tone - canvas)


def shade(canvas: np.ndarray, amount: Number, share: np.ndarray) -> None:
    """Darken `canvas` by up to `amount` of what it is (lighten, if negative), in place."""
    canvas *= 1.0 - amount * share
