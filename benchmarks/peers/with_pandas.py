"""Reading FER2013's CSV as notebooks do: pandas for the table, NumPy for each row of pixels."""

from __future__ import annotations

from worker import Task


def load_csv(task: Task) -> float:
    import numpy as np
    import pandas as pd
    from inputs import csv_file

    path = csv_file(task.csv)

    def load() -> tuple[np.ndarray, np.ndarray]:
        table = pd.read_csv(path)
        pixels = [np.fromstring(text, dtype=np.uint8, sep=" ") for text in table["pixels"]]
        return np.stack(pixels), table["emotion"].to_numpy()

    return task.median_ms(load, repeat=5, warmup=1)
