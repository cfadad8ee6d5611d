#!/usr/bin/env python3
"""How much memory and time a training takes whose faces lie in as many files.

    python benchmarks/million_files.py
    python benchmarks/million_files.py --files 100000 --folder /mnt/large

Lays out that many PNGs of 48x48 grey pixels in seven folders of classes, 4 KB of disk and an inode
each, trains a small perceptron on them for one epoch through ``FolderImages``, and removes them.
They are files of their own, but a thousand drawn faces are repeated in them: so their contents
come from the system's cache of files sooner than a million different ones would, and accuracy
means nothing. Memory is the most that the process ever held, what it imports and the drawing
of the faces in it.
"""

from __future__ import annotations

import argparse
import io
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "peers"))
from machine import description
from programs import count, run

from fernet import EMOTIONS, FERMLPClassifier
from fernet.datasets import FolderImages, make_faces

BYTES_A_FILE = 4096
DIFFERENT = 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=count, default=1_000_000, help="(%(default)s)")
    parser.add_argument("--folder", type=Path, help="where to; default: the system's for such")
    args = parser.parse_args()
    print("\n".join(f"{name}: {value}" for name, value in description().items()), flush=True)
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        root = Path(folder)
        need_room(root, args.files)
        started = time.perf_counter()
        lay_out(root, args.files)
        print(f"{args.files} files laid out in {time.perf_counter() - started:.0f} s", flush=True)
        print(f"before: {peak():.1f} MB", flush=True)
        train(root)


def need_room(folder: Path, files: int) -> None:
    """Leave at once if the disk is too small, rather than fill it."""
    free = shutil.disk_usage(folder).free
    if free < 2 * files * BYTES_A_FILE:
        raise SystemExit(
            f"{folder}: {free / 1e9:.1f} GB free; expected {2 * files * BYTES_A_FILE / 1e9:.1f}, "
            "twice what the files take"
        )


def lay_out(root: Path, files: int) -> None:
    """Write files of drawn faces, each into the folder of its emotion."""
    faces = make_faces(DIFFERENT, random_state=0)
    for emotion in EMOTIONS:
        (root / emotion).mkdir()
    contents = [
        (EMOTIONS[label], as_png(image))
        for image, label in zip(faces.images, faces.target, strict=True)
    ]
    for number in range(files):
        emotion, content = contents[number % DIFFERENT]
        with open(f"{root}/{emotion}/{number:07}.png", "wb") as file:
            file.write(content)


def as_png(image: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def train(root: Path) -> None:
    """Train for an epoch, and say after each step what it took."""
    started = time.perf_counter()
    faces = FolderImages(root)
    listed = time.perf_counter()
    print(f"listed: {peak():.1f} MB, {listed - started:.0f} s", flush=True)
    FERMLPClassifier((16,), max_iter=1, random_state=0).fit(faces, faces.target)
    seconds = time.perf_counter() - listed
    # One pass learns the scaling of the pixels, and one is the epoch.
    print(
        f"trained: {peak():.1f} MB, {seconds:.0f} s, "
        f"{2 * len(faces) / seconds:.0f} files read a second, each of them twice",
        flush=True,
    )


def peak() -> float:
    """Return the most memory that the process has held, in millions of bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    run(main)
