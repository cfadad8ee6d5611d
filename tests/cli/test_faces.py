"""Faces to train on and to test on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fernet.cli.faces import Faces

FACES = Faces(
    "faces.csv",
    "Training",
    np.arange(24, dtype=np.uint8).reshape(4, 6),
    np.array([0, 1, 1, 0]),
    ["happy", "sad"],
    (2, 3),
)
WEIGHT = np.array([1.0, 2, 1, 1])
SHARES = np.full((4, 2), 0.5, np.float32)


@pytest.mark.parametrize(
    "change",
    [
        {"data": FACES.data + np.uint8(1)},
        {"target": 1 - FACES.target},
        {"target_names": ["happy", "angry"]},
        {"image_shape": (3, 2)},
        {"weight": WEIGHT},
        {"weight": WEIGHT[::-1]},
        {"distribution": SHARES},
    ],
    ids=lambda change: " ".join(change),
)
def test_what_is_learnt_otherwise_has_another_checksum(change):
    others = {FACES.checksum(), replace(FACES, weight=WEIGHT[[1, 0, 2, 3]]).checksum()}
    assert replace(FACES, **change).checksum() not in others


def test_the_same_faces_have_the_same_checksum_wherever_they_come_from():
    copy = replace(FACES, name="copy.csv", data=np.asfortranarray(FACES.data), notes=["read"])
    assert copy.checksum() == FACES.checksum()
