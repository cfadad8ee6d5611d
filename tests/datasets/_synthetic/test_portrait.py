from __future__ import annotations

import numpy as np
import pytest

from fernet.datasets._synthetic import head, lower_face, upper_face, wear
from fernet.datasets._synthetic.draws import FaceStream
from fernet.datasets._synthetic.portrait import draw_portraits

N_FACES = 210
EVERYWHERE = slice(None), slice(0, 48), slice(0, 48)


def draw():
    draws, noise = FaceStream(np.random.SeedSequence(9)).take(N_FACES)
    return draw_portraits(np.arange(N_FACES) % 7, draws, noise)


def test_a_portrait_draws_every_face_apart_from_the_others():
    together = draw()
    stream = FaceStream(np.random.SeedSequence(9))
    for i in range(20):
        alone = draw_portraits(np.array([i % 7]), *stream.take(1))
        np.testing.assert_array_equal(alone[0], together[i])


def test_no_feature_is_cut_by_the_window_it_is_drawn_in(monkeypatch: pytest.MonkeyPatch):
    windowed = draw()
    for name in ("_SCALP", "_NECK", "_EARS", "_FOREHEAD", "_CHIN"):
        monkeypatch.setattr(head, name, EVERYWHERE)
    monkeypatch.setattr(head, "_CHEEKS", {-1: EVERYWHERE, 1: EVERYWHERE})
    monkeypatch.setattr(lower_face, "_NOSE", EVERYWHERE)
    monkeypatch.setattr(lower_face, "_MOUTH", EVERYWHERE)
    monkeypatch.setattr(upper_face, "_COLUMNS", {-1: slice(0, 48), 1: slice(0, 48)})
    monkeypatch.setattr(upper_face, "_BROW_ROWS", slice(0, 48))
    monkeypatch.setattr(upper_face, "_EYE_ROWS", slice(0, 48))
    monkeypatch.setattr(wear, "_BEARD", EVERYWHERE)
    monkeypatch.setattr(wear, "_GLASSES", EVERYWHERE)
    np.testing.assert_allclose(draw().astype(float), windowed, atol=2.0)


def test_the_same_face_smiles_or_frowns_as_its_label_says():
    seed = np.random.SeedSequence(1)
    happy, sad = (draw_portraits(np.full(40, label), *FaceStream(seed).take(40)).astype(float)
                  for label in (3, 4))  # fmt: skip
    changed = np.abs(happy - sad).mean(axis=0)
    assert changed[30:46, 12:36].mean() > 5.0 * changed[:, :4].mean()
