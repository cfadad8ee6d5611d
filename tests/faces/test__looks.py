"""Whether two faces look alike, by coarse light and shade."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fernet.faces import Box
from fernet.faces._looks import are_alike, look_of

RNG = np.random.default_rng(0)


def face() -> np.ndarray:
    """Light and shade of a face's size, as no other has."""
    return np.kron(RNG.integers(60, 200, (6, 6)), np.ones((10, 10))).astype(np.uint8)


def test_a_face_is_alike_when_it_moves_a_little_in_other_light_and_noise():
    picture = face()
    noisy = np.clip(picture * 0.7 + 30 + RNG.normal(0, 8, picture.shape), 0, 255).astype(np.uint8)

    assert are_alike(look_of(picture, Box(2, 2, 54, 54)), look_of(noisy, Box(3, 1, 54, 55)))
    colors = np.repeat(picture[:, :, None], 3, axis=2)
    assert are_alike(look_of(picture, Box(2, 2, 54, 54)), look_of(colors, Box(2, 2, 54, 54)))


def test_other_faces_are_not():
    looks = [look_of(face(), Box(0, 0, 60, 60)) for _ in range(20)]

    assert not any(are_alike(a, b) for a, b in itertools.pairwise(looks))


@pytest.mark.parametrize("box", [Box(-90, 5, 40, 40), Box(70, 5, 40, 40), Box(0, 0, 0, 0)])
def test_where_nothing_is_to_be_seen_nothing_is_other(box):
    nowhere = look_of(face(), box)
    noise = (128 + RNG.normal(0, 3, (60, 60))).astype(np.uint8)

    assert are_alike(nowhere, look_of(face(), Box(0, 0, 60, 60)))
    assert are_alike(look_of(noise, Box(0, 0, 60, 60)), look_of(face(), Box(0, 0, 60, 60)))


def test_a_box_that_reaches_beyond_the_picture_is_what_of_it_is_seen():
    picture = face()

    beyond = look_of(picture, Box(-20, -20, 60, 60))
    assert (beyond == look_of(picture, Box(0, 0, 40, 40))).all()
