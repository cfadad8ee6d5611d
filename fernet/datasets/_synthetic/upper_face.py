"""Brows and eyes: what FACS calls the upper face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fernet.datasets._synthetic.action_units import SIDES, Expression
from fernet.datasets._synthetic.camera import View
from fernet.datasets._synthetic.drawing import between, bump, coverage, ellipse, line, paint, shade
from fernet.datasets._synthetic.draws import Draws
from fernet.datasets._synthetic.head import Person

# The columns in which a brow or an eye can be, however the head is turned.
_COLUMNS = {-1: slice(3, 28), 1: slice(20, 45)}
_BROW_ROWS = slice(0, 23)
_EYE_ROWS = slice(8, 28)


def draw_brows(
    canvas: np.ndarray, view: View, person: Person, face: Expression, draws: Draws
) -> None:
    """Draw each brow as a bow through three points.

    AU1 lifts the inner point and AU2 the outer one; AU4 lowers all three and draws the brows
    together; AU9 pulls the inner point down.
    """
    arch = draws.uniform(0.0, 0.06)
    thick = draws.uniform(0.022, 0.055)
    bold = draws.uniform(0.55, 0.95)
    for side in SIDES:
        window = (slice(None), _BROW_ROWS, _COLUMNS[side])
        part = view.within(window)
        lift_inner, lift_outer = face.side(1, side), face.side(2, side)
        frown, wrinkle = face.side(4, side), face.side(9, side)
        # Raised against the frown, the inner end goes up: the oblique brow of grief.
        lower = frown * (1.0 - 0.75 * lift_inner)
        inner = 0.02 - 0.15 * lift_inner + 0.12 * lower + 0.07 * wrinkle + person.brow_slope
        middle = -arch - 0.07 * lift_inner - 0.1 * lift_outer
        middle = middle + 0.09 * lower + 0.05 * wrinkle + 0.03 * frown
        outer = 0.04 + 0.02 * lift_inner - 0.15 * lift_outer + 0.05 * frown - person.brow_slope

        start = person.eye_distance - 0.19 - 0.045 * frown
        along = (side * part.u - start) * (1.0 / 0.39)
        bow = inner + along * (4.0 * middle - 3.0 * inner - outer)
        bow += along * along * (2.0 * inner + 2.0 * outer - 4.0 * middle)
        width = thick * (1.15 - 0.55 * np.clip(along, 0.0, 1.0))
        brow = line(part.v - person.brow_height - bow, width) * between(along, 0.0, 1.0, 0.15)
        paint(canvas[window], person.hair, brow * bold)


@dataclass(frozen=True)
class _Eyes:
    """What a person's two eyes share; arrays of shape (n_faces, 1, 1)."""

    opening: np.ndarray
    tilt: np.ndarray
    white: np.ndarray
    iris: np.ndarray
    gaze_u: np.ndarray
    gaze_v: np.ndarray
    lashes: np.ndarray
    bags: np.ndarray


def draw_eyes(
    canvas: np.ndarray, view: View, person: Person, face: Expression, draws: Draws
) -> None:
    """Draw both eyes between their lids.

    AU5 lifts the upper lid; AU4, AU6, AU7 and AU9 narrow the eye, the last three from below.
    """
    eyes = _Eyes(
        opening=draws.around(0.066, 0.02),
        tilt=draws.around(0.0, 0.02),
        white=np.minimum(person.skin * 0.3 + 0.66, 0.93),
        iris=draws.uniform(0.05, 0.4),
        gaze_u=draws.around(0.0, 0.05),
        gaze_v=draws.around(0.0, 0.025),
        lashes=draws.uniform(0.4, 0.85),
        bags=draws.uniform(0.0, 0.25),
    )
    for side in SIDES:
        window = (slice(None), _EYE_ROWS, _COLUMNS[side])
        part = view.within(window)
        out = (side * part.u - person.eye_distance) * (1.0 / person.eye_width)
        level = part.v - person.eye_height + eyes.tilt * out
        _draw_eye(canvas[window], out, level, side, eyes, person, face)


def _draw_eye(
    canvas: np.ndarray,
    out: np.ndarray,
    level: np.ndarray,
    side: int,
    eyes: _Eyes,
    person: Person,
    face: Expression,
) -> None:
    """Draw one eye, of which `out` runs from -1 at the inner corner to 1 at the outer one."""
    wide, squeeze = face.side(5, side), face.side(7, side)
    cheek, wrinkle = face.side(6, side), face.side(9, side)
    upper = 1.0 + 0.9 * wide - 0.3 * squeeze - 0.2 * cheek - 0.35 * wrinkle
    upper = eyes.opening * (upper - 0.2 * face.side(4, side))
    lower = 0.75 + 0.1 * wide - 0.45 * squeeze - 0.55 * cheek - 0.35 * wrinkle
    lower = eyes.opening * np.maximum(lower, -0.2)
    # An oblique brow pulls the inner part of the lid up with it.
    slant = 0.022 * face.side(1, side) * (1.0 - face.side(2, side))
    bow = 1.0 - out * out
    above, below = level - slant * out + upper * bow, lower * bow - level

    shade(canvas, 0.22, bump(out, level, -0.1, -0.03, 1.7, 0.2))
    opening = coverage(np.minimum(above, below))
    paint(canvas, eyes.white, opening)
    across = out * person.eye_width - side * eyes.gaze_u
    disc = ellipse(across, level, 0.0, eyes.gaze_v - 0.01, 0.075, 0.075)
    paint(canvas, eyes.iris, coverage(disc) * opening)
    paint(canvas, 0.03, coverage(disc - 0.038) * opening)
    glint = ellipse(across, level, 0.025, eyes.gaze_v - 0.035, 0.018, 0.018)
    paint(canvas, 0.95, coverage(glint) * opening * 0.8)

    lid = between(out, -1.05, 1.1, 0.25)
    shade(canvas, eyes.lashes, line(above, 0.017) * lid)
    shade(canvas, 0.35, line(below, 0.008) * lid)
    shade(canvas, 0.3 * (1.0 - wide), line(above + 0.05, 0.008) * lid)
    bag = eyes.bags + 0.4 * np.maximum(cheek, squeeze)
    shade(canvas, bag, line(below + 0.045, 0.012, 0.06) * lid)
    crow_foot = line(level - 0.25 * (out - 1.0) * person.eye_width, 0.008)
    shade(canvas, 0.5 * cheek, crow_foot * between(out, 1.1, 1.6, 0.2))
