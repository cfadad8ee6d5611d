#!/usr/bin/env python3
"""What turning faces upright before they are judged is good for, on FER2013's faces.

    python benchmarks/judge_upright.py DATA
    python benchmarks/judge_upright.py DATA --every 3 --model cnn

DATA is a folder with ``fer2013.csv`` and FER+'s ``fer2013new.csv``. Faces of PublicTest that have a
majority are blown up, their border drawn out, turned by some degrees, found again, and judged as
they lie and turned back. Prints the accuracy on those that are found, both ways.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
from programs import count, run
from public_faces import judge_parser, voted_faces

from fernet import EmotionRecognizer, load_model

SIDE, MARGIN = 240, 200
ANGLES = (0, 15, 30, 90, 180)


def main() -> None:
    parser = judge_parser(__doc__)
    parser.add_argument("--every", type=count, default=2, help="take one face of so many")
    args = parser.parse_args()
    X, y, _ = voted_faces(args.data)
    faces, y = X[:: args.every].reshape(-1, 48, 48), y[:: args.every]
    model = load_model(args.model)
    as_they_lie, upright = (EmotionRecognizer(model, upright=turn) for turn in (False, True))
    for angle in ANGLES:
        right = [
            [judged(recognizer, turned(face, angle)) for recognizer in (as_they_lie, upright)]
            for face in faces
        ]
        found = np.array([None not in pair for pair in right])
        if not found.any():
            print(f"turned by {angle:3}: 0 found", flush=True)
            continue
        agrees = np.array([pair for pair in right if None not in pair]) == y[found, None]
        lying, back = 100 * agrees.mean(axis=0)
        print(f"turned by {angle:3}: {found.sum()} found, as they lie {lying:.1f} %, "
              f"turned back {back:.1f} %", flush=True)  # fmt: skip


def turned(face: np.ndarray, angle: float) -> np.ndarray:
    """Blow a face up, draw its border out, and turn the picture."""
    large = np.asarray(Image.fromarray(face).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    picture = Image.fromarray(np.pad(large, MARGIN, mode="edge"))
    picture = picture.rotate(angle, Image.Resampling.BILINEAR).crop(
        (MARGIN // 2, MARGIN // 2, SIDE + 3 * MARGIN // 2, SIDE + 3 * MARGIN // 2)
    )
    return np.asarray(picture.convert("RGB"))


def judged(recognizer: EmotionRecognizer, picture: np.ndarray) -> str | None:
    """Return the emotion of the most certain face, None if none is found."""
    records = [record for record in recognizer.predict([picture]) if record.emotion is not None]
    if not records:
        return None
    best = max(records, key=lambda record: record.score)
    return best.emotion


if __name__ == "__main__":
    run(main)
