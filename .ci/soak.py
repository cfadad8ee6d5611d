"""Hours of mixed work in one process, with an eye on its memory.

    python .ci/soak.py [MINUTES]      120 by default

Rounds of fitting, predicting, saving, loading, searching, going on from checkpoints and, where
OpenCV is installed, of faces in a video. After the first tenth of the time, and a dozen rounds,
memory, threads and open files have to stay where they are.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.model_selection import GridSearchCV

import fernet
from fernet import FERCNNClassifier, FERMLPClassifier, load_model, save_model
from fernet.datasets import make_faces

SETTLING_ROUNDS = 12  # in which the training sets' sizes have been once through their range
MAY_GROW = 48 << 20  # bytes, beyond the most of the first tenth
FACES = make_faces(280, random_state=0)


def mlp(number: int) -> FERMLPClassifier:
    return FERMLPClassifier((64, 32), max_iter=3, batch_size=50, random_state=number)


def cnn(number: int) -> FERCNNClassifier:
    return FERCNNClassifier("compact", max_iter=1, batch_size=40, random_state=number)


def fit_and_predict(number: int, folder: Path) -> None:
    # Sizes differ from round to round, and with them the buffers.
    rows = 100 + number * 17 % 180
    for model in (mlp(number), cnn(number)):
        model.fit(FACES.data[:rows], FACES.target[:rows])
        for batch in (1, 7, rows):
            assert np.isfinite(model.predict_proba(FACES.data[:batch])).all()


def save_and_load(number: int, folder: Path) -> None:
    model = mlp(number).fit(FACES.data[:100], FACES.target[:100])
    save_model(model, folder / "model.safetensors")
    twin = load_model(folder / "model.safetensors")
    np.testing.assert_array_equal(twin.predict(FACES.data), model.predict(FACES.data))


def search(number: int, folder: Path) -> None:
    grid = {"learning_rate_init": [0.01, 0.1]}
    jobs = 1 + number % 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        GridSearchCV(mlp(number), grid, cv=2, n_jobs=jobs).fit(FACES.data[:120], FACES.target[:120])


def go_on(number: int, folder: Path) -> None:
    path = folder / "training.checkpoint"
    path.unlink(missing_ok=True)
    for epochs in (2, 4):
        model = mlp(number).set_params(max_iter=epochs, checkpoint=path)
        model.fit(FACES.data[:100], FACES.target[:100])
    assert model.n_iter_ == 4


def learn_in_parts(number: int, folder: Path) -> None:
    model = mlp(number)
    for start in range(0, 200, 50):
        part = slice(start, start + 50)
        model.partial_fit(FACES.data[part], FACES.target[part], classes=np.arange(7))


def video(number: int, folder: Path) -> None:
    import cv2

    from fernet import EmotionRecognizer

    path = str(folder / "faces.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 10, (192, 192))
    for face in FACES.images[number % 200 : number % 200 + 10]:
        large = cv2.resize(face, (192, 192))
        writer.write(np.repeat(large[:, :, None], 3, axis=2))
    writer.release()
    for _ in EmotionRecognizer("cnn").video(path):
        pass


def has_opencv() -> bool:
    try:
        import cv2  # noqa: F401
    except ImportError:
        return False
    return True


def figures() -> tuple[int, int, int]:
    """Return resident bytes, threads and open files of this process."""
    with open("/proc/self/status") as file:
        status = dict(line.split(":", 1) for line in file)
    resident = int(status["VmRSS"].split()[0]) * 1024
    return resident, int(status["Threads"]), len(os.listdir("/proc/self/fd"))


def main(minutes: float) -> None:
    work: list[Callable[[int, Path], None]] = [
        fit_and_predict, save_and_load, search, go_on, learn_in_parts,
    ]  # fmt: skip
    if has_opencv():
        work.append(video)
    begin = time.monotonic()
    settled = begin + 6 * minutes
    end = begin + 60 * minutes
    most = (0, 0, 0)
    number, told = 0, 0.0
    print(f"fernet {fernet.__version__}: {', '.join(part.__name__ for part in work)}")
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            for part in work:
                part(number, Path(folder))
            number += 1
            gc.collect()
            now = figures()
            if time.monotonic() < settled or number <= SETTLING_ROUNDS:
                most = tuple(map(max, most, now))
            grown = [f - m for f, m in zip(now, most, strict=True)]
            if time.monotonic() - told > 60:
                told = time.monotonic()
                print(
                    f"{(told - begin) / 60:6.1f} min, {number} rounds: {now[0] / 2**20:.0f} MiB, "
                    f"{now[1]} threads, {now[2]} files",
                    flush=True,
                )
            if grown[0] > MAY_GROW or grown[1] > 2 or grown[2] > 8:
                sys.exit(f"grown beyond {most}: {now} after {number} rounds")
    print(f"{number} rounds; at first {most}, at last {figures()}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("minutes", type=float, nargs="?", default=120.0, help="(%(default)g)")
    args = parser.parse_args()
    if not 0 < args.minutes < float("inf"):
        parser.error(f"minutes is {args.minutes}, expected a number above 0")
    main(args.minutes)
