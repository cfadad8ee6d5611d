from __future__ import annotations

import numpy as np
import pytest

from fernet.datasets._synthetic.action_units import (
    ACTION_UNITS,
    PROTOTYPES,
    SIDES,
    draw_expression,
)
from fernet.datasets._synthetic.draws import FaceStream
from fernet.emotions import EMOTIONS

FACS = {
    "angry": {4, 5, 7, 23},
    "disgust": {9, 15, 16},
    "fear": {1, 2, 4, 5, 7, 20, 26},
    "happy": {6, 12},
    "sad": {1, 4, 15},
    "surprise": {1, 2, 5, 26},
    "neutral": set(),
}


def draw(emotion, n_faces=400):
    draws, _ = FaceStream(np.random.SeedSequence(2)).take(n_faces)
    return draw_expression(np.full(n_faces, EMOTIONS.index(emotion)), draws)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_each_prototype_holds_the_action_units_of_its_emotion(emotion):
    assert set(PROTOTYPES[emotion]) >= FACS[emotion]


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_an_emotion_moves_its_action_units_most(emotion):
    face = draw(emotion)
    means = {unit: face.both(unit).mean() for unit in ACTION_UNITS}
    own = [means[unit] for unit in FACS[emotion]]
    others = [means[unit] for unit in ACTION_UNITS if unit not in PROTOTYPES[emotion]]
    assert min(own, default=1.0) > 2.5 * max(others)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_intensities_lie_between_absent_and_most(emotion):
    face = draw(emotion)
    for unit in ACTION_UNITS:
        for side in SIDES:
            assert face.side(unit, side).min() >= 0.0
            assert face.side(unit, side).max() <= 1.0


def test_smiles_may_be_weak_strong_or_lopsided():
    face = draw("happy")
    smile = face.both(12)
    assert (smile < 0.45).mean() > 0.1
    assert (smile > 0.8).mean() > 0.1
    assert (np.abs(face.side(12, 1) - face.side(12, -1)) > 0.15).mean() > 0.1
