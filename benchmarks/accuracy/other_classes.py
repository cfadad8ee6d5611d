#!/usr/bin/env python3
"""What few faces under other words teach a network that comes with fernet, and one from scratch.

    python benchmarks/accuracy/other_classes.py DATA

DATA is a folder with ``fer2013.csv``. Of PublicTest's happy, sad, neutral and surprised faces,
which those networks have not learnt, `PER_CLASS` each get words of one's own: half to learn, half
to judge. It prints a line for each way to learn them, as ``fernet train`` does with these options.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from fernet import load_pretrained
from fernet.cli.train.fitting import make_estimator, make_successor
from fernet.cli.train.recipes import settings
from fernet.datasets import load_fer2013

WORDS = {"happy": "smiling", "sad": "crying", "neutral": "calm", "surprise": "startled"}
PER_CLASS = 240
SEEDS = range(3)
ALL = {"validation_fraction": 0.0}
WAYS: dict[str, tuple[str | None, str, dict[str, Any]]] = {
    "--from cnn": ("cnn", "finish", ALL),
    "--from cnn --freeze backbone": ("cnn", "finish", ALL | {"freeze": "backbone"}),
    "--from cnn --recipe report": ("cnn", "report", ALL),
    "--from cnn-ferplus": ("cnn-ferplus", "finish", ALL),
    "--from mlp": ("mlp", "finish", ALL),
    "--model compact --recipe best": (None, "best", ALL),
}
"""Options beside --classes data and --validation-fraction 0: the network, the recipe, settings."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder of fer2013.csv")
    faces = load_fer2013(parser.parse_args().data / "fer2013.csv", "PublicTest")
    for name, way in WAYS.items():
        scores = [100 * score(faces, seed, *way) for seed in SEEDS]
        print(f"{name:<32}{np.mean(scores):6.1f} % +- {np.std(scores, ddof=1):.1f}", flush=True)


def score(faces: Any, seed: int, start: str | None, recipe: str, given: dict[str, Any]) -> float:
    """Return the accuracy on the half that is not learnt, other faces for each seed."""
    rng = np.random.default_rng(seed)
    names = np.array(faces.target_names)[faces.target]
    rows = np.concatenate(
        [rng.choice(np.flatnonzero(names == name), PER_CLASS, replace=False) for name in WORDS]
    )
    words = np.array([WORDS[name] for name in names[rows]])
    X, X_test, y, y_test = train_test_split(
        faces.images[rows], words, test_size=0.5, stratify=words, random_state=seed
    )
    if start is None:
        model = make_estimator("compact", settings(recipe, given, "compact"), seed, verbose=0)
    else:
        known = load_pretrained(start)
        kind = "mlp" if start == "mlp" else "compact"
        model = make_successor(known, settings(recipe, given, kind), seed, verbose=0)
        model = model.with_classes(np.unique(y))
    return float(model.fit(X, y).score(X_test, y_test))


if __name__ == "__main__":
    main()
