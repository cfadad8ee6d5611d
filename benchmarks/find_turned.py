#!/usr/bin/env python3
"""How many faces are found that lie or stand on their head beside upright ones.

    python benchmarks/find_turned.py DATA
    python benchmarks/find_turned.py DATA --pictures 200

DATA is a folder with ``fer2013.csv``. Each picture, 640 pixels a side and grey, has four faces of
PublicTest, blown up to 220 pixels: an upright one, one on each side, one on its head. Prints the
share that is found of each, boxes where no face is, and the seconds, as pictures are usually
searched and with ``FaceDetector(quarter_turns=True)``.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
from programs import count, run

from fernet.datasets import load_fer2013
from fernet.faces import FaceDetector

SIDE, FACE = 640, 220
CORNERS = ((40, 40), (40, 380), (380, 40), (380, 380))
STANDS = ("upright", "on one side", "on its head", "on the other side")  # by quarter turns
NEAR = 60
"""Pixels from a face's middle within which a box's middle counts for it."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder of fer2013.csv")
    parser.add_argument("--pictures", type=count, default=40, help="(%(default)s)")
    args = parser.parse_args()
    X, _ = load_fer2013(args.data / "fer2013.csv", "PublicTest", return_X_y=True)
    chosen = np.random.default_rng(0).permutation(len(X))[: 4 * args.pictures].reshape(-1, 4)
    pictures = [picture_of(X[four].reshape(-1, 48, 48)) for four in chosen]
    for name, detector in (
        ("usual", FaceDetector()),
        ("every turn", FaceDetector(quarter_turns=True)),
    ):
        begun = time.perf_counter()
        found, nowhere = np.zeros(4), 0
        for picture in pictures:
            near = nearness(detector.detect(picture).boxes)
            found += near.any(axis=0)
            nowhere += int((~near.any(axis=1)).sum())
        seconds = time.perf_counter() - begun
        shares = ", ".join(
            f"{stands} {share:.1%}"
            for stands, share in zip(STANDS, found / len(pictures), strict=True)
        )
        print(f"{name}: {shares}; {nowhere} false alarms, {seconds:.1f} s", flush=True)


def picture_of(faces: np.ndarray) -> np.ndarray:
    """Return a picture of four faces, each turned by a quarter more than the one before."""
    picture = np.full((SIDE, SIDE), 128, np.uint8)
    for turn, (face, (top, left)) in enumerate(zip(faces, CORNERS, strict=True)):
        large = Image.fromarray(face).resize((FACE, FACE), Image.Resampling.BICUBIC)
        picture[top : top + FACE, left : left + FACE] = np.rot90(np.asarray(large), turn)
    return picture


def nearness(boxes: np.ndarray) -> np.ndarray:
    """Tell which boxes, by rows, are about where which faces are."""
    middles = boxes[:, None, :2] + boxes[:, None, 2:] / 2
    places = np.array([(left, top) for top, left in CORNERS]) + FACE / 2
    return np.abs(middles - places).max(axis=2) < NEAR


if __name__ == "__main__":
    run(main)
