"""What the judges share: faces of PublicTest, named as most of FER+'s people see them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet.datasets import load_fer2013
from fernet.emotions import class_names


def judge_parser(description: str | None) -> argparse.ArgumentParser:
    """Return the parser of a judge's command line: the data's folder, and whom it asks."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder of fer2013.csv and fer2013new.csv")
    parser.add_argument("--model", default="cnn-ferplus", help="a name or a file (%(default)s)")
    return parser


def voted_faces(data: Path) -> tuple[NDArray[np.uint8], NDArray[np.str_], NDArray[np.int64]]:
    """Return pixels, emotions' names and votes of a folder's ``fer2013.csv`` and FER+'s file.

    Faces without a majority for an emotion are left out.
    """
    voted = load_fer2013(data / "fer2013.csv", "PublicTest", labels=data / "fer2013new.csv")
    return voted.data, np.array(voted.target_names)[voted.target], voted.votes


def named(model: Any, X: NDArray[np.uint8]) -> NDArray[np.str_]:
    """Return what a network says of faces, by names."""
    names = np.array(class_names(model.classes_))
    return names[model.predict_proba(X).argmax(axis=1)]
