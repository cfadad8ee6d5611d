#!/usr/bin/env python3
"""How many 48x48 JPEG faces a second ``fernet predict`` takes, decoding and writing included.

    python benchmarks/predict_faces.py FOLDER [--model NAME_OR_PATH] [--limit N]

FOLDER holds JPEG files, such as Kaggle's fer2013/test. Prints the whole run's faces a second, and
what reading and the network take alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "peers"))
from machine import description, load_average
from programs import count, run

from fernet import EmotionRecognizer
from fernet._kernels import get_num_threads
from fernet.cli.predict.rows import RowWriter
from fernet.datasets.images import iter_images
from fernet.faces.records import OK


class Constant:
    """A model that answers at once, so that what is timed is all but the network."""

    n_features_in_ = 2304
    classes_ = np.arange(7)

    def predict_proba(self, X):
        return np.full((len(X), 7), 1 / 7)


def seconds(recognizer: EmotionRecognizer, files: list[Path]) -> float:
    """Time from the files' names to the rows in a file."""
    with tempfile.TemporaryFile("w") as out:
        begin = time.perf_counter()
        RowWriter("csv", recognizer.emotions_).write(out, recognizer.stream(files))
        return time.perf_counter() - begin


def network_seconds(model: Any, rows: np.ndarray, batch: int = 256) -> float:
    """Time the network on rows of pixels."""
    begin = time.perf_counter()
    for start in range(0, len(rows), batch):
        model.predict_proba(rows[start : start + batch])
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="of JPEG files, such as Kaggle's fer2013/test")
    parser.add_argument("--model", default="cnn", help="a name or a file (%(default)s)")
    parser.add_argument("--limit", type=count, default=10_000, help="files (%(default)s)")
    parser.add_argument("--repeats", type=count, default=3, help="(%(default)s)")
    options = parser.parse_args()
    files = list(islice(iter_images(options.folder), options.limit))
    if not files:
        raise ValueError(f"{options.folder}: no images")
    for file in files:
        file.read_bytes()  # so that no run waits for the disk
    load, whole = load_average(), EmotionRecognizer(options.model)
    rest = EmotionRecognizer(Constant())
    for record in whole.stream(files[:512]):  # so that no run is the first
        if record.status != OK:
            raise ValueError(f"{record.file}: {record.status}; expected faces that are ready")
    print("\n".join(f"{name}: {value}" for name, value in description().items()))
    threads = get_num_threads()
    print(f"{options.model}, {len(files)} files, {threads} threads, load at the start: {load:.1f}")
    print(f"best of {options.repeats}")
    for name, recognizer in (("all", whole), ("all but the network", rest)):
        best = min(seconds(recognizer, files) for _ in range(options.repeats)) / len(files)
        print(f"{name:20} {1000 * best:.3f} ms a face, {1 / best:,.0f} faces a second")
    rows = np.random.default_rng(0).integers(0, 256, (2560, 2304), dtype=np.uint8)
    best = min(network_seconds(whole.model_, rows) for _ in range(options.repeats)) / len(rows)
    print(f"{'the network alone':20} {1000 * best:.3f} ms a face")


if __name__ == "__main__":
    run(main)
