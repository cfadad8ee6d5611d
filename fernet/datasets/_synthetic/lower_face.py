"""Nose and mouth: what FACS calls the lower face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fernet.datasets._synthetic.action_units import SIDES, Expression
from fernet.datasets._synthetic.camera import View
from fernet.datasets._synthetic.drawing import between, bump, coverage, ellipse, line, paint, shade
from fernet.datasets._synthetic.draws import Draws
from fernet.datasets._synthetic.head import Person

# Where a nose and a mouth can be, however the head is turned.
_NOSE = (slice(None), slice(11, 37), slice(13, 35))
_MOUTH = (slice(None), slice(28, 48), slice(8, 41))


def draw_nose(
    canvas: np.ndarray, view: View, person: Person, face: Expression, draws: Draws
) -> None:
    """Draw bridge, tip, wings and nostrils; AU9 pulls them up and wrinkles the bridge."""
    canvas, view = canvas[_NOSE], view.within(_NOSE)
    wrinkle = face.both(9)
    base = draws.around(0.2, 0.05) - 0.06 * wrinkle - 0.02 * face.both(10)
    wide = draws.uniform(0.09, 0.15) * (1.0 + 0.25 * wrinkle + 0.1 * face.both(12))
    lit = draws.uniform(-0.3, 0.3)
    length = base + 0.3
    # The tip stands out from the face, so it turns further than the bridge does.
    u, v = view.u - 0.12 * view.yaw, view.v
    ridge = u - 0.12 * view.yaw * (v - base)
    for side in SIDES:
        flank = bump(side * ridge, v, 0.085, base - 0.5 * length, 0.08, 0.62 * length)
        shade(canvas, 0.14 + side * lit, flank)
        wing = np.abs(ellipse(side * u, v, wide * 0.9, base - 0.02, 0.055, 0.055))
        shade(canvas, 0.4, coverage(0.008 - wing) * coverage(side * u - wide * 0.8))
        nostril = ellipse(side * u, v, wide * 0.5, base + 0.02, 0.038, 0.022)
        shade(canvas, 0.65, coverage(nostril))
        slope = v - 0.6 * side * u
        wrinkles = line(slope + 0.16, 0.01) + line(slope + 0.05, 0.01)
        beside = between(side * u, 0.02, 0.16, 0.08)
        shade(canvas, 0.7 * face.side(9, side), wrinkles * beside)
    shade(canvas, -0.15, bump(u, v, 0.0, base - 0.06, 0.09, 0.1))
    shade(canvas, 0.2, bump(u, v, 0.0, base + 0.06, wide * 1.2, 0.06))


@dataclass(frozen=True)
class _Mouth:
    """The shape of a batch of mouths, over the pixels or, if constant, of (n_faces, 1, 1).

    `out` runs from -1 to 1 between the corners; `bow` falls from 1 amid the mouth to 0 there;
    `level` is the height below the line on which the lips meet, `gap` how far they part in the
    middle, and `top` and `bottom` are the heights of the gap's edges.
    """

    out: np.ndarray
    bow: np.ndarray
    level: np.ndarray
    gap: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    width: np.ndarray


def _shape_mouth(view: View, person: Person, face: Expression) -> _Mouth:
    smile, stretch, tight = face.both(12), face.both(20), face.both(23)
    jaw, part, lower_lip, upper_lip = face.both(26), face.both(25), face.both(16), face.both(10)
    width = person.mouth_width * (
        1.0 + 0.35 * smile + 0.3 * stretch - 0.22 * tight - 0.2 * jaw * (1.0 - stretch)
    )
    out = (view.u - 0.04 * view.yaw) * (1.0 / width)
    bow = np.maximum(1.0 - out * out, 0.0)
    # A stretched mouth is a slot rather than a lens.
    bow = bow * (1.0 + stretch * (1.0 - bow))
    corner = {
        side: person.mouth_curve
        + 0.05 * stretch
        + 0.15 * face.side(15, side)
        - 0.16 * face.side(12, side)
        for side in SIDES
    }
    raised = 0.03 * smile - 0.02 * (upper_lip + face.both(9)) + 0.05 * face.both(15)
    level = view.v - person.mouth_height - raised
    level = level - out * out * np.where(out < 0.0, corner[-1], corner[1])
    gap = 0.3 * jaw + 0.08 * part + 0.06 * lower_lip + 0.02 * upper_lip
    top = -bow * (0.2 * gap + 0.025 * upper_lip)
    return _Mouth(out, bow, level, gap, top, 0.8 * gap * bow, width)


def draw_mouth(
    canvas: np.ndarray, view: View, person: Person, face: Expression, draws: Draws
) -> None:
    """Draw lips, teeth and the gap between them.

    AU12 pulls the corners up, AU15 down, AU20 sideways; AU23 tightens the lips, AU10 lifts the
    upper and AU16 lowers the lower one; AU25 parts them and AU26 drops the jaw.
    """
    canvas = canvas[_MOUTH]
    mouth = _shape_mouth(view.within(_MOUTH), person, face)
    _draw_lips(canvas, mouth, face, draws)
    _draw_inside(canvas, mouth, face, draws)
    within = between(mouth.out, -1.0, 1.0, 0.12)
    closed = 1.0 - coverage(mouth.gap - 0.03)
    shade(canvas, 0.65, line(mouth.level, 0.011) * within * closed)
    tight = 0.5 * face.both(23)
    for side in SIDES:
        pull = np.maximum(face.side(12, side), face.side(15, side)) + tight
        across = (side * mouth.out - 1.02) * mouth.width
        shade(canvas, 0.3 + 0.25 * pull, bump(across, mouth.level, 0.0, 0.0, 0.06, 0.05))


def _draw_lips(canvas: np.ndarray, mouth: _Mouth, face: Expression, draws: Draws) -> None:
    thin = (1.0 - 0.65 * face.both(23)) * (1.0 - 0.2 * face.both(12))
    upper = draws.uniform(0.035, 0.07) * thin
    lower = draws.uniform(0.05, 0.09) * thin * (1.0 + 0.3 * face.both(16))
    red = draws.uniform(0.12, 0.4)
    within = between(mouth.out, -1.0, 1.0, 0.15)
    notch = 1.0 - 0.3 * bump(mouth.out, mouth.level, 0.0, 0.0, 0.3, 1.0)
    above = mouth.top - mouth.level
    lip = np.minimum(above + 0.01, mouth.bow * upper * notch - above)
    shade(canvas, red + 0.1, coverage(lip) * within)
    below = mouth.level - mouth.bottom
    lip = np.minimum(below + 0.01, mouth.bow * lower - below)
    shade(canvas, red, coverage(lip) * within)
    shade(canvas, -0.3 * red, bump(mouth.out, below, 0.0, 0.5 * lower, 0.5, 0.05))


def _draw_inside(canvas: np.ndarray, mouth: _Mouth, face: Expression, draws: Draws) -> None:
    """Draw the dark of the open mouth, and in it the teeth of both jaws and the tongue."""
    gap, level = mouth.gap, mouth.level
    opening = coverage(np.minimum(level - mouth.top, mouth.bottom - level))
    opening *= coverage(gap - 0.02) * between(mouth.out, -1.0, 1.0, 0.1)
    paint(canvas, draws.uniform(0.03, 0.15), opening)
    tone = draws.uniform(0.7, 0.95)
    teeth = np.minimum(0.04 + 0.06 * face.both(12), 0.9 * gap + 0.01)
    paint(canvas, tone, opening * coverage(mouth.top + teeth - level) * coverage(gap - 0.04))
    teeth = 0.07 * np.maximum(face.both(16), 0.8 * face.both(20)) - 0.02
    paint(canvas, tone * 0.92, opening * coverage(level - mouth.bottom + teeth))
    tongue = bump(mouth.out, level, 0.0, 0.75 * gap, 0.6, 0.08)
    paint(canvas, 0.32, 0.7 * opening * tongue)
