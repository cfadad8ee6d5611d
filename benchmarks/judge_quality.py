#!/usr/bin/env python3
"""What a network keeps of its accuracy on spoilt faces: the tables of fernet/faces/quality.py.

    python benchmarks/judge_quality.py DATA
    python benchmarks/judge_quality.py DATA --model cnn

DATA is a folder with ``fer2013.csv`` and FER+'s ``fer2013new.csv``. Every third face of PublicTest
that has a majority is made smaller, blurred, cut off or turned; each line has an amount and the
accuracy on such faces by that on the same faces as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from programs import run
from public_faces import judge_parser, named, voted_faces

from fernet import load_model
from fernet.faces.quality import sharpness
from fernet.metrics import _distortions as distortions

SIZES = (8, 12, 16, 18, 20, 24, 32, 40)
BLURS = (0.5, 1.0, 1.5, 2.0, 3.0)
SHARES = (0.9, 0.8, 0.7, 0.6, 0.5)
TURNS = (10, 15, 30, 45)
GROUPS = 13


def main() -> None:
    args = judge_parser(__doc__).parse_args()
    images, y, _ = voted_faces(args.data)
    judge = Judge(load_model(args.model), images[::3].reshape(-1, 48, 48), y[::3])
    commonest = np.unique(judge.y, return_counts=True)[1].max() / len(judge.y)
    print(
        f"{len(judge.y)} faces, {judge.clean:.1%} right, {commonest:.1%} of the commonest emotion"
    )

    small = judge.table("made so many pixels large", distortions.low_resolution, SIZES)
    blurred = judge.table("blurred, sigma in pixels", distortions.gaussian_blur, BLURS)
    judge.table("cut off at a side to such a share", cut_off_at_a_side, SHARES)
    judge.table("cut off below", cut_off_below, SHARES)
    judge.table("turned by degrees", distortions.rotation, TURNS)
    judge.by_sharpness([judge.faces, *small, *blurred])


class Judge:
    """A network and the faces that it is asked."""

    def __init__(self, model: Any, faces: np.ndarray, y: np.ndarray) -> None:
        self.model, self.faces, self.y = model, faces, y
        self.clean = float(self.right(faces).mean())

    def right(self, faces: np.ndarray) -> np.ndarray:
        return named(self.model, faces.reshape(len(faces), -1)) == self.y

    def table(
        self, title: str, spoil: Callable[..., np.ndarray], amounts: Sequence[float]
    ) -> list[np.ndarray]:
        """Print what is kept at each amount, and return the spoilt faces."""
        spoilt = []
        for amount in amounts:
            levels = spoil(
                self.faces[..., None].astype(np.float32), amount, np.random.default_rng(0)
            )
            spoilt.append(np.rint(levels[..., 0]).clip(0, 255).astype(np.uint8))
        kept = [self.right(faces).mean() / self.clean for faces in spoilt]
        print(title, " ".join(f"{a:g}: {k:.2f}" for a, k in zip(amounts, kept, strict=True)))
        return spoilt

    def by_sharpness(self, series: list[np.ndarray]) -> None:
        """Print what is kept in groups of equal sharpness, in their order."""
        right = np.concatenate([self.right(faces) for faces in series])
        measured = np.array([sharpness(face) for faces in series for face in faces])
        print("by sharpness (median of each group)")
        for group in np.array_split(np.argsort(measured), GROUPS):
            print(f"  {np.median(measured[group]):.3f}: {right[group].mean() / self.clean:.2f}")


def cut_off_at_a_side(faces: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Draw out the last row or column within a share of the face: above, left or right in turn."""
    spoilt = faces.copy()
    lost = round((1 - share) * faces.shape[1])
    for i, face in enumerate(spoilt):
        if i % 3 == 0:
            face[:lost] = face[lost]
        elif i % 3 == 1:
            face[:, :lost] = face[:, lost : lost + 1]
        else:
            face[:, -lost:] = face[:, -lost - 1 : -lost]
    return spoilt


def cut_off_below(faces: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Draw out the last row within a share of the face, so that the mouth goes first."""
    spoilt = faces.copy()
    kept = round(share * faces.shape[1])
    spoilt[:, kept:] = spoilt[:, kept - 1 : kept]
    return spoilt


if __name__ == "__main__":
    run(main)
