"""Loading FER2013's CSV, drawing faces, looking for faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fernet.datasets import audit, load_fer2013, make_faces

N_ROWS = 5000


def write_csv(path: Path, n_rows: int = N_ROWS) -> None:
    """Write random pixels as FER2013's CSV has them, about 8 kB a row."""
    rng = np.random.default_rng(0)
    words = np.array([str(value) for value in range(256)])
    with path.open("w", encoding="ascii") as file:
        file.write("emotion,pixels,Usage\n")
        for row in range(n_rows):
            text = " ".join(words[rng.integers(0, 256, 2304)])
            file.write(f"{row % 7},{text},Training\n")


class Csv:
    def setup_cache(self):
        path = Path("fer2013.csv").resolve()
        write_csv(path)
        return str(path)

    def time_load_fer2013(self, path):
        load_fer2013(path)

    def peakmem_load_fer2013(self, path):
        load_fer2013(path)


class Faces:
    def setup(self):
        self.faces = make_faces(1000, random_state=0)

    def time_make_faces(self):
        make_faces(200, random_state=0)

    def time_audit(self):
        audit(self.faces)
