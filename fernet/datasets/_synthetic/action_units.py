"""Which facial muscles each expression moves, as FACS numbers them, and how strongly.

The Facial Action Coding System (Ekman and Friesen, 1978; Ekman, Friesen and Hager, 2002) writes
an expression as a set of action units (AU); its emotion dictionary, EMFACS (Friesen and Ekman,
1983), lists the sets that read as an emotion. The sets below are those prototypes, plus the
companions that often come with them (parted lips in a smile) and a few movements that belong to no
emotion, such as lips parted in speech.
"""

from __future__ import annotations

import numpy as np

from fernet.datasets._synthetic.draws import Draws
from fernet.emotions import EMOTIONS

SIDES = (-1, 1)
"""The picture's left and right half, as signs of the coordinate `u`."""

PROTOTYPES: dict[str, dict[int, tuple[float, float]]] = {
    "angry": {4: (0.95, 1.0), 5: (0.6, 0.6), 7: (0.8, 0.9), 23: (0.8, 1.0), 25: (0.2, 0.7)},
    "disgust": {9: (0.95, 1.0), 15: (0.7, 0.6), 16: (0.7, 0.9), 10: (0.6, 0.9), 25: (0.4, 0.5)},
    "fear": {
        1: (0.9, 0.9), 2: (0.75, 0.6), 4: (0.8, 0.7), 5: (0.9, 0.9), 7: (0.5, 0.4),
        20: (0.85, 1.0), 26: (0.6, 0.5), 25: (0.5, 0.6),
    },
    "happy": {6: (0.85, 0.9), 12: (0.97, 1.0), 25: (0.6, 0.8), 26: (0.15, 0.4)},
    "sad": {1: (0.9, 1.0), 4: (0.7, 0.6), 15: (0.92, 1.0)},
    "surprise": {1: (0.95, 1.0), 2: (0.95, 1.0), 5: (0.85, 0.6), 26: (0.9, 1.0), 25: (0.8, 0.5)},
    "neutral": {},
}  # fmt: skip
"""For each emotion, action unit -> (how often it is present, how strong it is at full force)."""

INCIDENTAL: dict[int, tuple[float, float]] = {
    1: (0.06, 0.4), 2: (0.06, 0.4), 4: (0.08, 0.4), 5: (0.05, 0.4), 6: (0.05, 0.4),
    7: (0.08, 0.5), 12: (0.05, 0.3), 15: (0.06, 0.3), 23: (0.06, 0.4), 25: (0.18, 0.9),
    26: (0.08, 0.45),
}  # fmt: skip
"""Movements that any face may show, whatever its label: the same pair for each action unit."""

ACTION_UNITS = tuple(sorted({au for units in PROTOTYPES.values() for au in units} | {*INCIDENTAL}))
"""Every action unit that a face can show."""

_WEAKEST = 0.4
_LARGEST_ASYMMETRY = 0.3


def _table(column: int) -> np.ndarray:
    """One column of `PROTOTYPES` as an array of shape (n_emotions, n_action_units)."""
    rows = [[PROTOTYPES[name].get(au, (0.0, 0.0))[column] for au in ACTION_UNITS]
            for name in EMOTIONS]  # fmt: skip
    return np.array(rows, np.float32)


_PRESENCE, _STRENGTH = _table(0), _table(1)


class Expression:
    """How strongly each action unit acts on the two halves of each face of a batch.

    Intensities run from 0 (absent) to 1 (FACS's E, the most a face can do).

    Parameters
    ----------
    left, right : dict of int to ndarray of shape (n_faces, 1, 1)
        Intensities in the picture's left and right half, by action unit.
    """

    def __init__(self, left: dict[int, np.ndarray], right: dict[int, np.ndarray]) -> None:
        self._sides = {-1: left, 1: right}

    def side(self, unit: int, side: int) -> np.ndarray:
        """Intensity of `unit` in one half: -1 for the picture's left, 1 for its right."""
        return self._sides[side][unit]

    def both(self, unit: int) -> np.ndarray:
        """Mean intensity of `unit` over the two halves."""
        return (self._sides[-1][unit] + self._sides[1][unit]) * 0.5


def draw_expression(target: np.ndarray, draws: Draws) -> Expression:
    """Choose the action units that a batch of faces shows.

    Parameters
    ----------
    target : ndarray of shape (n_faces,), dtype int64
        Emotions as labels.
    draws : Draws
        Random numbers of the same faces.

    Returns
    -------
    Expression
        Its intensities scatter around the prototype's: the whole expression may be weak, a unit
        may be absent, and one half of the face may move more than the other.
    """
    force = draws.uniform(_WEAKEST, 1.0)
    asymmetry = draws.around(0.0, _LARGEST_ASYMMETRY)
    left, right = {}, {}
    for column, unit in enumerate(ACTION_UNITS):
        presence = _PRESENCE[target, column].reshape(-1, 1, 1)
        strength = _STRENGTH[target, column].reshape(-1, 1, 1)
        intensity = draws.happens(presence) * strength * force * draws.uniform(0.7, 1.3)
        rate, most = INCIDENTAL.get(unit, (0.0, 0.0))
        stray = draws.happens(rate) * draws.uniform(0.3, 1.0) * most
        intensity = np.maximum(intensity, stray)
        lean = asymmetry + draws.around(0.0, 0.12)
        left[unit] = np.clip(intensity * (1.0 - lean), 0.0, 1.0)
        right[unit] = np.clip(intensity * (1.0 + lean), 0.0, 1.0)
    return Expression(left, right)
