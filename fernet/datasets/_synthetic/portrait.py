"""A batch of portraits, from random numbers to bytes."""

from __future__ import annotations

import numpy as np

from fernet.datasets._synthetic.action_units import draw_expression
from fernet.datasets._synthetic.camera import draw_view, expose, record, soften
from fernet.datasets._synthetic.draws import Draws
from fernet.datasets._synthetic.head import (
    draw_background,
    draw_folds,
    draw_hair,
    draw_head,
    draw_person,
)
from fernet.datasets._synthetic.lower_face import draw_mouth, draw_nose
from fernet.datasets._synthetic.upper_face import draw_brows, draw_eyes
from fernet.datasets._synthetic.wear import draw_beard, draw_glasses


def draw_portraits(target: np.ndarray, draws: Draws, noise: np.ndarray) -> np.ndarray:
    """Draw one face for each label.

    Parameters
    ----------
    target : ndarray of shape (n_faces,), dtype int64
        Emotions as labels.
    draws : Draws
        Random parameters of the same faces.
    noise : ndarray of shape (n_faces, 48, 48), dtype float32
        Noise of mean 0 and standard deviation 1.

    Returns
    -------
    ndarray of shape (n_faces, 48, 48), dtype uint8
        The pictures, painted from back to front.
    """
    view = draw_view(draws)
    person = draw_person(draws)
    face = draw_expression(target, draws)
    canvas = draw_background(view, draws)
    share = draw_head(canvas, view, person, face, draws)
    draw_folds(canvas, view, person, face, share)
    draw_nose(canvas, view, person, face, draws)
    draw_beard(canvas, view, person, face, share, draws)
    draw_mouth(canvas, view, person, face, draws)
    draw_eyes(canvas, view, person, face, draws)
    draw_brows(canvas, view, person, face, draws)
    draw_hair(canvas, view, person, share, draws)
    draw_glasses(canvas, view, person, draws)
    canvas = soften(expose(canvas, view, draws), draws)
    return record(canvas, noise, draws)
