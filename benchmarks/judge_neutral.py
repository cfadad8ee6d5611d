#!/usr/bin/env python3
"""What a network says of faces that people call neutral: is it a faint smile, or the crop?

    python benchmarks/judge_neutral.py DATA
    python benchmarks/judge_neutral.py DATA --model runs/cnn

DATA is a folder with ``fer2013.csv`` and FER+'s ``fer2013new.csv``. Faces of PublicTest that most
of FER+'s ten people call neutral are sorted by how many of the ten see them happy, and judged
larger and smaller in the frame.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from fernet import EMOTIONS, load_model
from fernet.datasets import load_fer2013

HAPPY, NEUTRAL = EMOTIONS.index("happy"), EMOTIONS.index("neutral")
SHARES = ((0.0, 0.001), (0.001, 0.15), (0.15, 0.3), (0.3, 1.0))
ZOOMS = (0.9, 0.95, 1.0, 1.05, 1.1, 1.2)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="cnn")
    args = parser.parse_args()
    voted = load_fer2013(
        args.data / "fer2013.csv", "PublicTest", labels=args.data / "fer2013new.csv"
    )
    neutral = voted.target == NEUTRAL
    X, votes = voted.data[neutral], voted.votes[neutral]
    model = load_model(args.model)
    said = model.predict(X)
    shares = np.bincount(said, minlength=len(EMOTIONS)) / len(said)
    told = ", ".join(f"{name} {share:.1%}" for name, share in zip(EMOTIONS, shares, strict=True))
    print(f"{len(X)} faces: {told}")

    happy = votes[:, HAPPY] / votes.sum(axis=1)
    for low, high in SHARES:
        here = (happy >= low) & (happy < high)
        print(
            f"from {low:.1%} to below {high:.1%} of the people see happiness: {here.sum()} faces, "
            f"called happy {(said[here] == HAPPY).mean():.1%}"
        )
    for zoom in ZOOMS:
        said = model.set_params(average_views=[zoom]).predict(X)
        print(
            f"{zoom:g} times as large: called happy {(said == HAPPY).mean():.1%}, "
            f"neutral {(said == NEUTRAL).mean():.1%}"
        )


if __name__ == "__main__":
    main()
