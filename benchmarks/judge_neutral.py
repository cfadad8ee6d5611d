#!/usr/bin/env python3
"""What a network says of faces that people call neutral: is it a faint smile, or the crop?

    python benchmarks/judge_neutral.py DATA
    python benchmarks/judge_neutral.py DATA --model cnn

DATA is a folder with ``fer2013.csv`` and FER+'s ``fer2013new.csv``. Faces of PublicTest that most
of FER+'s ten people call neutral are sorted by how many of the ten see them happy, and judged
larger and smaller in the frame.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from programs import run
from public_faces import judge_parser, named, voted_faces

from fernet import EMOTIONS, load_model

SHARES = ((0.0, 0.001), (0.001, 0.15), (0.15, 0.3), (0.3, 1.0))
ZOOMS = (0.9, 0.95, 1.0, 1.05, 1.1, 1.2)


def main() -> None:
    args = judge_parser(__doc__).parse_args()
    X, emotions, votes = voted_faces(args.data)
    neutral = emotions == "neutral"
    X, votes = X[neutral], votes[neutral]
    model = load_model(args.model)
    said = named(model, X)
    told = ", ".join(f"{name} {(said == name).mean():.1%}" for name in EMOTIONS)
    print(f"{len(X)} faces: {told}")

    happy = votes[:, EMOTIONS.index("happy")] / votes.sum(axis=1)
    for low, high in SHARES:
        here = (happy >= low) & (happy < high)
        print(
            f"from {low:.1%} to below {high:.1%} of the people see happiness: {here.sum()} faces, "
            f"called happy {(said[here] == 'happy').mean():.1%}"
        )
    for zoom in ZOOMS:
        said = named(model.set_params(average_views=[zoom]), X)
        print(
            f"{zoom:g} times as large: called happy {(said == 'happy').mean():.1%}, "
            f"neutral {(said == 'neutral').mean():.1%}"
        )


if __name__ == "__main__":
    run(main)
