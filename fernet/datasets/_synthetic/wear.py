"""What some people wear on their faces: glasses, beards and moustaches."""

from __future__ import annotations

import numpy as np

from fernet.datasets._synthetic.action_units import Expression
from fernet.datasets._synthetic.camera import View
from fernet.datasets._synthetic.drawing import between, coverage, ellipse, line, paint
from fernet.datasets._synthetic.draws import Draws
from fernet.datasets._synthetic.head import Person

# Where in the picture each can be, however the head is turned.
_BEARD = (slice(None), slice(16, 48), slice(0, 48))
_GLASSES = (slice(None), slice(7, 31), slice(0, 48))


def draw_beard(
    canvas: np.ndarray,
    view: View,
    person: Person,
    face: Expression,
    share: np.ndarray,
    draws: Draws,
) -> None:
    """Draw stubble or a full beard, and a moustache, on some of the faces."""
    canvas, share, view = canvas[_BEARD], share[_BEARD], view.within(_BEARD)
    u, v = view.u, view.v
    dense = draws.happens(0.15) * draws.uniform(0.25, 0.85)
    edge = draws.uniform(0.2, 0.4) - 0.5 * draws.uniform(0.3, 1.0) * u * u
    cheeks = coverage(v - edge - 0.25 * (1.0 - np.minimum(np.abs(u) * 2.0, 1.0)), 0.12)
    paint(canvas, person.hair, cheeks * dense * share)
    bushy = draws.happens(0.13) * draws.uniform(0.4, 0.9)
    height = person.mouth_height - draws.uniform(0.1, 0.13) - 0.02 * face.both(10)
    moustache = ellipse(u, v - 0.4 * u * u, 0.0, height, draws.uniform(0.18, 0.3), 0.05)
    paint(canvas, person.hair, coverage(moustache) * bushy)


def draw_glasses(canvas: np.ndarray, view: View, person: Person, draws: Draws) -> None:
    """Draw a frame around the eyes, the bridge and the arms, on some of the faces."""
    canvas, view = canvas[_GLASSES], view.within(_GLASSES)
    worn = draws.happens(0.14)
    tone = draws.uniform(0.02, 0.35) + draws.happens(0.25) * 0.45
    thick = draws.uniform(0.008, 0.022)
    reach, drop = draws.uniform(0.2, 0.25), draws.uniform(0.14, 0.2)
    square = draws.happens(0.5)
    glare = draws.uniform(0.0, 0.15)
    out = np.abs(view.u) - person.eye_distance
    down = view.v - person.eye_height - 0.02
    across, along = out * (1.0 / reach), down * (1.0 / drop)
    across *= across
    along *= along
    round_rim = np.sqrt(across + along)
    square_rim = np.sqrt(np.sqrt(across * across + along * along))
    rim = (1.0 - round_rim + square * (round_rim - square_rim)) * drop
    paint(canvas, 0.9, coverage(rim) * glare * worn)
    frame = coverage(thick - np.abs(rim))
    bridge = line(down + 0.05, thick) * coverage(-out - reach)
    arms = line(down + 0.06, thick) * between(out, reach, reach + 0.25)
    paint(canvas, tone, np.maximum(np.maximum(frame, bridge), arms) * worn)
