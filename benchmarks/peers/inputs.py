"""The same random inputs for every library; the arithmetic does not depend on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sizes import BATCH, N_CLASSES, N_FEATURES, N_ROWS

GRID = {"learning_rate_init": [0.001, 0.003, 0.01, 0.03]}
N_CSV_ROWS = 5000
N_TRAINING = 28_709
"""Faces of FER2013's Training."""


def samples(dtype: str = "float32", n_rows: int = N_ROWS) -> tuple[np.ndarray, np.ndarray]:
    """Return X (n, 2304), between 0 and 1 or whole pixels, and y (n,), random labels."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, N_CLASSES, n_rows)
    if dtype == "uint8":
        return rng.integers(0, 256, (n_rows, N_FEATURES), dtype=np.uint8), y
    return rng.random((n_rows, N_FEATURES), dtype=np.float32), y


def images(n_images: int = BATCH) -> np.ndarray:
    """Return float32 (n_images, 48, 48, 1), channels last, about 0 as scaled pixels are."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((n_images, 48, 48, 1), dtype=np.float32)


def gemm_operands() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x (100, 2304), weight (2304, 512) and dy (100, 512) of the first layer."""
    rng = np.random.default_rng(0)
    shapes = (BATCH, N_FEATURES), (N_FEATURES, 512), (BATCH, 512)
    x, weight, dy = (rng.standard_normal(shape, dtype=np.float32) for shape in shapes)
    return x, weight, dy


def csv_file(path: Path) -> Path:
    """Write rows as FER2013 has them, if they are not there yet."""
    if not path.exists():
        rng = np.random.default_rng(0)
        words = np.array([str(value) for value in range(256)])
        with path.open("w", encoding="ascii") as file:
            file.write("emotion,pixels,Usage\n")
            for row in range(N_CSV_ROWS):
                pixels = " ".join(words[rng.integers(0, 256, N_FEATURES)])
                file.write(f"{row % N_CLASSES},{pixels},Training\n")
    return path
