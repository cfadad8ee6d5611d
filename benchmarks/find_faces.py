#!/usr/bin/env python3
"""How long it takes to read a picture, find its faces and cut them out, detector by detector.

    pip install ".[faces,examples]"
    python benchmarks/find_faces.py [--rounds N]

The pictures are made of scikit-image's astronaut: a JPEG file of 640x480 with one face, one of
4000x3000 with five, frames of 1920x1080 with three, and a crowd of 300 small faces on 4000x3000.
In each round every detector has its turn. Prints the median time on the wall, and the processors'
time, which other work on the machine changes less, both in milliseconds a picture.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "peers"))
from machine import description, load_average
from programs import count, run

from fernet.faces import FaceDetector
from fernet.faces.finding import find_faces, read_side, take_photo


class Cascades:
    """Haar cascades on 1000 pixels."""

    read_side = 1000

    def __init__(self) -> None:
        self.search = FaceDetector(kind="haar", max_side=1000)

    def __call__(self, image):
        return self.search(image)


def picture(width: int, height: int, faces: list[tuple[int, int, int]]) -> Image.Image:
    """Draw a picture with astronauts at some places, so many pixels wide."""
    from skimage import data

    base = np.tile(np.linspace(90, 170, width).astype(np.uint8), (height, 1))
    image = Image.fromarray(base).convert("RGB")
    astronaut = Image.fromarray(data.astronaut())
    for left, top, side in faces:
        image.paste(astronaut.resize((side, side), Image.Resampling.BICUBIC), (left, top))
    return image


def jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def pictures() -> dict[str, bytes | np.ndarray]:
    five = [(200 + 750 * i, 300 + 350 * (i % 2), 700) for i in range(5)]
    three = [(100 + 600 * i, 200, 500) for i in range(3)]
    crowd = [(190 * i + 60, 190 * j + 60, 180) for i in range(20) for j in range(15)]
    return {
        "640x480, 1 face": jpeg(picture(640, 480, [(80, 0, 480)])),
        "4000x3000, 5 faces": jpeg(picture(4000, 3000, five)),
        "frame of 1920x1080, 3 faces": np.asarray(picture(1920, 1080, three)),
        "4000x3000, crowd of 300": jpeg(picture(4000, 3000, crowd)),
    }


def measure(look: Callable[[], list], least: float = 0.5) -> tuple[float, float, int]:
    """Return milliseconds on the wall and of the processors, and the number of faces."""
    wall, processor, count = time.perf_counter(), time.process_time(), 0
    while count == 0 or time.perf_counter() - wall < least:
        faces = look()
        count += 1
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return 1000 * wall / count, 1000 * processor / count, len(faces)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=count, default=5, help="(%(default)s)")
    options = parser.parse_args()
    detectors = {
        "haar, 1000 pixels": Cascades(),
        "yunet": FaceDetector(),
        "yunet, no closer look": FaceDetector(closer_look=False),
        "yunet, small faces": FaceDetector(small_faces=True),
    }
    print("\n".join(f"{name}: {value}" for name, value in description().items()))
    print(f"rounds: {options.rounds}, load at the start: {load_average():.1f}")
    print("milliseconds a picture on the wall, and of the processors; medians")
    for name, source in pictures().items():

        def look(detector, source=source):
            photo = take_photo(source, read_side(detector), colors=True)
            return find_faces(photo, detector)

        taken: dict[str, list[tuple[float, float, int]]] = {name: [] for name in detectors}
        for detector in detectors.values():
            look(detector)
        for _ in range(options.rounds):
            for which, detector in detectors.items():
                taken[which].append(measure(lambda d=detector, f=look: f(d)))
        print(name)
        for which, rows in taken.items():
            wall, processor, faces = np.median(rows, axis=0)
            print(
                f"  {which:22} {wall:8.1f} ms {processor:8.1f} ms of processors {faces:4.0f} faces"
            )


if __name__ == "__main__":
    run(main)
