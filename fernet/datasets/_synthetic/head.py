"""The person: who it is, and the head that carries the features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fernet.datasets._synthetic.action_units import SIDES, Expression
from fernet.datasets._synthetic.camera import View
from fernet.datasets._synthetic.drawing import (
    between,
    bump,
    coverage,
    ellipse,
    line,
    paint,
    shade,
    smooth,
)
from fernet.datasets._synthetic.draws import Draws

# Where in the picture each part can be, however the head is turned.
_SCALP = (slice(None), slice(0, 33), slice(0, 48))
_NECK = (slice(None), slice(32, 48), slice(0, 48))
_EARS = (slice(None), slice(14, 36), slice(0, 48))
_FOREHEAD = (slice(None), slice(0, 22), slice(4, 44))
_CHEEKS = {
    -1: (slice(None), slice(18, 46), slice(3, 27)),
    1: (slice(None), slice(18, 46), slice(21, 45)),
}
_CHIN = (slice(None), slice(34, 48), slice(12, 36))


@dataclass(frozen=True)
class Person:
    """What stays the same whatever a face expresses; arrays of shape (n_faces, 1, 1).

    Lengths are in half image widths, tones in [0, 1]. The resting face has its own cast: brows
    that slope, mouths that curve.
    """

    skin: np.ndarray
    hair: np.ndarray
    head_width: np.ndarray
    jaw: np.ndarray
    chin: np.ndarray
    eye_distance: np.ndarray
    eye_height: np.ndarray
    eye_width: np.ndarray
    brow_height: np.ndarray
    brow_slope: np.ndarray
    mouth_height: np.ndarray
    mouth_width: np.ndarray
    mouth_curve: np.ndarray
    age: np.ndarray


def draw_person(draws: Draws) -> Person:
    """Choose a person for each face of a batch."""
    skin = draws.uniform(0.44, 0.84)
    # Hair is darker than skin, but for the fair and the old.
    fair = draws.happens(0.2)
    hair = draws.uniform(0.06, 0.3) * (1.0 - fair) + fair * draws.uniform(0.35, 0.65)
    eye_height = draws.around(-0.2, 0.03)
    return Person(
        skin=skin,
        hair=np.minimum(hair, skin * 0.8),
        head_width=draws.around(0.74, 0.06),
        jaw=draws.around(0.0, 0.12),
        chin=draws.around(0.93, 0.06),
        eye_distance=draws.around(0.32, 0.03),
        eye_height=eye_height,
        eye_width=draws.around(0.175, 0.015),
        brow_height=eye_height - draws.around(0.22, 0.03),
        brow_slope=draws.around(0.0, 0.035),
        mouth_height=draws.around(0.49, 0.035),
        mouth_width=draws.around(0.28, 0.035),
        mouth_curve=draws.around(0.0, 0.025),
        age=draws.uniform(0.0, 1.0),
    )


def draw_background(view: View, draws: Draws) -> np.ndarray:
    """Draw a wall, lighter on one side, with an edge or a blot on it; it starts the canvas."""
    tone = draws.uniform(0.05, 0.9)
    slope_x, slope_y = draws.around(0.0, 0.2), draws.around(0.0, 0.2)
    canvas = (tone + slope_x * view.x) + slope_y * view.y
    edge = view.x + (draws.around(0.0, 0.4) * view.y - draws.uniform(-1.0, 1.0))
    tone = draws.uniform(0.05, 0.9)
    paint(canvas, tone, coverage(edge) * (draws.happens(0.5) * 0.7))
    blot = ellipse(view.x, view.y, draws.uniform(-1.0, 1.0), draws.uniform(-1.0, 0.6), 0.4, 0.5)
    tone = draws.uniform(0.0, 1.0)
    paint(canvas, tone, coverage(blot, 0.2) * (draws.happens(0.5) * 0.6))
    return np.clip(canvas, 0.02, 0.98, out=canvas)


def draw_head(
    canvas: np.ndarray, view: View, person: Person, face: Expression, draws: Draws
) -> np.ndarray:
    """Draw hair behind the head, neck, clothes, ears and the bare face.

    Returns
    -------
    ndarray of shape (n_faces, 48, 48)
        Share of each pixel that the face covers; what lies on the face stays within it.
    """
    u, v = view.head_u, view.head_v
    long_hair = draws.happens(0.35)
    locks = ellipse(u, v, 0.0, -0.05, person.head_width + 0.2, draws.uniform(0.95, 1.3))
    paint(canvas, person.hair * 0.9, coverage(locks) * long_hair)
    _draw_neck(canvas[_NECK], u[_NECK], v[_NECK], person, draws)
    for side in SIDES:
        ear = ellipse(u[_EARS], v[_EARS], side * person.head_width * 0.99, 0.02, 0.1, 0.2)
        paint(canvas[_EARS], person.skin * 0.78, coverage(ear) * (1.0 - long_hair))

    chin = person.chin + 0.09 * face.both(26) - 0.02 * face.both(23)
    below = np.clip(v * (1.0 / chin), 0.0, 1.0)
    across = u / (person.head_width + person.head_width * (person.jaw - 0.22) * smooth(below))
    along = below + np.minimum(v, 0.0) * (1.0 / 0.98)
    squared = across * across + along * along
    share = coverage((1.0 - np.sqrt(squared)) * 0.75)
    light_u, light_v = draws.around(0.0, 0.3), draws.around(-0.06, 0.15)
    tone = (1.04 * person.skin) + (person.skin * light_u) * across
    tone += (person.skin * light_v) * along
    tone -= (person.skin * draws.uniform(0.12, 0.3)) * squared
    paint(canvas, tone, share)
    return share


def _draw_neck(
    canvas: np.ndarray, u: np.ndarray, v: np.ndarray, person: Person, draws: Draws
) -> None:
    neck = between(u, -0.55 * person.head_width, 0.55 * person.head_width)
    paint(canvas, person.skin * 0.62, neck * coverage(v - 0.6))
    collar = v + 0.25 * u * u - draws.uniform(1.0, 1.15)
    paint(canvas, draws.uniform(0.05, 0.9), coverage(collar))


def draw_folds(
    canvas: np.ndarray, view: View, person: Person, face: Expression, share: np.ndarray
) -> None:
    """Crease and swell the skin as the muscles under it do; age deepens the creases."""
    depth = 0.3 + 0.4 * person.age
    part = view.within(_FOREHEAD)
    _crease_forehead(canvas[_FOREHEAD], part, person, face, depth * share[_FOREHEAD])
    for side in SIDES:
        window = _CHEEKS[side]
        part = view.within(window)
        _crease_cheek(canvas[window], part, side, person, face, depth * share[window])
    part = view.within(_CHIN)
    under_lip = person.mouth_height + 0.19 + 0.1 * face.both(26) + 0.04 * face.both(16)
    hollow = bump(part.u, part.v, 0.0, under_lip, 0.2, 0.09)
    shade(canvas[_CHIN], 0.22, hollow * share[_CHIN])


def _crease_forehead(
    canvas: np.ndarray, view: View, person: Person, face: Expression, depth: np.ndarray
) -> None:
    """Draw the furrows of AU1 and AU2 across the forehead and those of AU4 between the brows."""
    u, v = view.u, view.v
    raised = 0.55 * face.both(1) + 0.45 * face.both(2) + 0.1 * person.age
    arched = v + 0.1 * u * u
    for height, reach in ((-0.6, 0.42), (-0.7, 0.36)):
        furrow = line(arched - height, 0.008) * between(u, -reach, reach, 0.2)
        shade(canvas, raised, depth * furrow)
    frown = 1.3 * np.maximum(face.both(4), 0.6 * face.both(9))
    upright = between(v, -0.5, -0.28, 0.08) * depth
    for side in SIDES:
        shade(canvas, frown, line(u - side * 0.055, 0.01) * upright)


def _crease_cheek(
    canvas: np.ndarray,
    view: View,
    side: int,
    person: Person,
    face: Expression,
    depth: np.ndarray,
) -> None:
    """Draw the fold from nose to mouth (AU9, AU10, AU12) and the cheek raised by AU6."""
    out, v = side * view.u, view.v
    deep = np.maximum(face.side(12, side), 0.8 * face.side(10, side))
    deep = np.maximum(deep, 0.6 * face.side(9, side)) + 0.25 * person.age
    bow = 0.15 + (v - 0.12) * (0.795 - 0.375 * v)
    fold = line(out - bow, 0.018) * between(v, 0.12, 0.46, 0.15)
    shade(canvas, 0.9 * deep, depth * fold)
    cheek = 0.8 * face.side(6, side) + 0.25 * face.side(12, side)
    shade(canvas, -0.22 * cheek, bump(out, v, 0.38, 0.16, 0.24, 0.2))
    shade(canvas, 0.3 * cheek, bump(out, v, 0.36, 0.02, 0.26, 0.08))


def draw_hair(
    canvas: np.ndarray, view: View, person: Person, share: np.ndarray, draws: Draws
) -> None:
    """Draw the hair on top: a hairline, a parting or a fringe, streaks of light; or none."""
    canvas, share = canvas[_SCALP], share[_SCALP]
    u, v = view.head_u[_SCALP], view.head_v[_SCALP]
    scalp = ellipse(u, v, 0.0, -0.1, person.head_width + 0.07, draws.uniform(0.92, 1.1))
    hairline = draws.uniform(-0.85, -0.52) + draws.uniform(-0.1, 0.5) * u * u
    hairline = hairline + draws.around(0.0, 0.25) * u
    hair = coverage(np.minimum(scalp, hairline - v)) * (1.0 - draws.happens(0.08))
    # Temples: the sides of the scalp, down to the ears.
    temples = np.minimum(scalp, np.abs(u) - person.head_width * draws.uniform(0.86, 1.0))
    temples = coverage(np.minimum(temples, draws.uniform(-0.3, 0.1) - v))
    phase = u * draws.uniform(4.0, 9.0) + v * draws.uniform(-3.0, 3.0)
    ripple = np.abs(phase - np.floor(phase) - 0.5)
    tone = person.hair * (0.75 + draws.uniform(0.1, 0.7) * ripple)
    shade(canvas, 0.2 * share, coverage(hairline + 0.06 - v, 0.12))
    paint(canvas, tone, np.maximum(hair, temples * (1.0 - draws.happens(0.15))))
